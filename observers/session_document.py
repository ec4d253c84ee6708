"""Chats kept each as one JSON file that its product rewrites: what is the same for every adapter of those."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from observers.activity import Activity
from observers.base import ObserverError, ObserverReason, Store, Turn
from observers.exchange import Exchange, rows
from observers.jsonl import read_whole
from observers.listing import Source
from observers.session_files import Layout, SessionFiles, file_of
from observers.vscode_data import same_workspace

_NEWEST = 8


class Documents:
    """All that adapters of such files share; an adapter adds what its JSON value means.

    `exchanges` takes the JSON value and its session; any field of another shape is `schema_changed`. `marks` is called
    with the store before sessions are listed. It reads what the store keeps beside the files, and gives a function that
    completes one session by it (its workspace, its stamp), or gives None for one that does not count.
    `dated`: every prompt carries the product's own time.
    """

    def __init__(
        self,
        layout: Layout,
        exchanges: Callable[[object, Source], Iterable[Exchange]],
        freshness_s: float,
        *,
        marks: Callable[[Store], Callable[[Source], Source | None]] = lambda store: lambda source: source,
        dated: bool = False,
    ) -> None:
        self._files = SessionFiles(layout)
        self._exchanges = exchanges
        self._marks = marks
        self.activity = Activity(self.sources, self._scan, self._read, freshness_s, one=self._one, dated=dated)

    def sources(self, store: Store) -> Sequence[Source]:
        """The sessions of a store, oldest write first."""
        mark = self._mark(store)
        return [marked for source in self._files.sources(store) if (marked := mark(source)) is not None]

    def fingerprint(self, store: Store) -> str:
        """`json` where the newest sessions are understood; `empty` without one."""
        newest = self.sources(store)[-_NEWEST:]
        for source in newest:
            self._read(store, source)
        return "json" if newest else "empty"

    def _one(self, store: Store, path: Path) -> Source | None:
        source = self._files.one(store, path)
        return None if source is None else self._mark(store)(source)

    def _mark(self, store: Store) -> Callable[[Source], Source | None]:
        mark = self._marks(store)

        def of_folder(source: Source) -> Source | None:
            marked = mark(source)
            if marked is None or store.workspace is None or marked.workspace is None:
                return marked
            return marked if same_workspace(marked.workspace, store.workspace) else None

        return of_folder

    def _scan(self, store: Store, source: Source) -> Iterable[str]:
        return {turn.turn for turn in self._read(store, source)}

    def _read(self, store: Store, source: Source) -> Sequence[Turn]:
        path = file_of(source)
        value = read_whole(path)
        try:
            return rows(store, source.key, self._exchanges(value, source))
        except (AttributeError, KeyError, TypeError, ValueError, IndexError) as error:
            message = f"a field has another shape: {type(error).__name__} {error}"
            raise ObserverError(ObserverReason.SCHEMA_CHANGED, message, where=str(path)) from error
