"""Cline: the tasks of its extension, and the sessions of its newer builds."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from observers import cline_sessions, task_folders
from observers.base import ChatSession, Cursor, Delta, ObserverError, Store, Turn
from observers.cline_sessions import Manifest
from observers.exchange import Exchange
from observers.file_stamp import FileStamp
from observers.jsonl import read_whole
from observers.listing import Source
from observers.regular_file import may_be_directory
from observers.session_document import Documents
from observers.session_files import FolderEach, file_of

ID = "cline"
CANNOT_KNOW: tuple[str, ...] = (
    "whether a running turn is alive: a process that outlives the window may own it, or nobody may",
    "whether a turn that runs is being tried again after a failure",
    "for two seconds, whether what the extension asks waits for a person or is approved by itself",
)
EXTENSION = "saoudrizwan.claude-dev"
_MESSAGES = ".messages.json"
_KEPT_MANIFESTS = 10_000


def locate(workspace: str | Path | None = None) -> tuple[Store, ...]:
    """See `Observer.locate`. A store holds the chats of all folders; asked for one, it shows only that one's."""
    data = _data()
    found = [*task_folders.task_stores(ID, EXTENSION, [data / "tasks"])]
    sessions = Path(os.environ.get("CLINE_SESSION_DATA_DIR") or data / "sessions")
    if may_be_directory(sessions):
        found.append(Store(ID, sessions, None, "cline"))
    if workspace is None:
        return tuple(found)
    narrowed = [replace(store, workspace=str(workspace)) for store in found]
    return tuple(store for store in narrowed if any(source.workspace for source in _reader(store).sources(store)))


def at(path: Path) -> Store:
    """See `Observer.at`. Takes `tasks` or `sessions`, what holds one of them, and anything in them."""
    path = path.absolute()
    for folder in (path, path.parent, path.parent.parent, path / "sessions"):
        if folder.name == "sessions" and may_be_directory(folder):
            return Store(ID, folder, None, "cline")
    if path.name == "sessions" and may_be_directory(path.parent):
        return Store(ID, path, None, "cline")
    return task_folders.store_at(ID, path)


def flush_horizon(store: Store) -> float:
    """See `Observer.flush_horizon`."""
    return task_folders.FLUSH_S


def watch_paths(store: Store) -> tuple[Path, ...]:
    """See `Observer.watch_paths`."""
    return task_folders.watched(_reader(store), store)


def _data() -> Path:
    named = os.environ.get("CLINE_DATA_DIR")
    return Path(named) if named else Path(os.environ.get("CLINE_DIR") or Path.home() / ".cline") / "data"


def _manifest_of(source: Source) -> Path:
    messages = file_of(source)
    return messages.with_name(messages.name.removesuffix(_MESSAGES) + ".json")


class _Manifests:
    """The manifests, read again when they changed."""

    def __init__(self) -> None:
        self._known: OrderedDict[Path, tuple[FileStamp, Manifest]] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, source: Source) -> tuple[FileStamp, Manifest]:
        """OSError, ObserverError, KeyError or TypeError where there is no manifest that can be read."""
        path = _manifest_of(source)
        stamp = FileStamp.of(path.stat())
        with self._lock:
            kept = self._known.get(path)
        if kept is None or kept[0] != stamp or not stamp.settled():
            kept = stamp, Manifest.of(read_whole(path))
            with self._lock:
                self._known[path] = kept
                while len(self._known) > _KEPT_MANIFESTS:
                    self._known.popitem(last=False)
        return kept


_MANIFESTS = _Manifests()


def _mark(source: Source) -> Source | None:
    try:
        stamp, manifest = _MANIFESTS.of(source)
    except (OSError, ObserverError, KeyError, TypeError):
        # Reading the session raises the same problem, with its reason.
        return replace(source, stamp=None)
    if manifest.hidden:
        return None
    both = f"{source.stamp} {stamp}" if source.stamp is not None and stamp.settled() else None
    modified = max(source.modified_ms, stamp.modified // 1_000_000)
    return replace(source, stamp=both, modified_ms=modified, workspace=manifest.folder)


def _exchanges(value: object, source: Source) -> Iterable[Exchange]:
    return cline_sessions.exchanges(value, source, Manifest.of(read_whole(_manifest_of(source))))


_TASKS = task_folders.documents()
_SESSIONS = Documents(
    FolderEach(f"*{_MESSAGES}"), _exchanges, task_folders.FRESHNESS_S, marks=lambda store: _mark, dated=True
)


def _reader(store: Store) -> Documents:
    return _SESSIONS if store.path.name == "sessions" else _TASKS


def cursor(store: Store) -> Cursor:
    """See `Observer.cursor`."""
    return _reader(store).activity.cursor(store)


def since(store: Store, cursor: Cursor, touched: Iterable[Path] | None = None) -> Delta:
    """See `Observer.since`."""
    return _reader(store).activity.since(store, cursor, None if touched is None else tuple(touched))


def sessions(store: Store) -> tuple[ChatSession, ...]:
    """See `Observer.sessions`."""
    return _reader(store).activity.sessions(store)


def turns(store: Store, session: str) -> tuple[Turn, ...]:
    """See `Observer.turns`."""
    return _reader(store).activity.turns(store, session)


def health(store: Store) -> tuple[ObserverError, ...]:
    """See `Observer.health`."""
    return _reader(store).activity.health(store)


def fingerprint(store: Store) -> str:
    """See `Observer.fingerprint`."""
    return _reader(store).fingerprint(store)
