"""What is new in a store since a cursor, by the ids of turns: copying, compacting or rewriting a chat makes none new.

Works for any store that keeps sessions; an adapter says how to list them, scan one for ids, and read one.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

from observers.base import ChatSession, Cursor, Delta, ObserverError, ObserverReason, State, Store, Turn, TurnRole
from observers.clock import now_ms
from observers.known import Known, digest
from observers.listing import Listing, Source

__all__ = ["Activities", "Activity", "Source", "aged"]

# A turn of a session that appeared after the cursor was copied there if it is older by more than clocks may differ.
CLOCK_SLACK_MS = 120_000
# A question that was not answered for a day counts as left: its chat is hardly still open.
ANSWER_MS = 24 * 3600 * 1000
# A session that rested for this long is not scanned for a cursor: the times of its turns tell what comes later.
RESTED_MS = 24 * 3600 * 1000

_OPEN_TURNS = 512
_KEPT_SESSIONS = 16
_KEPT_SCANS = 100_000
SETTLE_DELAYS = (0.025, 0.05, 0.1)


@dataclass(slots=True)
class _Findings:
    new: list[Turn] = field(default_factory=list)
    changed: list[Turn] = field(default_factory=list)
    problems: list[ObserverError] = field(default_factory=list)


class Activity:
    """The part of an observer that is the same for all stores of sessions.

    `sources` lists the sessions, cheaply. `scan` yields at least every turn id a session holds, without understanding
    it. `read` gives its rows, oldest first. `freshness_s`: how long a turn may write nothing and still count as busy.
    `one` gives the session that a changed file belongs to, None where only listing everything can tell. `dated`: every
    prompt carries the product's own time, so that sessions at rest need not be scanned.
    """

    def __init__(
        self,
        sources: Callable[[Store], Sequence[Source]],
        scan: Callable[[Store, Source], Iterable[str]],
        read: Callable[[Store, Source], Sequence[Turn]],
        freshness_s: float,
        *,
        one: Callable[[Store, Path], Source | None] | None = None,
        dated: bool = False,
    ) -> None:
        self._sources = sources
        self._scan = scan
        self._read = read
        self._freshness_ms = freshness_s * 1000
        self._one = one
        self._dated = dated
        self._lock = threading.Lock()
        self._listings: dict[Store, Listing] = {}
        self._scans: dict[Store, OrderedDict[str, tuple[str | None, frozenset[bytes]]]] = {}
        self._reads: OrderedDict[tuple[Store, str], tuple[str, tuple[Turn, ...] | ObserverError]] = OrderedDict()

    def cursor(self, store: Store) -> Cursor:
        """See `Observer.cursor`. A session whose ids cannot be read now never has new turns past this cursor."""
        # A session that is away for a moment, between two steps of a rewrite, is known from before.
        known = Known(now_ms())
        known.turns.update(self._seen(store))
        with self._listed(store) as listing:
            sources = list(listing.sources.values())
            names, known.stamps = dict(listing.names), listing.stamps()
        known.sources.update(names.values())
        for source in sources:
            if self._dated and source.modified_ms < known.taken_ms - RESTED_MS:
                known.old.add(names[source.key])
                continue
            try:
                known.turns.update(self._scanned(store, source))
            except ObserverError:
                known.blind.add(names[source.key])
        return Cursor(store, known.dump())

    def since(self, store: Store, cursor: Cursor, touched: Collection[Path] | None = None) -> Delta:
        """See `Observer.since`."""
        known = Known.load(cursor.token)
        with self._listed(store, touched) as listing:
            changed = listing.unknown(known.stamps)
            if not changed:
                return Delta(cursor)
            stamped = {source.key: listing.stamp(source.key) for source in changed}
            stamps, sessions = listing.stamps(), len(listing.sources)
            names = {source.key: listing.names[source.key] for source in changed}
        after = known.copy(now_ms())
        findings = _Findings()
        for source in changed:
            try:
                rows = self._rows(store, source)
            except ObserverError as problem:
                findings.problems.append(problem)
                # What could not be read is asked again from the new cursor, which still does not know it.
                stamps.discard(stamped[source.key] or b"")
                continue
            _compare(known, after, names[source.key], rows, findings)
            after.sources.update({names[source.key]})
        after.stamps = stamps
        return _delta(store, after, findings, sessions)

    def sessions(self, store: Store) -> tuple[ChatSession, ...]:
        """See `Observer.sessions`."""
        with self._listed(store) as listing:
            ordered = sorted(listing.sources.values(), key=lambda source: (source.modified_ms, source.key))
        return tuple(
            ChatSession(store, source.key, source.modified_ms, source.workspace or store.workspace)
            for source in ordered
        )

    def turns(self, store: Store, session: str) -> tuple[Turn, ...]:
        """See `Observer.turns`. ObserverError `missing` for a session the store does not hold."""
        if (known := self._again(store, session)) is not None:
            return self._rows(store, known)
        for source in self._sources(store):
            if source.key == session:
                return self._rows(store, source)
        raise ObserverError(ObserverReason.MISSING, f"the store holds no session {session!r}", where=str(store.path))

    def _again(self, store: Store, session: str) -> Source | None:
        """A session that was listed before, as it is now; alone, or reading all sessions would list all each time."""
        with self._lock:
            listing = self._listings.get(store)
            before = None if listing is None else listing.sources.get(session)
        if before is None or before.file is None or self._one is None:
            return None
        now = self._one(store, Path(before.file))
        return now if now is not None and now.key == session else None

    def health(self, store: Store, newest: int = 8) -> tuple[ObserverError, ...]:
        """See `Observer.health`. Reads at most the `newest` sessions."""
        problems: list[ObserverError] = []
        try:
            found = sorted(self._sources(store), key=lambda source: source.modified_ms)[-newest:]
        except ObserverError as problem:
            return (problem,)
        for source in found:
            try:
                self._rows(store, source)
            except ObserverError as problem:
                if not problem.transient:
                    problems.append(problem)
        return tuple(problems)

    def forget(self) -> None:
        """Drop what is remembered between calls. It only saves work: answers stay the same."""
        with self._lock:
            self._listings.clear()
            self._scans.clear()
            self._reads.clear()

    @contextmanager
    def _listed(self, store: Store, touched: Collection[Path] | None = None) -> Iterator[Listing]:
        """The store's listing, up to date, and locked for this thread while the block runs."""
        found = self._touched(store, touched)
        try:
            everything = self._sources(store) if found is None else ()
        except ObserverError:
            # What changed meanwhile was not seen: the next look must be at everything.
            with self._lock:
                self._listings.pop(store, None)
            raise
        with self._lock:
            listing = self._listings.setdefault(store, Listing())
            for source in found or ():
                listing.put(source)
            if found is None:
                listing.replace(everything)
            yield listing

    def _touched(self, store: Store, paths: Collection[Path] | None) -> list[Source] | None:
        """The sessions these files belong to; None when one of them cannot be told, or the store was never listed."""
        if paths is None or self._one is None or store not in self._listings:
            return None
        found = []
        for path in paths:
            if (source := self._one(store, path)) is None:
                return None
            found.append(source)
        return found

    def _scanned(self, store: Store, source: Source) -> frozenset[bytes]:
        """The ids of a session, from memory where its stamp is the same. What was once seen in it stays known."""
        with self._lock:
            kept = self._scans.get(store)
            stamp, ids = (None, frozenset()) if kept is None else kept.get(source.key, (None, frozenset()))
        if source.stamp is not None and stamp == source.stamp:
            return ids
        ids |= {digest(turn) for turn in self._scan_settled(store, source)}
        with self._lock:
            scans = self._scans.setdefault(store, OrderedDict())
            scans[source.key] = (source.stamp, ids)
            scans.move_to_end(source.key)
            while len(scans) > _KEPT_SCANS:
                scans.popitem(last=False)
        return ids

    def _seen(self, store: Store) -> set[bytes]:
        with self._lock:
            return set().union(*(ids for _, ids in self._scans.get(store, {}).values()))

    def _scan_settled(self, store: Store, source: Source) -> set[str]:
        """Scans again while the session is written to: a session that is being rewritten may lack ids for a moment."""
        found: set[str] = set()
        for delay in (*SETTLE_DELAYS, None):
            try:
                again = set(self._scan(store, source))
            except ObserverError as problem:
                if delay is None or not problem.transient:
                    raise
            else:
                if source.stamp is not None or delay is None or (found and again <= found):
                    return found | again
                found |= again
            time.sleep(delay)
        raise AssertionError("unreachable")

    def _rows(self, store: Store, source: Source) -> tuple[Turn, ...]:
        memory = (store, source.key)
        with self._lock:
            stamp, kept = self._reads.get(memory, (None, ()))
        if source.stamp is None or stamp != source.stamp:
            try:
                kept = tuple(self._read(store, source))
            except ObserverError as problem:
                kept = problem
            if source.stamp is not None and not (isinstance(kept, ObserverError) and kept.transient):
                self._remember(memory, source.stamp, kept)
        if isinstance(kept, ObserverError):
            raise kept
        lived_ms = max(source.modified_ms, source.alive_ms or 0)
        return tuple(aged(row, now_ms() - lived_ms, self._freshness_ms) for row in kept)

    def _remember(self, memory: tuple[Store, str], stamp: str, kept: tuple[Turn, ...] | ObserverError) -> None:
        with self._lock:
            self._reads[memory] = (stamp, kept)
            self._reads.move_to_end(memory)
            while len(self._reads) > _KEPT_SESSIONS:
                self._reads.popitem(last=False)


