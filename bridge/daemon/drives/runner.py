"""Carries out what the drive machine decides: rows, requests, waits. It decides nothing itself."""

import logging
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

import anyio
from anyio.abc import TaskGroup

from bridge.daemon.ledger_writer import LedgerWriter, now_ms
from bridge.drive.evidence import Fact
from bridge.drive.machine import DriveSteps
from bridge.drive.record import DriveRecord, fact_body
from bridge.drive.steps import (
    Anchor,
    Anchored,
    AskApproval,
    AskJournal,
    Await,
    CancelAsked,
    CancelTurn,
    Candidate,
    ChannelLost,
    DeadlinePassed,
    Deliver,
    Done,
    DriveCommand,
    DriveEvent,
    Follow,
    GivenUp,
    Learned,
    Phase,
    RecordActing,
    RecordDeclined,
    RecordDoubt,
    RecordFact,
    RecordSettled,
    RecordTurn,
    TakeAnchor,
    Withheld,
)

MAILBOX_EVENTS = 256
REPLY_SLACK_S = 1.0

log = logging.getLogger("koru.runner")

EventSink = Callable[[DriveEvent], None]


class Channel(Protocol):
    """What can be asked of the side that acts. Everything it learns goes to `report`."""

    async def hold(self, record: DriveRecord, candidate: Candidate, report: EventSink) -> None:
        """Wait for the end of the session that acts; that is reported too."""

    def session_of(self, candidate: Candidate) -> str | None:
        """The id of the session that would act, None when it is not connected."""

    async def deliver(self, record: DriveRecord, candidate: Candidate, report: EventSink) -> bool:
        """Deliver and report the answer, in bounded time. True: more facts will follow."""

    async def lookup(self, record: DriveRecord, candidate: Candidate, report: EventSink) -> None: ...
    async def cancel(self, record: DriveRecord, candidate: Candidate) -> None: ...


class Witness(Protocol):
    """What can be asked of the side that observes."""

    async def anchor(self, record: DriveRecord, candidate: Candidate) -> Anchor: ...
    async def follow(self, record: DriveRecord, anchor: Anchor, report: Callable[[Fact], None]) -> None: ...
    def horizon_s(self, anchor: Anchor) -> float:
        """How long the store may take to show what the chat already did, in seconds."""


class Gate(Protocol):
    """What a person has to say. It hears of every row."""

    async def ask(self, record: DriveRecord, candidate: Candidate, report: EventSink) -> None: ...
    def usable(self, record: DriveRecord, candidate: Candidate) -> str | None:
        """The id of the approval for exactly what would be done now, None without one."""

    def apply(self, kind: str, at_ms: int, body: Mapping[str, Any], drive_id: str) -> None: ...


@dataclass(slots=True)
class OpenDrive:
    """A drive in progress: its record, its mailbox, and the two moments others wait for. What comes after the second
    decides nothing any more and goes to `late`."""

    record: DriveRecord
    late: Callable[[Fact], None]
    settled: anyio.Event = field(default_factory=anyio.Event)
    over: anyio.Event = field(default_factory=anyio.Event)
    events: deque[DriveEvent] = field(default_factory=deque)
    arrived: anyio.Event = field(default_factory=anyio.Event)
    dropped: int = 0

    def post(self, event: DriveEvent) -> None:
        """Never blocks; a flood is counted and dropped, for nothing honest sends that much about one drive."""
        if self.over.is_set():
            if isinstance(event, Learned):
                self.late(event.fact)
            return
        if len(self.events) >= MAILBOX_EVENTS and not isinstance(event, CancelAsked | GivenUp):
            self.dropped += 1
            return
        self.events.append(event)
        self.arrived.set()

    async def next(self) -> DriveEvent:
        while not self.events:
            self.arrived = anyio.Event()
            await self.arrived.wait()
        return self.events.popleft()


class Runner:
    """Runs one machine to its end."""

    def __init__(self, journal: LedgerWriter, channel: Channel, witness: Witness, gate: Gate) -> None:
        self._journal = journal
        self._channel = channel
        self._witness = witness
        self._gate = gate

    def attach(self, tasks: TaskGroup) -> None:
        """The task group in which an answer may arrive after its drive is over."""
        self._outlasting = tasks

    async def run(self, drive: OpenDrive, steps: DriveSteps) -> None:
        """Perform each command and send back its event, until the machine ends. Rows are written before it goes on."""
        async with anyio.create_task_group() as tasks:
            performance = _Performance(
                self._journal, self._channel, self._witness, self._gate, drive, tasks, self._outlasting
            )
            try:
                command = next(steps)
                while True:
                    command = steps.send(await performance.perform(command))
            except StopIteration:
                tasks.cancel_scope.cancel()
        drive.settled.set()
        drive.over.set()


