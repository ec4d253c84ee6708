"""Stores that keep many chats in one SQLite database: listing them, and reading one; what did not change is not read.

Only `sqlite_snapshot` ever opens such a database.
"""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from hashlib import blake2b
from heapq import nlargest
from pathlib import Path
from typing import TypeVar

from observers import sqlite_snapshot
from observers.base import ObserverError, ObserverReason, Store, Turn
from observers.exchange import Exchange, rows, shaped
from observers.folders import matching
from observers.listing import Source
from observers.regular_file import may_be_directory
from observers.sqlite_snapshot import Database, QueryAnswer, Snapshot, SnapshotMark, Unreadable, Value
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
# Rows of the table of chats that are listed together: after a write only what it touched is listed again.
_LISTED_TOGETHER = 64
_MOST_SPANS = 512

_REASONS = {
    sqlite_snapshot.SnapshotReason.MISSING: ObserverReason.MISSING,
    sqlite_snapshot.SnapshotReason.DENIED: ObserverReason.UNREADABLE,
    sqlite_snapshot.SnapshotReason.NOT_A_FILE: ObserverReason.UNREADABLE,
    sqlite_snapshot.SnapshotReason.IO: ObserverReason.UNREADABLE,
    sqlite_snapshot.SnapshotReason.NOT_A_DATABASE: ObserverReason.CORRUPT,
    sqlite_snapshot.SnapshotReason.CORRUPT: ObserverReason.CORRUPT,
    sqlite_snapshot.SnapshotReason.HOT_JOURNAL: ObserverReason.CHANGING,
    sqlite_snapshot.SnapshotReason.BUSY: ObserverReason.CHANGING,
    sqlite_snapshot.SnapshotReason.TIMEOUT: ObserverReason.CHANGING,
    sqlite_snapshot.SnapshotReason.TOO_LARGE: ObserverReason.TOO_LARGE,
    sqlite_snapshot.SnapshotReason.UNSUPPORTED: ObserverReason.SCHEMA_CHANGED,
    sqlite_snapshot.SnapshotReason.NO_TABLE: ObserverReason.SCHEMA_CHANGED,
    sqlite_snapshot.SnapshotReason.NO_COLUMN: ObserverReason.SCHEMA_CHANGED,
    sqlite_snapshot.SnapshotReason.NO_INDEX: ObserverReason.SCHEMA_CHANGED,
}


@dataclass(frozen=True, slots=True)
class ChatEntry:
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


@dataclass(frozen=True, slots=True)
class Span:
    """Rows of a table by rowid, both ends included; None is open."""

    first: int | None = None
    last: int | None = None


# A chat and the digest of what it holds, or why it cannot be read.
_Chat = tuple[Contents, str] | ObserverError


@dataclass(slots=True)
class _Held:
    """What is remembered of one database. `lock` guards every other field."""

    database: Database
    lock: threading.Lock = field(default_factory=threading.Lock)
    listed: tuple[SnapshotMark, list[ChatEntry]] | None = None
    spans: dict[Span, QueryAnswer[list[ChatEntry]]] = field(default_factory=dict)
    chats: OrderedDict[str, QueryAnswer[_Chat]] = field(default_factory=OrderedDict)
    digests: dict[str, tuple[str, str, int]] = field(default_factory=dict)
    sources: dict[str, tuple[ChatEntry, Source]] = field(default_factory=dict)
    given: dict[str | None, tuple[SnapshotMark, tuple[Source, ...]]] = field(default_factory=dict)
    ids: dict[str, Sequence[str] | ObserverError] = field(default_factory=dict)


