"""Amazon Q: the database of its command line, and the files that its extensions keep for each workspace."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path

from observers import amazon_q_history, data_home, session_database
from observers.activity import Activities, Activity
from observers.base import Store, Turn
from observers.clock import now_ms
from observers.exchange import Exchange, rows, shaped
from observers.folders import may_exist
from observers.jsonl import parse_cell
from observers.listing import Source
from observers.regular_file import may_be_directory
from observers.session_database import ChatEntry, Contents, SessionDatabase, Span
from observers.session_document import Documents
from observers.session_files import Folder
from observers.sqlite_snapshot import Snapshot

ID = "amazon_q"
CANNOT_KNOW: tuple[str, ...] = (
    "whether a tool runs or waits for approval",
    "that a turn failed, and why",
    "when a prompt was sent, in most builds",
    "which folder a workspace of an extension is: its file is named by a digest",
)
FRESHNESS_S = 900.0
# The command line saves after each answer.
FLUSH_S = 120.0
_KEPT = 4096
_NAME = "data.sqlite3"
_HINT = "give ~/.aws/amazonq/history, or the folder of the command line's data.sqlite3"


def locate(workspace: str | Path | None = None) -> tuple[Store, ...]:
    """See `Observer.locate`."""
    path = data_home.native() / "amazon-q" / _NAME
    found = session_database.locate(ID, _DATABASE, [path] if may_exist(path) else [], workspace)
    history = Path.home() / ".aws" / "amazonq" / "history"
    return (*found, Store(ID, history)) if workspace is None and may_be_directory(history) else found


def at(path: Path) -> Store:
    """See `Observer.at`. Takes the folder `history`, a file in it, or the database or its folder."""
    path = path.absolute()
    if path.name == "history" and may_be_directory(path.parent):
        return Store(ID, path)
    if path.suffix == ".json" and may_be_directory(path.parent):
        return Store(ID, path)
    return Store(ID, session_database.place(path, _NAME, _NAME, _HINT))


def flush_horizon(store: Store) -> float:
    """See `Observer.flush_horizon`."""
    return FLUSH_S


def watch_paths(store: Store) -> tuple[Path, ...]:
    """See `Observer.watch_paths`."""
    if _is_database(store):
        return session_database.watch_paths(store)
    folder = store.path.parent if store.path.suffix == ".json" else store.path
    return (folder, folder.parent)


def fingerprint(store: Store) -> str:
    """See `Observer.fingerprint`."""
    return _DATABASE.fingerprint(store.path, "conversations") if _is_database(store) else _TABS.fingerprint(store)


def _is_database(store: Store) -> bool:
    return store.path.name == _NAME


def _entries(snapshot: Snapshot, path: Path, span: Span) -> list[ChatEntry]:
    """A conversation for each folder. Its row has no time, so its time is when this process saw its content change."""
    found = []
    for row in snapshot.table("conversations").rows(["key", "value"], first=span.first, last=span.last):
        digest = blake2b(repr(row["value"]).encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
        key = str(row["key"])
        found.append(ChatEntry(key, digest, _CHANGED.at(path, key, digest), key))
    return found


class _Changes:
    """When the conversations of each database were seen to change, in milliseconds; 0 before that."""

    def __init__(self) -> None:
        self._seen: OrderedDict[tuple[Path, str], tuple[str, int]] = OrderedDict()
        self._lock = threading.Lock()

    def at(self, path: Path, key: str, digest: str) -> int:
        with self._lock:
            before = self._seen.get((path, key))
            if before is None:
                before = digest, 0
            elif before[0] != digest:
                before = digest, now_ms()
            self._seen[path, key] = before
            while len(self._seen) > _KEPT:
                self._seen.popitem(last=False)
            return before[1]


_CHANGED = _Changes()


def _contents(snapshot: Snapshot, folder: str) -> Contents:
    row = snapshot.table("conversations").get({"key": folder})
    return Contents(() if row is None else ((row["value"],),))


def _ids(snapshot: Snapshot, folder: str) -> list[str]:
    return [turn.turn for row in _contents(snapshot, folder).rows for turn in _exchanges(row[0], f"#{folder}")]


def _exchanges(value: object, where: str) -> list[Exchange]:
    with shaped(where):
        return amazon_q_history.conversation(parse_cell(value, dict, "a conversation is not an object", where), where)


def _read(store: Store, source: Source) -> Sequence[Turn]:
    where = f"{store.path}#{source.key}"
    contents = _DATABASE.contents(store, source).rows
    with shaped(where):
        return rows(store, source.key, (turn for row in contents for turn in _exchanges(row[0], where)))


_TABS = Documents(Folder(".json", other=r"(?!chat-history-)"), amazon_q_history.tabs, FRESHNESS_S)
_DATABASE = SessionDatabase("conversations", _entries, _ids, _contents)
_ACTIVITY = Activity(_DATABASE.sources, _DATABASE.scan, _read, FRESHNESS_S)


def _activity(store: Store) -> Activity:
    return _ACTIVITY if _is_database(store) else _TABS.activity


_ACTIVITIES = Activities(_activity)

cursor = _ACTIVITIES.cursor
since = _ACTIVITIES.since
sessions = _ACTIVITIES.sessions
turns = _ACTIVITIES.turns
health = _ACTIVITIES.health