class _Performance:
    def __init__(
        self,
        journal: LedgerWriter,
        channel: Channel,
        witness: Witness,
        gate: Gate,
        drive: OpenDrive,
        tasks: TaskGroup,
        outlasting: TaskGroup,
    ) -> None:
        self._journal = journal
        self._channel = channel
        self._witness = witness
        self._gate = gate
        self._drive = drive
        self._record = drive.record
        self._tasks = tasks
        self._outlasting = outlasting
        self._deadlines: dict[Phase, float] = {}
        self._attempts: list[anyio.CancelScope] = []

    async def perform(self, command: DriveCommand) -> DriveEvent:
        if isinstance(command, Await):
            return await self._next(command.phase)
        if isinstance(command, TakeAnchor):
            return Anchored(await self._witness.anchor(self._record, command.candidate))
        if isinstance(command, RecordActing):
            return await self._record_acting(command)
        await self._handlers[type(command)](self, command)
        return Done()

    async def _next(self, phase: Phase) -> DriveEvent:
        if phase not in self._deadlines:
            self._deadlines[phase] = anyio.current_time() + self._seconds(phase)
        with anyio.move_on_at(self._deadlines[phase]):
            return await self._drive.next()
        return DeadlinePassed()

    def _seconds(self, phase: Phase) -> float:
        params = self._record.params
        if phase == "approval":
            return max(self._record.expires_at_ms - now_ms(), 0) / 1000
        if phase == "reply":
            return self._witness.horizon_s(self._record.anchor) + REPLY_SLACK_S
        return (params.deadline_ms if phase == "submit" else params.wait_ms) / 1000

    async def _row(self, kind: str, body: dict[str, object], *, surely: bool = True) -> None:
        append = self._journal.append_surely if surely else self._journal.append
        body = await self._journal.redacted(body)
        row = await append(kind, body, self._record.drive_id)
        self._gate.apply(kind, row.at_ms, body, self._record.drive_id)
        self._record.apply(kind, row.at_ms, body)
        if kind == "settled":
            self._drive.settled.set()
        elif kind == "turn":
            self._drive.over.set()
        self._journal.announce(row)

    async def _ask_approval(self, command: AskApproval) -> None:
        await self._gate.ask(self._record, command.candidate, self._drive.post)

    async def _record_acting(self, command: RecordActing) -> DriveEvent:
        """The last look before anything is touched: cancelled, or no longer what was approved?"""
        candidate, anchor = command.candidate, command.anchor
        if self._record.cancelled:
            return CancelAsked()
        approval_id = self._gate.usable(self._record, candidate) if candidate.ask is not None else None
        if candidate.ask is not None and approval_id is None:
            return Withheld("approval_void", "what was approved is not what would be done now")
        body: dict[str, object] = {
            "interface": candidate.interface,
            "surface": candidate.surface,
            "best_grade": candidate.best_grade,
            "session": self._channel.session_of(candidate),
            "observer": anchor.observer,
            "cursor": anchor.cursor,
            "anchor_reason": anchor.reason,
        }
        if approval_id is not None:
            body["approval_id"] = approval_id
        await self._row("acting", body, surely=False)
        return Done()

    async def _act(self, command: Deliver) -> None:
        self._outlasting.start_soon(self._deliver, command.candidate)

    async def _follow(self, command: Follow) -> None:
        self._tasks.start_soon(self._attempt, self._watch, command.anchor)

    async def _attempt(self, work: Callable[..., Awaitable[None]], argument: object) -> None:
        """Work that ends when its candidate declined and the next one has its turn."""
        scope = anyio.CancelScope()
        self._attempts.append(scope)
        with scope:
            await work(argument)

    async def _deliver(self, candidate: Candidate) -> None:
        """Not cancelled with the drive: an answer that comes late is still told."""
        try:
            follows = await self._channel.deliver(self._record, candidate, self._drive.post)
            if follows and not self._drive.over.is_set():
                self._tasks.start_soon(self._channel.hold, self._record, candidate, self._drive.post)
        except Exception:
            log.exception("delivering %s failed inside the daemon", self._record.drive_id)
            self._drive.post(ChannelLost("a fault in the daemon"))

    async def _watch(self, anchor: Anchor) -> None:
        try:
            await self._witness.follow(self._record, anchor, lambda fact: self._drive.post(Learned(fact)))
        except Exception:  # a store that cannot be read costs the witness, not the drive
            log.exception("the store of %s cannot be watched any more", self._record.drive_id)

    async def _lookup(self, command: AskJournal) -> None:
        self._tasks.start_soon(self._channel.lookup, self._record, command.candidate, self._drive.post)

    async def _cancel_turn(self, command: CancelTurn) -> None:
        self._tasks.start_soon(self._channel.cancel, self._record, command.candidate)

    async def _record_declined(self, command: RecordDeclined) -> None:
        for attempt in self._attempts:
            attempt.cancel()
        interface = command.candidate.interface
        await self._row("declined", {"interface": interface, "blocker": command.blocker, "message": command.message})

    async def _record_fact(self, command: RecordFact) -> None:
        await self._row("fact", fact_body(command.fact, counted=command.counted))

    async def _record_settled(self, command: RecordSettled) -> None:
        verdict = command.verdict
        body: dict[str, object] = {"outcome": verdict.outcome, "reason": verdict.reason}
        if verdict.blocker is not None:
            body["blocker"] = verdict.blocker
        await self._row("settled", body)

    async def _record_doubt(self, command: RecordDoubt) -> None:
        await self._row("doubt", {"reason": command.reason})

    async def _record_turn(self, command: RecordTurn) -> None:
        body: dict[str, object] = {"state": command.state, "reason": command.reason}
        if command.reply is not None:
            body["reply"] = command.reply
        await self._row("turn", body)

    _handlers: ClassVar[dict[type, Callable[..., Awaitable[None]]]] = {
        Deliver: _act,
        AskApproval: _ask_approval,
        CancelTurn: _cancel_turn,
        Follow: _follow,
        AskJournal: _lookup,
        RecordDeclined: _record_declined,
        RecordDoubt: _record_doubt,
        RecordFact: _record_fact,
        RecordSettled: _record_settled,
        RecordTurn: _record_turn,
    }
