"""JetBrains AI Assistant: the chats in an IDE's workspace files, and the event logs of its agents' tasks."""

from __future__ import annotations

import json
from base64 import b64decode
from pathlib import Path
from typing import Any

from observers import agent_blocks, data_home
from observers.activity import Activities, Activity
from observers.agent_blocks import Blocks
from observers.base import ObserverError, ObserverReason, Store
from observers.folders import subfolders
from observers.jetbrains_chats import XmlChats
from observers.regular_file import may_be_directory
from observers.session_files import Folder
from observers.transcript import Transcripts

ID = "jetbrains_ai"
CANNOT_KNOW: tuple[str, ...] = (
    "which folder a chat belongs to: the name of its file is not that of its project",
    "when a prompt was sent",
    "in chats: whether a turn runs, ended or failed; they are saved when the IDE saves its settings",
    "in tasks: whether a tool runs or waits for approval, and whether a turn failed or was cancelled",
    "in tasks: two apart that begin with the same words",
)

FRESHNESS_S = 900.0
# The IDE saves its settings when its window loses the focus, and every few minutes.
SETTINGS_FLUSH_S = 300.0
EVENTS_FLUSH_S = 10.0

_TASKS = "aia-task-history"
_CHATS = "workspace"
_HEADER = "AUI_EVENTS_V1"


def locate(workspace: str | Path | None = None) -> tuple[Store, ...]:
    """See `Observer.locate`. No chat names its folder."""
    root = data_home.configuration() / "JetBrains"
    if workspace is not None or not may_be_directory(root):
        return ()
    try:
        places = [ide / name for ide in subfolders(root) for name in (_CHATS, _TASKS)]
    except ObserverError:
        # The folder is there and cannot be listed: `health` reports why.
        return (Store(ID, root),)
    return tuple(Store(ID, path, None, path.parent.name) for path in places if may_be_directory(path))


def at(path: Path) -> Store:
    """See `Observer.at`. Takes either folder of an IDE's settings, a file in it, or the settings: then the tasks."""
    path = path.absolute()
    for folder in (path, path.parent):
        if folder.name in {_TASKS, _CHATS} and may_be_directory(folder.parent):
            return Store(ID, folder, None, folder.parent.name)
    if may_be_directory(path):
        return Store(ID, path / _TASKS, None, path.name)
    hint = f"give {_TASKS} or {_CHATS} in the folder of an IDE's settings"
    raise ObserverError(ObserverReason.MISSING, "no chat store of AI Assistant is here", where=str(path), hint=hint)


def flush_horizon(store: Store) -> float:
    """See `Observer.flush_horizon`."""
    return EVENTS_FLUSH_S if _is_log(store) else SETTINGS_FLUSH_S


def watch_paths(store: Store) -> tuple[Path, ...]:
    """See `Observer.watch_paths`."""
    return (store.path, store.path.parent)


def fingerprint(store: Store) -> str:
    """See `Observer.fingerprint`."""
    if _is_log(store):
        return _EVENTS.fingerprint(store)
    return "xml" if _XML.sources(store) else "empty"


def _is_log(store: Store) -> bool:
    return store.path.name == _TASKS


def _activity(store: Store) -> Activity:
    return _EVENTS.activity if _is_log(store) else _SAVED


def _decode(line: bytes, where: str) -> object:
    """The event of a line. For the header line, which names the format, an event of that type."""
    if not line.startswith(b"AUI_EVENTS_"):
        try:
            return json.loads(b64decode(line, validate=True))
        except (ValueError, RecursionError) as error:
            raise ObserverError(ObserverReason.CORRUPT, f"not an event: {str(error)[:120]}", where=where) from error
    if line.decode("utf-8", "replace") != _HEADER:
        raise ObserverError(
            ObserverReason.SCHEMA_CHANGED, f"events of format {line[:40]!r}; known is {_HEADER}", where=where
        )
    return {"type": _HEADER}


def _line(talk: Blocks, entry: dict[str, Any], where: str) -> None:
    identity = talk.identity(entry)
    kind = str(entry["type"]).rpartition(".")[2]
    if kind == "ChatSessionUserPromptEvent":
        agent_blocks.prompt(talk, entry["prompt"], identity, where)
    elif kind == "ChatSessionMessageBlockEvent":
        agent_blocks.block(talk, entry["event"], where)
    elif kind != _HEADER:
        talk.strange.add(kind)


_EVENTS = Transcripts(
    Folder(".events"), Blocks, _line, agent_blocks.exchanges, FRESHNESS_S, decode=_decode, dated=False
)
_XML = XmlChats()
_SAVED = Activity(_XML.sources, _XML.scan, _XML.read, FRESHNESS_S)


_ACTIVITIES = Activities(_activity)

cursor = _ACTIVITIES.cursor
since = _ACTIVITIES.since
sessions = _ACTIVITIES.sessions
turns = _ACTIVITIES.turns
health = _ACTIVITIES.health
