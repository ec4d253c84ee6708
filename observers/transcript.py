"""Chats kept as logs of JSON objects, one a line: what is the same for every adapter of one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

from observers.activity import Activity
from observers.base import ObserverError, ObserverReason, State, Store, Turn, TurnRole
from observers.exchange import Exchange, encodable, rows, shaped
from observers.jsonl import Folds, parse
from observers.listing import Source
from observers.session_files import Layout, SessionFiles, file_of

_NEWEST = 8
REASON_MOST = 300


@dataclass(slots=True)
class Talk:
    """A chat as its log told it so far. `ids`: every turn id it ever held. `known`: how many lines were understood.

    `strange`: kinds of lines that are not known here.
    """

    exchanges: dict[str, Exchange] = field(default_factory=dict)
    ids: set[str] = field(default_factory=set)
    strange: set[str] = field(default_factory=set)
    known: int = 0

    def begin(
        self, turn: str, text: str, where: str, written_ms: int | None = None, role: TurnRole = TurnRole.USER
    ) -> Exchange:
        """The exchange of this id: a new one, the newest of the chat, unless the chat has it already."""
        turn = self.note(turn)
        if turn not in self.exchanges:
            self.exchanges[turn] = Exchange(turn, text, where, role, written_ms=written_ms)
        return self.exchanges[turn]

    def note(self, turn: object) -> str:
        """Remember an id, and give it as it can be encoded. TypeError for what is no text."""
        found = encodable(turn)
        self.ids.add(found)
        return found

    def drop(self, turn: str) -> None:
        """Take out a turn that the product removed from the chat; its id stays in `ids`."""
        self.exchanges.pop(turn, None)

    @property
    def newest(self) -> Exchange | None:
        return next(reversed(self.exchanges.values()), None)


T = TypeVar("T", bound=Talk)


class Transcripts(Generic[T]):
    """All that adapters of such logs share; an adapter adds what a line means.

    `line` takes in one entry. `finish` gives the exchanges as they stand, and may know more of a session than its log
    tells; it must not change the talk. `marks` is called with the store before sessions are listed. It reads what the
    store keeps beside the logs, and gives a function that completes one session by it (its workspace, its stamp), or
    gives None for one that does not count. `decode` makes an object of a line. `dated`: see `Activity`. `blank`: blank
    lines count, too.
    """

    def __init__(
        self,
        layout: Layout,
        start: Callable[[], T],
        line: Callable[[T, dict[str, Any], str], None],
        finish: Callable[[T, Store, Source], Iterable[Exchange]],
        freshness_s: float,
        marks: Callable[[Store], Callable[[Source], Source | None]] = lambda store: lambda source: source,
        *,
        decode: Callable[[bytes, str], object] = parse,
        dated: bool = True,
        blank: bool = False,
    ) -> None:
        self._line = line
        self._finish = finish
        self._logs: Folds[T] = Folds(start, self._fold, blank=blank)
        self._files = SessionFiles(layout)
        self._marks = marks
        self._decode = decode
        self.activity = Activity(self.sources, self._scan, self.read, freshness_s, one=self._one, dated=dated)

    def sources(self, store: Store) -> Sequence[Source]:
        """The sessions of a store, oldest write first."""
        mark = self._marks(store)
        return [marked for source in self._files.sources(store) if (marked := mark(source)) is not None]

    def _one(self, store: Store, path: Path) -> Source | None:
        source = self._files.one(store, path)
        return None if source is None else self._marks(store)(source)

    def fingerprint(self, store: Store) -> str:
        """`jsonl`, and the kinds of lines in the newest sessions that were unknown when this was written."""
        strange: set[str] = set()
        newest = self.sources(store)[-_NEWEST:]
        for source in newest:
            strange |= self._logs.read(file_of(source), _strange)
        return " ".join(["jsonl" if newest else "empty", *(f"+{kind}" for kind in sorted(strange))])

    def _scan(self, store: Store, source: Source) -> Iterable[str]:
        return self._logs.read(file_of(source), lambda talk: frozenset(talk.ids))

    def read(self, store: Store, source: Source) -> Sequence[Turn]:
        """The rows of a session, oldest first. ObserverError."""
        path = file_of(source)

        def render(talk: T) -> tuple[Turn, ...]:
            if talk.strange and not talk.known:
                message = f"no line is of a known kind, but {', '.join(sorted(talk.strange)[:5])}"
                raise ObserverError(ObserverReason.SCHEMA_CHANGED, message, where=str(path))
            with shaped(str(path)):
                return rows(store, source.key, self._finish(talk, store, source))

        return self._logs.read(path, render)

    def _fold(self, talk: T, offset: int, line: bytes, path: Path) -> None:
        where = f"{path}@{offset}"
        entry = self._decode(line, where)
        if not isinstance(entry, dict):
            raise ObserverError(ObserverReason.SCHEMA_CHANGED, "a line is not an object", where=where)
        with shaped(where):
            self._line(talk, entry, where)


def as_they_are(talk: Talk, store: Store, source: Source) -> Iterable[Exchange]:
    """The exchanges of a log that tells everything by itself."""
    return talk.exchanges.values()


def brief(text: object) -> str | None:
    """A message as a reason: its first line, not too long. None for anything but text."""
    if not isinstance(text, str) or not text.strip():
        return None
    return text.strip().split("\n")[0][:REASON_MOST]


def ended(exchange: Exchange, state: State, reason: str | None = None) -> None:
    """Give a turn this end, unless it has one: its first end stays."""
    if not exchange.state.over:
        exchange.become(state, reason)


def _strange(talk: Talk) -> frozenset[str]:
    return frozenset(talk.strange)
