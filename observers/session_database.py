"""Stores that keep many chats in one SQLite database: listing them, and reading one; what did not change is not read.

Only `sqlite_snapshot` ever opens such a database.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import blake2b
from heapq import nlargest
from pathlib import Path
from typing import TypeVar

from observers import sqlite_snapshot
from observers.base import ObserverError, Reason, Store
from observers.listing import Source
from observers.regular_file import may_be_directory
from observers.sqlite_snapshot import Database, Mark, Reading, Snapshot, Unreadable, Value
from observers.vscode_data import same_workspace

T = TypeVar("T")

# Seconds for one question; a store that is written to without a pause may need several tries.
TIMEOUT_S = 4.0
# The chats whose content is looked at on every change; any other changed only if its entry did.
NEWEST = 8
_KEPT_DATABASES = 16
_KEPT_CHATS = 16
# Chats scanned for ids on one snapshot: a longer read would be thrown away more often.
_SCANNED_TOGETHER = 256

_REASONS = {
    sqlite_snapshot.Reason.MISSING: Reason.MISSING,
    sqlite_snapshot.Reason.DENIED: Reason.UNREADABLE,
    sqlite_snapshot.Reason.NOT_A_FILE: Reason.UNREADABLE,
    sqlite_snapshot.Reason.IO: Reason.UNREADABLE,
    sqlite_snapshot.Reason.NOT_A_DATABASE: Reason.CORRUPT,
    sqlite_snapshot.Reason.CORRUPT: Reason.CORRUPT,
    sqlite_snapshot.Reason.HOT_JOURNAL: Reason.CHANGING,
    sqlite_snapshot.Reason.BUSY: Reason.CHANGING,
    sqlite_snapshot.Reason.TIMEOUT: Reason.CHANGING,
    sqlite_snapshot.Reason.TOO_LARGE: Reason.TOO_LARGE,
    sqlite_snapshot.Reason.UNSUPPORTED: Reason.SCHEMA_CHANGED,
    sqlite_snapshot.Reason.NO_TABLE: Reason.SCHEMA_CHANGED,
    sqlite_snapshot.Reason.NO_COLUMN: Reason.SCHEMA_CHANGED,
    sqlite_snapshot.Reason.NO_INDEX: Reason.SCHEMA_CHANGED,
}


@dataclass(frozen=True, slots=True)
class Entry:
    """A chat as its database lists it. `stamp` changes at the latest when a turn begins in a chat at rest."""

    key: str
    stamp: str
    modified_ms: int
    workspace: str | None = None


@dataclass(frozen=True, slots=True)
class Contents:
    """A chat as it is stored: what an adapter makes its turns of. `modified_ms` is the newest time in it."""

    rows: tuple[tuple[Value, ...], ...]
    modified_ms: int = 0


@dataclass(slots=True)
class _Held:
    """What is remembered of one database. `lock` is for everything else in it."""

    database: Database
    lock: threading.Lock = field(default_factory=threading.Lock)
    listed: tuple[Mark, list[Entry]] | None = None
    entries: Reading[list[Entry]] | None = None
    chats: OrderedDict[str, Reading[tuple[Contents, str]]] = field(default_factory=OrderedDict)
    digests: dict[str, tuple[str, str, int]] = field(default_factory=dict)
    ids: dict[str, Sequence[str] | ObserverError] = field(default_factory=dict)


class SessionDatabase:
    """The part of an adapter that is the same for every such database.

    `entries` lists the chats that count, `ids` gives at least every turn id of one chat, `contents` its rows. All three
    run on a snapshot and return values; the path of the database is for what never changes beside it.
    """

    def __init__(
        self,
        entries: Callable[[Snapshot, Path], list[Entry]],
        ids: Callable[[Snapshot, str], Sequence[str]],
        contents: Callable[[Snapshot, str], Contents],
    ) -> None:
        self._entries = entries
        self._ids = ids
        self._contents = contents
        self._held: OrderedDict[Path, _Held] = OrderedDict()
        self._lock = threading.Lock()

    def entries(self, path: Path) -> list[Entry]:
        """The chats of a database; none while its product has yet to make it. ObserverError."""
        with self._using(path) as held:
            return self._listed(held)

    def sources(self, store: Store) -> tuple[Source, ...]:
        """The chats of a store: of all folders, or of its own and of those that name none."""
        with self._using(store.path) as held:
            held.ids.clear()
            entries = _of_folder(self._listed(held), store.workspace)
            newest = {entry.key for entry in nlargest(NEWEST, entries, key=lambda entry: entry.modified_ms)}
            for key in held.digests.keys() - {entry.key for entry in entries} if store.workspace is None else ():
                del held.digests[key]
            return tuple(self._source(held, entry, entry.key in newest) for entry in entries)

    def scan(self, store: Store, source: Source) -> Sequence[str]:
        """The turn ids of a chat; those that come next in the listing are read with it."""
        with self._using(store.path) as held:
            if source.key not in held.ids:
                keys = [entry.key for entry in self._listed(held)]
                at = keys.index(source.key) if source.key in keys else len(keys)
                wanted = [source.key, *keys[at + 1 : at + _SCANNED_TOGETHER]]
                held.ids = held.database.read(lambda shot: self._all_ids(shot, wanted), timeout=TIMEOUT_S)
            found = held.ids.pop(source.key)
        if isinstance(found, ObserverError):
            raise found
        return found

    def contents(self, store: Store, source: Source) -> Contents:
        """The rows of a chat."""
        with self._using(store.path) as held:
            return self._chat(held, source.key)[0]

    def fingerprint(self, path: Path, *tables: str) -> str:
        """How these tables are declared, as a short text; `empty` without any."""
        with self._using(path) as held:
            declared = held.database.read(lambda shot: dict(shot.tables), timeout=TIMEOUT_S)
        found = [declared.get(name, "-") for name in tables]
        return f"sqlite/{blake2b(repr(found).encode(), digest_size=3).hexdigest()}" if declared else "empty"

    @contextmanager
    def _using(self, path: Path) -> Iterator[_Held]:
        with self._lock:
            held = self._held.setdefault(path, _Held(Database(path)))
            self._held.move_to_end(path)
            while len(self._held) > _KEPT_DATABASES:
                self._held.popitem(last=False)
        with held.lock, translated(path):
            yield held

    def _listed(self, held: _Held) -> list[Entry]:
        path = Path(held.database.path)
        try:
            mark = held.database.poll(_nothing, None, timeout=TIMEOUT_S).mark
        except Unreadable as problem:
            if problem.reason is not sqlite_snapshot.Reason.MISSING or not _may_be_made(path):
                raise
            return []
        if held.listed is None or held.listed[0] != mark:
            held.entries = held.database.poll(lambda shot: self._if_made(shot, path), held.entries, timeout=TIMEOUT_S)
            held.listed = mark, held.entries.value
        return held.listed[1]

    def _if_made(self, snapshot: Snapshot, path: Path) -> list[Entry]:
        return self._entries(snapshot, path) if snapshot.tables else []

    def _all_ids(self, snapshot: Snapshot, keys: Sequence[str]) -> dict[str, Sequence[str] | ObserverError]:
        found: dict[str, Sequence[str] | ObserverError] = {}
        for key in keys:
            try:
                found[key] = tuple(self._ids(snapshot, key))
            except ObserverError as problem:
                # One damaged chat says nothing about its neighbours.
                found[key] = problem
        return found

    def _source(self, held: _Held, entry: Entry, newest: bool) -> Source:
        stamp, digest, modified_ms = held.digests.get(entry.key, ("", "", 0))
        if newest:
            try:
                contents, found = self._chat(held, entry.key)
            except (Unreadable, ObserverError) as problem:
                # Whoever reads this chat is told why.
                reason = _REASONS[problem.reason] if isinstance(problem, Unreadable) else problem.reason
                unreadable = None if reason is Reason.CHANGING else f"{entry.stamp}/{reason}"
                return Source(entry.key, unreadable, entry.modified_ms, entry.workspace)
            stamp, digest, modified_ms = entry.stamp, found, contents.modified_ms
            held.digests[entry.key] = stamp, digest, modified_ms
        if stamp != entry.stamp:
            digest, modified_ms = "", 0
        modified_ms = max(entry.modified_ms, modified_ms)
        return Source(entry.key, f"{entry.stamp}/{digest}", modified_ms, entry.workspace)

    def _chat(self, held: _Held, key: str) -> tuple[Contents, str]:
        """A chat and its digest."""

        def query(snapshot: Snapshot) -> tuple[Contents, str]:
            contents = self._contents(snapshot, key)
            return contents, _digest(contents)

        reading = held.database.poll(query, held.chats.pop(key, None), timeout=TIMEOUT_S)
        held.chats[key] = reading
        while len(held.chats) > _KEPT_CHATS:
            held.chats.popitem(last=False)
        return reading.value


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Every Unreadable as the ObserverError it means, and every place with its path."""
    try:
        yield
    except ObserverError as problem:
        if not problem.where.startswith(str(path)):
            problem.where = f"{path}#{problem.where}"
        raise
    except Unreadable as problem:
        raise ObserverError(_REASONS[problem.reason], problem.detail, where=str(path)) from problem