class Activities:
    """For a product that keeps chats in several formats: `of` gives the Activity for a store's format."""

    def __init__(self, of: Callable[[Store], Activity]) -> None:
        self._of = of

    def cursor(self, store: Store) -> Cursor:
        """See `Observer.cursor`."""
        return self._of(store).cursor(store)

    def since(self, store: Store, cursor: Cursor, touched: Collection[Path] | None = None) -> Delta:
        """See `Observer.since`."""
        return self._of(store).since(store, cursor, touched)

    def sessions(self, store: Store) -> tuple[ChatSession, ...]:
        """See `Observer.sessions`."""
        return self._of(store).sessions(store)

    def turns(self, store: Store, session: str) -> tuple[Turn, ...]:
        """See `Observer.turns`."""
        return self._of(store).turns(store, session)

    def health(self, store: Store) -> tuple[ObserverError, ...]:
        """See `Observer.health`."""
        return self._of(store).health(store)


def aged(row: Turn, age_ms: float, freshness_ms: float) -> Turn:
    """The row as it counts when its session last showed life `age_ms` ago: unfinished for too long is unknown."""
    limit = ANSWER_MS if row.state is State.NEEDS_INPUT else freshness_ms
    if row.state not in {State.WORKING, State.QUEUED, State.NEEDS_INPUT}:
        return row
    if age_ms <= limit:
        return replace(row, until_ms=round(now_ms() - age_ms + limit))
    return replace(row, state=State.UNKNOWN, reason=f"{row.state}, but nothing written for over {limit / 1000:.0f} s")


