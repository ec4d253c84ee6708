"""The side that observes: anchors before an act, and facts of grade witness after it. It never acts."""

import logging
import time
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

import anyio
from anyio import CapacityLimiter, to_thread

from bridge.chats.fault import Fault, fault_of
from bridge.daemon.changes import Changes
from bridge.daemon.drives.claims import Claims
from bridge.daemon.drives.questions import Asked, Questions
from bridge.daemon.drives.surfaces import Surfaces
from bridge.drive.evidence import Fact
from bridge.drive.match import text_sha
from bridge.drive.record import DriveRecord
from bridge.drive.steps import Anchor, Candidate
from bridge.protocol.messages.base import FactKind, TurnState
from bridge.protocol.messages.initialize import StoreHint
from observers.base import Cursor, Delta, Observer, ObserverError, State, Store, Turn

ANCHOR_S = 5.0
READERS = 2
REPLY_MAX_CHARS = 200_000
DEFAULT_HORIZON_S = 60.0

KIND_OF_STATE: dict[State, FactKind] = {
    State.QUEUED: "queued",
    State.WORKING: "turn_started",
    State.NEEDS_INPUT: "needs_input",
    State.DONE: "turn_ended",
    State.ERROR: "turn_failed",
    State.RATE_LIMITED: "turn_failed",
    State.INTERRUPTED: "turn_failed",
}

TURN_OF_KIND: dict[FactKind, TurnState] = {
    "needs_input": "needs_input",
    "turn_ended": "completed",
    "turn_failed": "turn_failed",
}

log = logging.getLogger("koru.watch")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Shown:
    """A drive's turn as its store shows it. `resets_at_ms`: when a rate limit ends, milliseconds since 1970."""

    state: TurnState
    reason: str | None = None
    reply: str | None = None
    limited: bool = False
    resets_at_ms: int | None = None


