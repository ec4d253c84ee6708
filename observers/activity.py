"""What is new in a store since a cursor, by the ids of turns: a copied, compacted or rewritten chat is not news.

Works for any store that keeps sessions; an adapter says how to list them, scan one for ids, and read one.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from observers.base import Cursor, Delta, ObserverError, Reason, Role, Session, State, Store, Turn
from observers.known import Known, digest
from observers.regular_file import now_ms

# A turn of a session that appeared after the cursor was copied there if it is older by more than clocks may differ.
CLOCK_SLACK_MS = 120_000
# Nobody leaves a question unanswered for a day and still has that chat open.
ANSWER_MS = 24 * 3600 * 1000

_OPEN_TURNS = 512
_KEPT_SESSIONS = 16
_KEPT_SCANS = 100_000
SETTLE_DELAYS = (0.025, 0.05, 0.1)


@dataclass(frozen=True, slots=True)
class Source:
    """One session as its store keeps it. `stamp` changes with the content; None when that cannot be told right now."""

    key: str
    stamp: str | None
    modified_ms: int


@dataclass(slots=True)
class _Findings:
    new: list[Turn] = field(default_factory=list)
    changed: list[Turn] = field(default_factory=list)
    problems: list[ObserverError] = field(default_factory=list)


class Activity:
    """The part of an observer that is the same for all stores of sessions.

    `sources` lists the sessions, cheaply. `scan` yields at least every turn id a session holds, without understanding
    it. `read` gives its rows, oldest first. `freshness_s`: how long a turn may write nothing and still count as busy.
    """

    def __init__(
        self,
        sources: Callable[[Store], Sequence[Source]],
        scan: Callable[[Store, Source], Iterable[str]],
        read: Callable[[Store, Source], Sequence[Turn]],
        freshness_s: float,
    ) -> None:
        self._sources = sources
        self._scan = scan
        self._read = read
        self._freshness_ms = freshness_s * 1000
        self._lock = threading.Lock()
        self._digests: dict[Store, dict[tuple[str, str], bytes]] = {}
        self._scans: dict[Store, OrderedDict[str, tuple[str | None, frozenset[bytes]]]] = {}
        self._reads: OrderedDict[tuple[Store, str], tuple[str, tuple[Turn, ...] | ObserverError]] = OrderedDict()

    def cursor(self, store: Store) -> Cursor:
        """See `Observer.cursor`. A session whose ids cannot be had now gives no verdict past this cursor."""
        # A session that is away for a moment, between two steps of a rewrite, is known from before.
        known = Known(taken_ms=now_ms(), turns=self._seen(store))
        for source, stamp in self._stamped(store):
            key = digest(source.key)
            known.sources.add(key)
            try:
                known.turns |= self._scanned(store, source)
            except ObserverError:
                known.blind.add(key)
            if stamp is not None:
                known.stamps.add(stamp)
        return Cursor(store, known.dump())

    def since(self, store: Store, cursor: Cursor) -> Delta:
        """See `Observer.since`."""
        known = Known.load(cursor.token)
        sources = self._stamped(store)
        changed = [(source, stamp) for source, stamp in sources if stamp is None or stamp not in known.stamps]
        if not changed:
            return Delta(cursor)
        after = known.copy(now_ms())
        findings = _Findings()
        failed: set[str] = set()
        for source, _ in changed:
            try:
                rows = self._rows(store, source)
            except ObserverError as problem:
                findings.problems.append(problem)
                failed.add(source.key)
                continue
            _compare(known, after, source, rows, findings)
        # What could not be read is asked again from the new cursor, which still does not know it.
        after.sources.update(digest(source.key) for source, _ in changed if source.key not in failed)
        after.stamps = {stamp for source, stamp in sources if stamp is not None and source.key not in failed}
        return _delta(store, after, findings, len(sources))

    def sessions(self, store: Store) -> tuple[Session, ...]:
        """See `Observer.sessions`."""
        ordered = sorted(self._sources(store), key=lambda source: (source.modified_ms, source.key))
        return tuple(Session(store, source.key, source.modified_ms) for source in ordered)

    def turns(self, store: Store, session: str) -> tuple[Turn, ...]:
        """See `Observer.turns`. ObserverError `missing` for a session the store does not hold."""
        for source in self._sources(store):
            if source.key == session:
                return self._rows(store, source)
        raise ObserverError(Reason.MISSING, f"the store holds no session {session!r}", where=str(store.path))

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
        """Drops what is remembered between calls. Answers do not depend on it, only what they cost."""
        with self._lock:
            self._digests.clear()
            self._scans.clear()
            self._reads.clear()

    def _stamped(self, store: Store) -> list[tuple[Source, bytes | None]]:
        """The sessions, each with the digest of its state; of those that did not change, from memory."""
        before = self._digests.get(store, {})
        found = []
        for source in self._sources(store):
            stamp = None
            if source.stamp is not None:
                state = (source.key, source.stamp)
                stamp = before.get(state) or digest(*state)
            found.append((source, stamp))
        self._digests[store] = {(source.key, source.stamp): stamp for source, stamp in found if source.stamp and stamp}
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
        """Scans again while the session is written to: one that is being rewritten may lack ids for a moment."""
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
        age_ms = now_ms() - source.modified_ms
        return tuple(aged(row, age_ms, self._freshness_ms) for row in kept)

    def _remember(self, memory: tuple[Store, str], stamp: str, kept: tuple[Turn, ...] | ObserverError) -> None:
        with self._lock:
            self._reads[memory] = (stamp, kept)
            self._reads.move_to_end(memory)
            while len(self._reads) > _KEPT_SESSIONS:
                self._reads.popitem(last=False)


def aged(row: Turn, age_ms: float, freshness_ms: float) -> Turn:
    """The row as it may be believed when its session was last written `age_ms` ago: nobody is busy for ever."""
    limit = ANSWER_MS if row.state is State.NEEDS_INPUT else freshness_ms
    if row.state not in {State.WORKING, State.QUEUED, State.NEEDS_INPUT} or age_ms <= limit:
        return row
    return replace(row, state=State.UNKNOWN, reason=f"{row.state}, but nothing written for over {limit / 1000:.0f} s")


def _compare(known: Known, after: Known, source: Source, rows: Sequence[Turn], findings: _Findings) -> None:
    """Sorts the rows of one session into new and changed, and puts what was seen into `after`."""
    key = digest(source.key)
    turns: OrderedDict[str, list[Turn]] = OrderedDict()
    for row in rows:
        turns.setdefault(row.turn, []).append(row)
    newest_known: list[Turn] = []
    for turn, sides in turns.items():
        identity = digest(turn)
        if identity not in known.turns and key not in known.blind and not _copied(known, key, sides):
            findings.new.extend(sides)
            continue
        newest_known = []
        was = known.open.get(identity.hex())
        if was is None and sides[0].state.over:
            newest_known = sides
        elif was != _state_of(sides):
            findings.changed.extend(sides)
    # It may have ended since the cursor: what it looked like then was not read.
    findings.changed.extend(newest_known)
    _remember_open(after, turns)
    after.turns.update(digest(turn) for turn in turns)
    after.blind.discard(key)


def _copied(known: Known, key: bytes, sides: Sequence[Turn]) -> bool:
    if key in known.sources:
        return False
    written = [side.written_ms for side in sides if side.role is not Role.ASSISTANT and side.written_ms is not None]
    return bool(written) and min(written) < known.taken_ms - CLOCK_SLACK_MS


def _remember_open(after: Known, turns: OrderedDict[str, list[Turn]]) -> None:
    """What the turns that may still change looked like: those not over, and the newest."""
    newest = next(reversed(turns), None)
    for turn, sides in turns.items():
        name = digest(turn).hex()
        after.open.pop(name, None)
        if turn == newest or not sides[0].state.over:
            after.open[name] = _state_of(sides)
    while len(after.open) > _OPEN_TURNS:
        del after.open[next(iter(after.open))]


def _delta(store: Store, after: Known, findings: _Findings, sessions: int) -> Delta:
    hard = [problem for problem in findings.problems if not problem.transient]
    changed_schema = [problem for problem in hard if problem.reason is Reason.SCHEMA_CHANGED]
    if not findings.new and not findings.changed and (changed_schema or 0 < sessions == len(hard)):
        # One damaged chat among many says nothing about the others; a new format does.
        raise (changed_schema or hard)[0]
    return Delta(Cursor(store, after.dump()), tuple(findings.new), tuple(findings.changed), tuple(findings.problems))


def _state_of(sides: Sequence[Turn]) -> str:
    return digest(*(part for side in sides for part in (side.role, side.text, side.state, side.reason or ""))).hex()