def _compare(known: Known, after: Known, key: bytes, rows: Sequence[Turn], findings: _Findings) -> None:
    """Sorts the rows of one session into new and changed, and puts what was seen into `after`."""
    turns: OrderedDict[str, list[Turn]] = OrderedDict()
    for row in rows:
        turns.setdefault(row.turn, []).append(row)
    newest_known: list[Turn] = []
    for turn, sides in turns.items():
        identity = _identity(turn)
        if identity not in known.turns and key not in known.blind and not _was_there(known, key, sides):
            findings.new.extend(sides)
            continue
        newest_known = []
        was = known.open.get(identity.hex())
        if was is None and sides[0].state.over:
            newest_known = sides
        elif was != _state_of(sides):
            findings.changed.extend(sides)
    # The newest known turn may have ended since the cursor: its state at the cursor was not read.
    findings.changed.extend(newest_known)
    _remember_open(after, turns)
    after.turns.update(map(_identity, turns))
    after.blind.discard(key)
    after.old.discard(key)


def _was_there(known: Known, key: bytes, sides: Sequence[Turn]) -> bool:
    """A turn of unknown id that is older than the cursor: copied with its session, or of a session that was at rest."""
    if key in known.sources and key not in known.old:
        return False
    written = [side.written_ms for side in sides if side.role is not TurnRole.ASSISTANT and side.written_ms is not None]
    if not written:
        # Without a time, a turn of a session that was not looked into counts as there before.
        return key in known.old
    return min(written) < known.taken_ms - CLOCK_SLACK_MS


def _remember_open(after: Known, turns: OrderedDict[str, list[Turn]]) -> None:
    """What the turns that may still change looked like: those not over, and the newest."""
    newest = next(reversed(turns), None)
    for turn, sides in turns.items():
        name = _identity(turn).hex()
        after.open.pop(name, None)
        if turn == newest or not sides[0].state.over:
            after.open[name] = _state_of(sides)
    while len(after.open) > _OPEN_TURNS:
        del after.open[next(iter(after.open))]


def _delta(store: Store, after: Known, findings: _Findings, sessions: int) -> Delta:
    hard = [problem for problem in findings.problems if not problem.transient]
    changed_schema = [problem for problem in hard if problem.reason is ObserverReason.SCHEMA_CHANGED]
    if not findings.new and not findings.changed and (changed_schema or 0 < sessions == len(hard)):
        # One damaged chat among many says nothing about the others; a new format does.
        raise (changed_schema or hard)[0]
    return Delta(Cursor(store, after.dump()), tuple(findings.new), tuple(findings.changed), tuple(findings.problems))


@lru_cache(maxsize=1 << 14)
def _identity(turn: str) -> bytes:
    return digest(turn)


def _state_of(sides: Sequence[Turn]) -> str:
    return digest(*(part for side in sides for part in (side.role, side.text, side.state, side.reason or ""))).hex()