class SessionDatabase:
    """The part of an adapter that is the same for every such database.

    `table` has one row a chat; `entries` lists those of a span that count, or all where the table is not there. `ids`
    gives at least every turn id of one chat, `contents` its rows. All three run on a snapshot and return values.
    `entries` gets the path of the database, too, to read files beside it that never change.
    """

    def __init__(
        self,
        table: str,
        entries: Callable[[Snapshot, Path, Span], list[ChatEntry]],
        ids: Callable[[Snapshot, str], Sequence[str]],
        contents: Callable[[Snapshot, str], Contents],
    ) -> None:
        self._table = table
        self._entries = entries
        self._ids = ids
        self._contents = contents
        self._held: OrderedDict[Path, _Held] = OrderedDict()
        self._lock = threading.Lock()

    def entries(self, path: Path) -> list[ChatEntry]:
        """The chats of a database; none while its product has yet to make it. ObserverError."""
        with self._using(path) as held:
            return self._listed(held)

    def sources(self, store: Store) -> tuple[Source, ...]:
        """The chats of a store: of all folders, or of its own and of those that name none."""
        with self._using(store.path) as held:
            held.ids.clear()
            listed = self._listed(held)
            mark, given = held.given.get(store.workspace, (None, ()))
            if held.listed is not None and mark == held.listed[0]:
                return given
            entries = _of_folder(listed, store.workspace)
            newest = {entry.key for entry in nlargest(NEWEST, entries, key=lambda entry: entry.modified_ms)}
            self._look(held, sorted(newest))
            if len(held.sources) > 2 * len(entries) + _KEPT_CHATS:
                held.sources.clear()
                held.digests.clear()
            found = tuple([self._source(held, entry, newest) for entry in entries])
            if held.listed is not None and all(source.stamp is not None for source in found):
                held.given = {
                    **(held.given if len(held.given) < _KEPT_CHATS else {}),
                    store.workspace: (held.listed[0], found),
                }
            return found

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

    def _listed(self, held: _Held) -> list[ChatEntry]:
        path = Path(held.database.path)
        try:
            reading = held.database.poll(self._top, None, timeout=TIMEOUT_S)
            mark, top = reading.mark, reading.value
        except Unreadable as problem:
            if problem.reason is not sqlite_snapshot.SnapshotReason.MISSING or not _may_be_made(path):
                raise
            held.listed = None
            return []
        if held.listed is None or held.listed[0] != mark:
            spans = _spans(top)
            queries = [partial(self._if_made, path=path, span=span) for span in spans]
            found = held.database.poll_all(queries, [held.spans.get(span) for span in spans], timeout=TIMEOUT_S)
            held.spans = dict(zip(spans, found, strict=True))
            held.listed = mark, [entry for reading in found for entry in reading.value]
        return held.listed[1]

    def _if_made(self, snapshot: Snapshot, path: Path, span: Span) -> list[ChatEntry]:
        with shaped("entries"):
            return self._entries(snapshot, path, span) if snapshot.tables else []

    def _top(self, snapshot: Snapshot) -> int | None:
        """The highest rowid in the table of chats; None where it has none."""
        if self._table not in snapshot.tables:
            return None
        try:
            row = next(snapshot.table(self._table).rows(["rowid"], reverse=True), None)
        except Unreadable as problem:
            if problem.reason is not sqlite_snapshot.SnapshotReason.NO_COLUMN:
                raise
            return None
        return None if row is None else int(str(row["rowid"]))

    def _all_ids(self, snapshot: Snapshot, keys: Sequence[str]) -> dict[str, Sequence[str] | ObserverError]:
        found: dict[str, Sequence[str] | ObserverError] = {}
        for key in keys:
            try:
                with shaped(key):
                    found[key] = tuple(self._ids(snapshot, key))
            except ObserverError as problem:
                # One damaged chat says nothing about its neighbours.
                found[key] = problem
        return found

    def _source(self, held: _Held, entry: ChatEntry, newest: set[str]) -> Source:
        kept = held.sources.get(entry.key)
        if entry.key not in newest and kept is not None and kept[0] is entry:
            return kept[1]
        stamp, digest, modified_ms = held.digests.get(entry.key, ("", "", 0))
        if entry.key in newest:
            try:
                contents, found = self._chat(held, entry.key)
            except (Unreadable, ObserverError) as problem:
                # Reading this chat raises the same problem, with its reason.
                reason = _REASONS[problem.reason] if isinstance(problem, Unreadable) else problem.reason
                unreadable = None if reason is ObserverReason.CHANGING else f"{entry.stamp}/{reason}"
                return Source(entry.key, unreadable, entry.modified_ms, entry.workspace)
            stamp, digest, modified_ms = entry.stamp, found, contents.modified_ms
            held.digests[entry.key] = stamp, digest, modified_ms
        if stamp != entry.stamp:
            digest, modified_ms = "", 0
        modified_ms = max(entry.modified_ms, modified_ms)
        source = Source(entry.key, f"{entry.stamp}/{digest}", modified_ms, entry.workspace)
        if kept is not None and kept[1] == source:
            source = kept[1]
        held.sources[entry.key] = entry, source
        return source

    def _look(self, held: _Held, keys: Sequence[str]) -> None:
        """Brings these chats up to date, all on one snapshot. Where that fails, each is asked by itself later."""
        before = [held.chats.get(key) for key in keys]
        try:
            found = held.database.poll_all([self._query(key) for key in keys], before, timeout=TIMEOUT_S)
        except Unreadable:
            return
        for key, reading in zip(keys, found, strict=True):
            self._keep(held, key, reading)

    def _chat(self, held: _Held, key: str) -> tuple[Contents, str]:
        """A chat and its digest."""
        reading = held.database.poll(self._query(key), held.chats.get(key), timeout=TIMEOUT_S)
        self._keep(held, key, reading)
        if isinstance(reading.value, ObserverError):
            raise reading.value
        return reading.value

    def _query(self, key: str) -> Callable[[Snapshot], _Chat]:
        def query(snapshot: Snapshot) -> _Chat:
            try:
                with shaped(key):
                    contents = self._contents(snapshot, key)
            except ObserverError as problem:
                return problem
            return contents, _digest(contents)

        return query

    def _keep(self, held: _Held, key: str, reading: QueryAnswer[_Chat]) -> None:
        held.chats[key] = reading
        held.chats.move_to_end(key)
        while len(held.chats) > _KEPT_CHATS:
            held.chats.popitem(last=False)


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