class Witnesses:
    """Reads the stores that plugins name, with the observers of the catalogue, READERS at the same time.

    `on_fault` is told when a drive's store cannot be read, `on_fault_over` when it can again.
    """

    def __init__(
        self,
        observers: Mapping[str, Observer],
        surfaces: Surfaces,
        changes: Changes,
        on_fault: Callable[[Fault], None],
        on_fault_over: Callable[[Fault], None],
    ) -> None:
        self._observers = observers
        self._surfaces = surfaces
        self._changes = changes
        self._readers = CapacityLimiter(READERS)
        self._claims: dict[Path, Claims] = {}
        self._horizons: dict[str, float] = {}
        self._questions = Questions()
        self._on_fault, self._on_fault_over = on_fault, on_fault_over

    def horizon_s(self, anchor: Anchor) -> float:
        """How long the store may take to show what the chat already did, in seconds; 0 where there is no store."""
        return self._horizons.get(anchor.cursor or "", DEFAULT_HORIZON_S) if anchor.observer else 0.0

    async def anchor(self, record: DriveRecord, candidate: Candidate) -> Anchor:
        """Where the surface's store stands now. Without a store there is a reason instead, and no witness."""
        hint = self._surfaces.store(candidate.surface)
        observer = self._observers.get(hint.store) if hint else None
        if hint is None or observer is None:
            return Anchor(
                reason="nobody names the store of this chat" if hint is None else f"no observer is called {hint.store}"
            )
        try:
            with anyio.fail_after(ANCHOR_S):
                cursor = await self._read(_cursor, observer, hint)
                self._horizons[cursor.dump()] = await self._read(observer.flush_horizon, cursor.store)
                target = record.params.target
                asked = await self._read(self._questions.pending, candidate.surface, target, observer, cursor.store)
        except ObserverError as error:
            return Anchor(reason=str(error))
        except TimeoutError:
            return Anchor(reason=f"the store could not be read within {ANCHOR_S:g} s")
        if asked is not None:
            return Anchor(reason=f"{asked}; answer it in the IDE, or use --new-chat", blocker="needs_input_pending")
        return Anchor(hint.store, cursor.dump())

    async def shows(self, record: DriveRecord) -> bool | None:
        """Does a turn with this drive's text stand past its anchor? None when that cannot be seen."""
        delta = await self._past_anchor(record)
        return None if delta is None else any(text_sha(prompt.text) == record.text_sha for prompt in delta.prompts)

    async def turn_now(self, record: DriveRecord) -> Shown | None:
        """A drive's turn as the store shows it now; None when it shows none."""
        delta = await self._past_anchor(record)
        own = [prompt for prompt in delta.prompts if text_sha(prompt.text) == record.text_sha] if delta else []
        return _shown(delta, own[-1]) if delta and own else None

    async def _past_anchor(self, record: DriveRecord) -> Delta | None:
        """What the store shows past the drive's anchor; None where it cannot be read within ANCHOR_S."""
        observer = self._observers.get(record.anchor.observer or "")
        if observer is None or record.anchor.cursor is None:
            return None
        cursor = Cursor.load(record.anchor.cursor)
        try:
            with anyio.fail_after(ANCHOR_S):
                return await self._read(observer.since, cursor.store, cursor)
        except (ObserverError, TimeoutError):
            return None

    def note_question(self, record: DriveRecord) -> None:
        """Keep further prompts from a chat whose turn asks: called before anyone is told that the turn is over."""
        if record.turn_state == "needs_input" and record.anchor.observer and record.anchor.cursor:
            shown = record.evidence.at_least("witness", "needs_input")
            stale_until = 0.0 if shown else time.monotonic() + self.horizon_s(record.anchor)
            cursor = Cursor.load(record.anchor.cursor)
            asked = Asked(cursor, record.text_sha, record.evidence.chat_id, stale_until)
            self._questions.note(record.surface, asked)

    async def follow(self, record: DriveRecord, anchor: Anchor, report: Callable[[Fact], None]) -> None:
        """Report what the store shows of this drive's turn, until cancelled."""
        observer = self._observers.get(anchor.observer or "")
        if observer is None or anchor.cursor is None:
            return
        cursor = Cursor.load(anchor.cursor)
        self._horizons.setdefault(anchor.cursor, await self._read(observer.flush_horizon, cursor.store))
        claims = self._claims.setdefault(cursor.store.path, Claims())
        claims.add(record.drive_id, record.text_sha)
        try:
            paths = await self._read(observer.watch_paths, cursor.store)
            async with self._changes.watch(paths) as change:
                await self._observe(observer, cursor, claims, record, report, change.wait)
        finally:
            self._release(claims, record, self.horizon_s(anchor))

    async def _observe(
        self,
        observer: Observer,
        cursor: Cursor,
        claims: Claims,
        record: DriveRecord,
        report: Callable[[Fact], None],
        changed: Callable[[], Awaitable[Collection[Path] | None]],
    ) -> None:
        told: set[tuple[FactKind, str | None]] = set()
        complaint: Fault | None = None
        touched: Collection[Path] | None = None
        while True:
            try:
                delta = await self._read(observer.since, cursor.store, cursor, touched)
            except ObserverError as error:
                if complaint is None and not error.transient:
                    log.warning("drive %s cannot be witnessed for now: %s", record.drive_id, error)
                    complaint = fault_of(observer.ID, error, cursor.store)
                    self._on_fault(complaint)
            else:
                if complaint is not None:
                    self._on_fault_over(complaint)
                    complaint = None
                for fact in _facts(delta, claims, record.drive_id, anyio.current_time()):
                    if (fact.kind, fact.reply) not in told:
                        told.add((fact.kind, fact.reply))
                        report(fact)
            touched = await changed()

    def _release(self, claims: Claims, record: DriveRecord, horizon: float) -> None:
        """A drive that touched nothing owes its claim to no turn. Any other keeps it for two horizons: one for its own
        turn to be written, one because a younger drive's anchor may itself be one horizon old and lie before that
        turn. The time in which an anchor is taken comes on top."""
        refused = record.verdict is not None and record.verdict.outcome == "refused"
        if refused or (record.state == "acting" and not record.evidence.facts):
            claims.drop(record.drive_id)
        else:
            claims.expire(record.drive_id, anyio.current_time() + 2 * horizon + ANCHOR_S)

    async def _read(self, function: Callable[..., T], *arguments: object) -> T:
        return await to_thread.run_sync(partial(function, *arguments), limiter=self._readers, abandon_on_cancel=True)


def _cursor(observer: Observer, hint: StoreHint) -> Cursor:
    store: Store = observer.at(Path(hint.path))
    return observer.cursor(store)


def _shown(delta: Delta, prompt: Turn) -> Shown | None:
    kind = KIND_OF_STATE.get(prompt.state)
    if kind is None:
        return None
    answer = delta.reply(prompt)
    limited = prompt.state is State.RATE_LIMITED
    return Shown(
        TURN_OF_KIND.get(kind, "waiting"),
        prompt.reason,
        answer.text[:REPLY_MAX_CHARS] if answer else None,
        limited,
        prompt.resets_ms if limited else None,
    )


def _facts(delta: Delta, claims: Claims, drive_id: str, now: float) -> Iterator[Fact]:
    """The facts of this drive's own turn among all that is new."""
    for prompt in delta.prompts:
        sha = text_sha(prompt.text)
        if claims.owner((prompt.session, prompt.turn), sha, now) == drive_id:
            yield from _facts_of(delta, prompt, sha)


def _facts_of(delta: Delta, prompt: Turn, sha: str) -> Iterator[Fact]:
    def fact(kind: FactKind, detail: str | None = None, reply: str | None = None) -> Fact:
        at_ms = prompt.written_ms or prompt.observed_ms
        source = prompt.store.observer
        return Fact(kind, "witness", source, at_ms, sha, prompt.session, prompt.evidence, detail, reply)

    if prompt.state is not State.QUEUED:
        yield fact("submitted")
    kind = KIND_OF_STATE.get(prompt.state)
    if kind is None:
        return
    answer = delta.reply(prompt)
    reply = answer.text[:REPLY_MAX_CHARS] if answer is not None and kind == "turn_ended" else None
    yield fact(kind, prompt.reason, reply)
