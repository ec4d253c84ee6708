"""The sessions of Kiro's command line under `~/.kiro/sessions/cli`: a log each, and a JSON file with its folder."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import lru_cache
from json import loads
from pathlib import Path
from typing import Any

from observers.base import ObserverError, ObserverReason, State, Store
from observers.exchange import RUNS_OR_WAITS
from observers.listing import Source
from observers.regular_file import chunks, may_be_directory, opened
from observers.session_files import Folder
from observers.transcript import Talk, Transcripts, as_they_are, ended
from observers.vscode_data import same_workspace

ID = "kiro"
CANNOT_KNOW: tuple[str, ...] = (
    "whether a tool runs or waits for approval",
    "whether a turn failed or was cancelled: neither is written",
    "the sessions of version 3 of the command line, of versions before 2, and of the Kiro IDE, which keep other stores",
)

FRESHNESS_S = 900.0
FLUSH_S = 5.0

_HEAD = 16_384
_CWD = re.compile(rb'"cwd"\s*:\s*("(?:[^"\\]|\\.)*")')
_PARENT = re.compile(rb'"parent_session_id"\s*:\s*"')


def locate(workspace: str | Path | None = None) -> tuple[Store, ...]:
    """See `Observer.locate`."""
    folder = _folder()
    if not may_be_directory(folder):
        return ()
    store = Store(ID, folder)
    if workspace is None:
        return (store,)
    named = {source.workspace for source in _LOGS.sources(store)}
    here = any(same_workspace(one, workspace) for one in named)
    return (Store(ID, folder, str(workspace)),) if here else ()


def at(path: Path) -> Store:
    """See `Observer.at`. Takes the folder of the sessions, or one of them."""
    path = path.absolute()
    folder = path.parent if path.suffix == ".jsonl" else path
    if not may_be_directory(folder):
        hint = f"give the folder of Kiro's sessions, such as {_folder()}"
        raise ObserverError(ObserverReason.MISSING, "no chat store of Kiro is here", where=str(path), hint=hint)
    return Store(ID, path)


def flush_horizon(_store: Store) -> float:
    """See `Observer.flush_horizon`."""
    return FLUSH_S


def watch_paths(store: Store) -> tuple[Path, ...]:
    """See `Observer.watch_paths`."""
    folder = store.path.parent if store.path.suffix == ".jsonl" else store.path
    return (folder, folder.parent)


def _folder() -> Path:
    named = os.environ.get("KIRO_HOME")
    return (Path(named) if named else Path.home() / ".kiro") / "sessions" / "cli"


def _marks(store: Store) -> Callable[[Source], Source | None]:
    def mark(source: Source) -> Source | None:
        workspace, child = _beside(str(source.file))
        other = store.workspace is not None and workspace is not None and not same_workspace(workspace, store.workspace)
        return None if child or other else replace(source, workspace=workspace)

    return mark


def _beside(log: str) -> tuple[str | None, bool]:
    """The folder of a session, and whether it is a sub-agent's."""
    path = log.removesuffix("l")
    try:
        head = _head(path, os.stat(path).st_mtime_ns)  # noqa: PTH116 - thousands of them: no Path for each
    except (ObserverError, OSError):
        # It may be written a moment after the log.
        return None, False
    found = _CWD.search(head)
    return loads(found.group(1)) if found else None, _PARENT.search(head) is not None


@lru_cache(maxsize=20_000)
def _head(path: str, _modified: int) -> bytes:
    with opened(Path(path)) as descriptor:
        return b"".join(chunks(descriptor, 0, _HEAD))


def _line(talk: Talk, entry: dict[str, Any], where: str) -> None:
    kind = entry["kind"]
    if kind not in {"Prompt", "AssistantMessage", "ToolResults"}:
        talk.strange.add(str(kind))
        return
    talk.known += 1
    data = entry["data"]
    newest = talk.newest
    if kind == "Prompt":
        if newest is not None:
            ended(newest, State.UNKNOWN, "a later prompt follows, and no end was written")
        seconds = (data.get("meta") or {}).get("timestamp")
        written = round(seconds * 1000) if isinstance(seconds, int | float) else None
        talk.begin(data["message_id"], "".join(_texts(data)), where, written)
    elif newest is not None and kind == "AssistantMessage":
        newest.answer("".join(_texts(data)), where)
        runs = any(part.get("kind") == "toolUse" for part in data["content"])
        newest.become(State.UNKNOWN if runs else State.DONE, RUNS_OR_WAITS if runs else None)
    elif newest is not None:
        newest.become(State.WORKING)


def _texts(data: dict[str, Any]) -> Iterator[str]:
    return (part["data"] for part in data["content"] if part.get("kind") == "text" and isinstance(part["data"], str))


_LOGS = Transcripts(Folder(".jsonl"), Talk, _line, as_they_are, FRESHNESS_S, _marks)

fingerprint = _LOGS.fingerprint
cursor = _LOGS.activity.cursor
since = _LOGS.activity.since
sessions = _LOGS.activity.sessions
turns = _LOGS.activity.turns
health = _LOGS.activity.health