def reading(
    database: SessionDatabase, exchanges: Callable[[Contents, str], Iterable[Exchange]]
) -> Callable[[Store, Source], Sequence[Turn]]:
    """What reads one chat of the database: its contents, as the adapter's `exchanges` understands them, as rows."""

    def read(store: Store, source: Source) -> Sequence[Turn]:
        where = str(store.path)
        with shaped(where):
            found = exchanges(database.contents(store, source), where)
        return rows(store, source.key, found)

    return read


def place(path: Path, name: str, pattern: str, hint: str) -> Path:
    """The database a hint points to: itself, or the one in a folder, `name` before others that fit `pattern`.

    ObserverError `missing`.
    """
    path = path.absolute()
    folder = os.path.isdir(path)  # noqa: PTH112 - this one says no where it cannot be looked at
    if path.match(pattern) and not folder and may_be_directory(path.parent):
        return path
    if not may_be_directory(path):
        raise ObserverError(ObserverReason.MISSING, "no such chat store is here", where=str(path), hint=hint)
    others = matching(path, pattern)
    return path / name if (path / name) in others or not others else others[0]


def locate(
    observer: str, database: SessionDatabase, paths: Sequence[Path], workspace: str | Path | None
) -> tuple[Store, ...]:
    """A store for each of these databases; with a folder given, for those that hold a chat of it."""
    if workspace is None:
        return tuple(Store(observer, path) for path in paths)
    return tuple(Store(observer, path, str(workspace)) for path in paths if _names(database, path, workspace))


def databases(folder: Path, name: str, pattern: str) -> list[Path]:
    """Those in a folder whose names fit; `name` where the folder cannot be listed, left for `health` to report."""
    try:
        return matching(folder, pattern)
    except ObserverError:
        return [folder / name]


def watch_paths(store: Store) -> tuple[Path, ...]:
    """The folder of the database, for its log is made and removed there, and the one above, where that is made."""
    return (store.path.parent, store.path.parent.parent)


def _names(database: SessionDatabase, path: Path, workspace: str | Path) -> bool:
    try:
        named = {entry.workspace for entry in database.entries(path)}
    except ObserverError:
        # The database is there and cannot be read: `health` reports why.
        return True
    return any(same_workspace(one, workspace) for one in named)


def _digest(contents: Contents) -> str:
    """A digest of a chat's rows, equal for equal content in every process."""
    found = blake2b(digest_size=8)
    for row in contents.rows:
        found.update(repr(row).encode("utf-8", "surrogatepass"))
    return found.hexdigest()


def _spans(top: int | None) -> list[Span]:
    """The rows up to `top` in parts whose bounds stay where they are while the table grows, and all beyond."""
    if top is None:
        return [Span()]
    size = _LISTED_TOGETHER
    while top > size * _MOST_SPANS:
        size *= 2
    ends = range(size, top, size)
    return [Span(first, last) for first, last in zip([None, *(end + 1 for end in ends)], [*ends, None], strict=True)]


def _may_be_made(path: Path) -> bool:
    return may_be_directory(path.parent) or may_be_directory(path.parent.parent)


def _of_folder(entries: list[ChatEntry], workspace: str | None) -> list[ChatEntry]:
    if workspace is None:
        return entries
    same = {
        named: named is None or same_workspace(named, workspace) for named in {entry.workspace for entry in entries}
    }
    return [entry for entry in entries if same[entry.workspace]]
