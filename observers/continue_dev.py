"""Continue, in an IDE or a terminal: one JSON file for each session, and a list of them beside."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from hashlib import blake2b
from pathlib import Path
from typing import Any

from observers.base import ObserverError, ObserverReason, State, Store
from observers.exchange import Exchange
from observers.file_stamp import FileStamp
from observers.jsonl import read_whole
from observers.listing import Source
from observers.regular_file import may_be_directory
from observers.session_document import Documents
from observers.session_files import Folder
from observers.transcript import brief
from observers.vscode_data import local_path

ID = "continue_dev"
CANNOT_KNOW: tuple[str, ...] = (
    "when a prompt was sent: the store keeps no times",
    "a session of the command line while it runs: it is written at its end, or when it waits",
    "whether an answer is whole, or was cut off",
    "that a turn failed: a failure is not written",
)
FRESHNESS_S = 900.0
# Written when a turn ends or waits; while it runs there may be nothing.
FLUSH_S = 60.0
_LIST = "sessions.json"
_RUNS = frozenset({"generating", "calling"})


def locate(workspace: str | Path | None = None) -> tuple[Store, ...]:
    """See `Observer.locate`. One store holds the sessions of all folders; asked for one, it shows only that one's."""
    folder = Path(os.environ.get("CONTINUE_GLOBAL_DIR") or Path.home() / ".continue") / "sessions"
    if not may_be_directory(folder):
        return ()
    if workspace is None:
        return (Store(ID, folder, None, "continue"),)
    store = Store(ID, folder, str(workspace), "continue")
    return (store,) if any(source.workspace for source in _CHATS.sources(store)) else ()


def at(path: Path) -> Store:
    """See `Observer.at`. Takes `sessions`, the folder that holds it, or a session's file."""
    path = path.absolute()
    if path.suffix == ".json" and may_be_directory(path.parent):
        return Store(ID, path.parent if path.name == _LIST else path, None, "continue")
    if path.name != "sessions" and may_be_directory(path / "sessions"):
        path = path / "sessions"
    if may_be_directory(path) or (path.name == "sessions" and may_be_directory(path.parent)):
        return Store(ID, path, None, "continue")
    hint = "give ~/.continue/sessions, or a session's file"
    raise ObserverError(ObserverReason.MISSING, "no sessions of Continue are here", where=str(path), hint=hint)


def flush_horizon(store: Store) -> float:
    """See `Observer.flush_horizon`."""
    return FLUSH_S


def watch_paths(store: Store) -> tuple[Path, ...]:
    """See `Observer.watch_paths`."""
    folder = store.path.parent if store.path.suffix == ".json" else store.path
    return (folder, folder.parent)


class _Folders:
    """Which folder a session is about, by the product's own list, read again when it changed."""

    def __init__(self) -> None:
        self._known: dict[Path, tuple[FileStamp, dict[str, str]]] = {}
        self._lock = threading.Lock()

    def of(self, path: Path) -> dict[str, str]:
        """Folder by session id; empty where the list cannot be read."""
        try:
            stamp = FileStamp.of(path.stat())
            with self._lock:
                kept = self._known.get(path)
            if kept is None or kept[0] != stamp:
                kept = stamp, dict(_listed(read_whole(path)))
                with self._lock:
                    self._known[path] = kept
        except (OSError, ObserverError):
            return {}
        return kept[1]


def _listed(value: object) -> Iterable[tuple[str, str]]:
    for item in value if isinstance(value, list) else ():
        if isinstance(item, dict) and isinstance(folder := item.get("workspaceDirectory"), str) and folder:
            yield str(item.get("sessionId")), local_path(folder)


_FOLDERS = _Folders()


def _marks(store: Store) -> Callable[[Source], Source]:
    folder = store.path.parent if store.path.suffix == ".json" else store.path
    folders = _FOLDERS.of(folder / _LIST)
    return lambda source: replace(source, workspace=folders.get(source.key))


def _exchanges(value: object, source: Source) -> Iterable[Exchange]:
    """The turns of a session. An id is the place in the session with what was said until then: a copy has the same."""
    if not isinstance(value, dict) or not isinstance(value["history"], list):
        raise TypeError("no history")
    found: list[Exchange] = []
    chain = str(value.get("sessionId") or source.key)
    for number, item in enumerate(value["history"]):
        message = item["message"]
        text = _text(message.get("content"))
        where = f"{source.file}#{number}"
        if message["role"] == "user":
            chain = blake2b(f"{chain}\0{text}".encode("utf-8", "replace"), digest_size=12).hexdigest()
            if found and not found[-1].state.over:
                found[-1].become(State.UNKNOWN, "the next prompt came before an end was written")
            found.append(Exchange(chain, text, where))
        elif message["role"] == "assistant" and found:
            found[-1].answer(text, where)
            found[-1].become(*_standing(item))
    return found


def _standing(item: dict[str, Any]) -> tuple[State, str | None]:
    """How a turn stands after one of its answers."""
    states = item.get("toolCallStates") or []
    for call in states:
        if call["status"] == "generated":
            return State.NEEDS_INPUT, f"approval of {_name(call)}"
        if call["status"] in _RUNS:
            return State.WORKING, None
    if any(call["status"] == "canceled" for call in states):
        return State.INTERRUPTED, "a tool was refused or cancelled"
    # With the results of its tools the model goes on.
    return (State.WORKING, None) if states else (State.DONE, None)


def _name(call: dict[str, Any]) -> str:
    called = call.get("toolCall") or {}
    return brief((called.get("function") or {}).get("name")) or "a tool"


def _text(content: Any) -> str:
    if content is None or isinstance(content, str):
        return content or ""
    return "".join(part.get("text") or "" for part in content)


_CHATS = Documents(Folder(".json", other=r"sessions\.json$"), _exchanges, FRESHNESS_S, marks=_marks)

cursor = _CHATS.activity.cursor
since = _CHATS.activity.since
sessions = _CHATS.activity.sessions
turns = _CHATS.activity.turns
health = _CHATS.activity.health
fingerprint = _CHATS.fingerprint
