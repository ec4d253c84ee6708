"""The sessions of Junie: one log of events each, `~/.junie/sessions/<session>/events.jsonl`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from observers import agent_blocks
from observers.agent_blocks import Blocks
from observers.base import ObserverError, ObserverReason, Store
from observers.folders import may_exist
from observers.jsonl import open_log, parse
from observers.listing import Source
from observers.regular_file import may_be_directory
from observers.session_files import FolderEach
from observers.transcript import Transcripts
from observers.vscode_data import same_workspace

ID = "junie"
CANNOT_KNOW: tuple[str, ...] = (
    "whether a tool runs or waits for approval",
    "whether a turn failed or was cancelled",
    "when a prompt was sent, and two chats apart that begin with the same words",
    "whether a running turn is alive once the IDE was killed: after 15 minutes without a write it counts as unknown",
)

FRESHNESS_S = 900.0
FLUSH_S = 10.0

_NAME = "events.jsonl"
_INDEX = "index.jsonl"


def locate(workspace: str | Path | None = None) -> tuple[Store, ...]:
    """See `Observer.locate`."""
    folder = _folder()
    if not may_be_directory(folder):
        return ()
    if workspace is None:
        return (Store(ID, folder),)
    here = any(same_workspace(named, workspace) for named in _folders(folder).values())
    return (Store(ID, folder, str(workspace)),) if here else ()


def at(path: Path) -> Store:
    """See `Observer.at`. Takes the folder of the sessions, one of them, or its log."""
    path = path.absolute()
    if path.name == _NAME and may_be_directory(path.parent):
        return Store(ID, path)
    if not may_be_directory(path):
        hint = f"give the folder of Junie's sessions, such as {_folder()}"
        raise ObserverError(ObserverReason.MISSING, "no chat store of Junie is here", where=str(path), hint=hint)
    return Store(ID, path / _NAME if may_exist(path / _NAME) else path)


def flush_horizon(_store: Store) -> float:
    """See `Observer.flush_horizon`."""
    return FLUSH_S


def watch_paths(store: Store) -> tuple[Path, ...]:
    """See `Observer.watch_paths`. The newest sessions' own folders, for each log is in one of its own."""
    newest = [Path(str(source.file)).parent for source in _LOGS.sources(store)[-8:]]
    return (store.path.parent, *(newest if store.path.name == _NAME else (store.path, *newest)))


def _folder() -> Path:
    return Path.home() / ".junie" / "sessions"


def _folders(sessions: Path) -> dict[str, str]:
    """The folder of each session, by the product's index; nothing where that cannot be read."""
    found: dict[str, str] = {}
    try:
        with open_log(sessions / _INDEX) as log:
            for offset, line in log:
                entry = parse(line, f"{log.path}@{offset}")
                if isinstance(entry, dict) and isinstance(entry.get("projectDir"), str):
                    found[str(entry.get("sessionId"))] = entry["projectDir"]
    except ObserverError:
        return found
    return found


def _marks(store: Store) -> Callable[[Source], Source | None]:
    folders = _folders(store.path.parent.parent if store.path.name == _NAME else store.path)

    def mark(source: Source) -> Source | None:
        named = folders.get(source.key)
        if store.workspace is not None and named is not None and not same_workspace(named, store.workspace):
            return None
        return replace(source, workspace=named)

    return mark


def _line(talk: Blocks, entry: dict[str, Any], where: str) -> None:
    identity = talk.identity(entry)
    kind = entry["kind"]
    if kind == "UserPromptEvent":
        agent_blocks.prompt(talk, entry["prompt"], identity, where, entry.get("timestampMs"))
        return
    inner = entry.get("event")
    event = inner.get("agentEvent") if isinstance(inner, dict) else None
    if isinstance(event, dict):
        agent_blocks.block(talk, event, where, entry.get("timestampMs"))
    else:
        talk.strange.add(str(kind))


_LOGS = Transcripts(
    FolderEach(_NAME), Blocks, _line, agent_blocks.exchanges, FRESHNESS_S, _marks, decode=parse, dated=False
)

fingerprint = _LOGS.fingerprint
cursor = _LOGS.activity.cursor
since = _LOGS.activity.since
sessions = _LOGS.activity.sessions
turns = _LOGS.activity.turns
health = _LOGS.activity.health
