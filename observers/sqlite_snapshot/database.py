"""One database that another program writes: a query runs on a snapshot, and its answer counts only if that held.

A snapshot that changed under the query is thrown away and the query run again, within a time limit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from os import PathLike, fspath
from typing import Generic, TypeVar

from observers.sqlite_snapshot.failure import Malformed, Moved, Unreadable
from observers.sqlite_snapshot.frame_map import FrameMap
from observers.sqlite_snapshot.pages import NodeCache, Pages
from observers.sqlite_snapshot.read_budget import ReadBudget
from observers.sqlite_snapshot.snapshot import Schema, Snapshot, read_schema
from observers.sqlite_snapshot.store_files import StoreFiles
from observers.sqlite_snapshot.version import Epoch, Version, take_version

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class SnapshotMark:
    """A committed state. Equal marks of one Database are the same content; the reverse need not hold."""

    epoch: Epoch
    frame: int
    meta: bytes


@dataclass(frozen=True, slots=True)
class QueryAnswer(Generic[T]):
    """An answer, the state it was read from, and the pages it depends on (None: too many to list)."""

    value: T
    mark: SnapshotMark
    pages: frozenset[int] | None


# A query and what it gave before.
_Asked = tuple[Callable[[Snapshot], T], QueryAnswer[T] | None]


class Database:
    """Reads `path` without a lock, a made file or a written byte. Not thread-safe; keeps nothing open between reads.

    Memory: `cache_bytes` of b-tree pages, one entry for each page in the log, and one value of up to `value_bytes`.
    """

    def __init__(self, path: str | PathLike[str], *, cache_bytes: int = 8 << 20, value_bytes: int = 64 << 20) -> None:
        self.path = fspath(path)
        self._value_bytes = value_bytes
        self._cache = NodeCache(cache_bytes)
        self._known = FrameMap()
        self._schema: Schema | None = None

    def read(self, query: Callable[[Snapshot], T], *, timeout: float = 2.0) -> T:
        """What `query` returns for one committed state, at least as new as the last commit before this call.

        `query` may run several times, must depend on the snapshot alone, and returns values, not iterators. Its own
        exceptions pass through if the snapshot held. Blocks for up to about `timeout` seconds, then Unreadable.
        """
        return self.poll(query, None, timeout=timeout).value

    def poll(
        self, query: Callable[[Snapshot], T], last: QueryAnswer[T] | None, *, timeout: float = 2.0
    ) -> QueryAnswer[T]:
        """Like `read`; returns `last` itself, without running `query`, if no page it depends on has changed."""
        return self.poll_all((query,), (last,), timeout=timeout)[0]

    def poll_all(
        self, queries: Sequence[Callable[[Snapshot], T]], last: Sequence[QueryAnswer[T] | None], *, timeout: float = 2.0
    ) -> list[QueryAnswer[T]]:
        """Like `poll` for each of these with its own last answer, all of them on one committed state."""
        budget = ReadBudget(timeout, self._value_bytes)
        try:
            return self._retry(list(zip(queries, last, strict=True)), budget)
        except Unreadable as failure:
            failure.path = self.path
            raise

    def _retry(self, asked: list[_Asked[T]], budget: ReadBudget) -> list[QueryAnswer[T]]:
        careful = False
        while True:
            try:
                return self._attempt(asked, budget, careful)
            except Moved as moved:
                budget.pause(moved)
            except Malformed as error:
                # A wrong wal-index looks like corruption too: try once more, without it.
                if careful:
                    raise Unreadable(error.reason, str(error)) from error
                careful = True

    def _attempt(self, asked: list[_Asked[T]], budget: ReadBudget, careful: bool) -> list[QueryAnswer[T]]:
        with StoreFiles(self.path) as files:
            version = take_version(files, self._known, budget, careful)
            try:
                readings = self._query(asked, files, version, budget)
            except Exception as error:
                self._believe(version, f"it changed under the query, which then failed: {error}")
                raise
            self._believe(version, "it changed under the query")
            return readings

    def _believe(self, version: Version, otherwise: str) -> None:
        if not version.still_valid():
            # What was read for it may be wrong, and must not serve the next attempt.
            self._known.restart(b"")
            self._cache.clear()
            raise Moved(otherwise)

    def _query(
        self, asked: list[_Asked[T]], files: StoreFiles, version: Version, budget: ReadBudget
    ) -> list[QueryAnswer[T]]:
        self._cache.enter(version.epoch)
        pages = Pages(files, version, self._cache, budget)
        try:
            self._schema = read_schema(pages, self._schema)
            mark = SnapshotMark(version.epoch, version.frame, self._schema.meta)
            return [self._answer(one, mark, version, pages, self._schema) for one in asked]
        finally:
            pages.close()

    @staticmethod
    def _answer(asked: _Asked[T], mark: SnapshotMark, version: Version, pages: Pages, schema: Schema) -> QueryAnswer[T]:
        query, last = asked
        if last is not None and _same(last, mark, version):
            return last
        # A change of the schema shows in the mark.
        pages.touched = set()
        value = query(Snapshot(pages, schema))
        return QueryAnswer(value, mark, None if pages.touched is None else frozenset(pages.touched))


def _same(last: QueryAnswer[T], now: SnapshotMark, version: Version) -> bool:
    if (last.mark.epoch, last.mark.meta) != (now.epoch, now.meta):
        return False
    if last.mark.frame == now.frame:
        return True
    return last.pages is not None and all(version.frames.get(page, 0) <= last.mark.frame for page in last.pages)