def place(path: Path, name: str, pattern: str, hint: str) -> Path:
    """The database a hint points to: itself, or the one in a folder, `name` before others that fit `pattern`.

    ObserverError `missing`.
    """
    path = path.absolute()
    if path.match(pattern) and not path.is_dir() and may_be_directory(path.parent):
        return path
    if not may_be_directory(path):
        raise ObserverError(Reason.MISSING, "no such chat store is here", where=str(path), hint=hint)
    others = sorted(path.glob(pattern))
    return path / name if (path / name) in others or not others else others[0]


def locate(
    observer: str, database: SessionDatabase, paths: Sequence[Path], workspace: str | Path | None
) -> tuple[Store, ...]:
    """A store for each of these databases; with a folder given, for those that hold a chat of it."""
    if workspace is None:
        return tuple(Store(observer, path) for path in paths)
    return tuple(Store(observer, path, str(workspace)) for path in paths if _names(database, path, workspace))


def watch_paths(store: Store) -> tuple[Path, ...]:
    """The folder of the database, for its log is made and removed there, and the one above, where that is made."""
    return (store.path.parent, store.path.parent.parent)


def _names(database: SessionDatabase, path: Path, workspace: str | Path) -> bool:
    try:
        named = {entry.workspace for entry in database.entries(path)}
    except ObserverError:
        # It is there and cannot be read: left for `health` to report.
        return True
    return any(same_workspace(one, workspace) for one in named)


def _digest(contents: Contents) -> str:
    """The same for the same content, in every process."""
    found = blake2b(digest_size=8)
    for row in contents.rows:
        found.update(repr(row).encode("utf-8", "surrogatepass"))
    return found.hexdigest()


def _nothing(_snapshot: Snapshot) -> None:
    return None


def _may_be_made(path: Path) -> bool:
    return may_be_directory(path.parent) or may_be_directory(path.parent.parent)


def _of_folder(entries: list[Entry], workspace: str | None) -> list[Entry]:
    if workspace is None:
        return entries
    same = {
        named: named is None or same_workspace(named, workspace) for named in {entry.workspace for entry in entries}
    }
    return [entry for entry in entries if same[entry.workspace]]
