"""Carries out what the drive machine decides: rows, requests, waits. It decides nothing itself."""

import logging
from collections.abc import Awaitable, Callable
from typing import assert_never

import anyio
from anyio.abc import TaskGroup

from bridge.clock import now_ms
from bridge.contained import contained
from bridge.daemon.drives.channel import ChannelOf
from bridge.daemon.drives.open_drive import OpenDrive
from bridge.daemon.drives.rows import acting_body, row_of
from bridge.daemon.drives.witnesses import Witnesses
from bridge.daemon.ledger_writer import LedgerWriter
from bridge.daemon.permissions import Permissions
from bridge.drive.machine import DriveSteps
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
    Learned,
    Phase,
    RecordActing,
    RecordDeclined,
    RecordDoubt,
    Recorded,
    RecordFact,
    RecordSettled,
    RecordTurn,
    TakeAnchor,
    Withheld,
)
from bridge.ledger.store import Row
from bridge.protocol.errors import BridgeError
from observers.base import ObserverError

REPLY_SLACK_S = 1.0

log = logging.getLogger("koru.runner")


_Append = Callable[[str, dict[str, object], str], Awaitable[Row]]


class Runner:
    """Runs machines of drives. `outlasting` is the task group in which an answer may come after its drive is over."""

    def __init__(
        self,
        journal: LedgerWriter,
        channel_of: ChannelOf,
        witnesses: Witnesses,
        permissions: Permissions,
        outlasting: TaskGroup,
    ) -> None:
        self.journal, self.channel_of = journal, channel_of
        self.witnesses, self.permissions = witnesses, permissions
        self.outlasting = outlasting

    async def run(self, drive: OpenDrive, steps: DriveSteps) -> None:
        """Perform each command and send back its event, until the machine ends. Rows are written before it goes on.

        Raises LEDGER_UNWRITABLE where the row before the act is not taken; nothing was touched then.
        """
        unwritable: BridgeError | None = None
        async with anyio.create_task_group() as tasks:
            performance = _Performance(self, drive, tasks)
            try:
                command = next(steps)
                while True:
                    command = steps.send(await performance.perform(command))
            except StopIteration:
                tasks.cancel_scope.cancel()
            except BridgeError as error:  # a task group would make a group of it, which no caller foresees
                unwritable = error
                tasks.cancel_scope.cancel()
        if unwritable is not None:
            raise unwritable
        drive.settled.set()
        drive.over.set()


class _Performance:
    """One machine's run. `tasks` end with it."""

    def __init__(self, runner: Runner, drive: OpenDrive, tasks: TaskGroup) -> None:
        self._journal, self._channel_of = runner.journal, runner.channel_of
        self._witnesses, self._permissions = runner.witnesses, runner.permissions
        self._outlasting, self._tasks = runner.outlasting, tasks
        self._drive, self._record = drive, drive.record
        self._deadlines: dict[Phase, float] = {}
        self._attempts: list[anyio.CancelScope] = []

    async def perform(self, command: DriveCommand) -> DriveEvent:
        """The event that answers the command. Raises LEDGER_UNWRITABLE where nothing was touched yet."""
        record, post = self._record, self._drive.post
        match command:
            case Await(phase):
                return await self._next(phase)
            case TakeAnchor(candidate):
                return Anchored(await self._witnesses.anchor(record, candidate))
            case RecordActing(candidate, anchor):
                return await self._record_acting(candidate, anchor)
            case AskApproval(candidate):
                await self._permissions.ask(record, candidate, post)
            case Follow(anchor):
                self._tasks.start_soon(self._attempt, self._watch, anchor)
            case Deliver(candidate):
                self._drive.answered = anyio.Event()
                self._outlasting.start_soon(self._deliver, candidate)
            case AskJournal(candidate):
                self._tasks.start_soon(self._channel_of(candidate).lookup, record, candidate, post)
            case CancelTurn(candidate):
                self._tasks.start_soon(self._channel_of(candidate).cancel, record, candidate)
            case RecordDeclined() | RecordFact() | RecordSettled() | RecordTurn() | RecordDoubt():
                await self._write(command)
            case _:
                assert_never(command)
        return Done()

    # --- waiting -----------------------------------------------------------------------------------------------------

    async def _next(self, phase: Phase) -> DriveEvent:
        """The next event. A phase has one deadline, however often it is waited in."""
        if phase not in self._deadlines:
            self._deadlines[phase] = anyio.current_time() + self._seconds(phase)
        with anyio.move_on_at(self._deadlines[phase]):
            return await self._drive.next()
        return DeadlinePassed()

    def _seconds(self, phase: Phase) -> float:
        params = self._record.params
        match phase:
            case "approval":
                return max(self._record.expires_at_ms - now_ms(), 0) / 1000
            case "submit":
                return params.deadline_ms / 1000
            case "turn":
                return params.wait_ms / 1000
            case "reply":
                return self._witnesses.horizon_s(self._record.anchor) + REPLY_SLACK_S
            case _:
                assert_never(phase)

    # --- rows --------------------------------------------------------------------------------------------------------

    async def _record_acting(self, candidate: Candidate, anchor: Anchor) -> DriveEvent:
        """The last look before anything is touched: cancelled, or no longer what was approved?"""
        if self._record.cancelled:
            return CancelAsked()
        approval_id = self._permissions.usable(self._record, candidate) if candidate.ask is not None else None
        if candidate.ask is not None and approval_id is None:
            return Withheld("approval_void", "what was approved is not what would be done now")
        session = self._channel_of(candidate).session_of(candidate)
        body = acting_body(candidate, anchor, session, approval_id)
        # Nothing is touched yet, so a disk that does not take the row ends the drive instead of delaying it.
        await self._row("acting", body, self._journal.append)
        return Done()

    async def _write(self, command: Recorded) -> None:
        if isinstance(command, RecordDeclined):
            for attempt in self._attempts:
                attempt.cancel()
        await self._row(*row_of(command), self._journal.append_surely)

    async def _row(self, kind: str, body: dict[str, object], append: _Append) -> None:
        """Write a row, then let those who wait and those who listen know of it, in this order: who is told can ask."""
        body = await self._journal.redacted(body)
        row = await append(kind, body, self._record.drive_id)
        self._permissions.apply(kind, row.at_ms, body, self._record.drive_id)
        self._record.apply(kind, row.at_ms, body)
        if kind == "settled":
            self._drive.settled.set()
        elif kind == "turn":
            self._witnesses.note_question(self._record)
            self._drive.over.set()
        self._journal.announce(row)

    # --- acting and observing ----------------------------------------------------------------------------------------

    async def _attempt(self, work: Callable[[Anchor], Awaitable[None]], anchor: Anchor) -> None:
        """Work that ends when its candidate declined and the next one has its turn."""
        scope = anyio.CancelScope()
        self._attempts.append(scope)
        with scope:
            await work(anchor)

    async def _deliver(self, candidate: Candidate) -> None:
        """Not cancelled with the drive: an answer that comes late is still told."""
        channel, record, post = self._channel_of(candidate), self._record, self._drive.post
        answered = self._drive.answered
        with contained("delivering a drive", record.drive_id) as held:
            try:
                follows = await channel.deliver(record, candidate, post)
            finally:
                answered.set()
            if follows and not self._drive.over.is_set():
                self._tasks.start_soon(channel.hold, record, candidate, post)
        if held.error is not None:
            post(ChannelLost("a fault in the daemon"))

    async def _watch(self, anchor: Anchor) -> None:
        """A store that cannot be read costs the drive its witness, and nothing else."""
        drive_id = self._record.drive_id
        with contained("watching the store of a drive", drive_id, foreseen=ObserverError) as held:
            await self._witnesses.follow(self._record, anchor, lambda fact: self._drive.post(Learned(fact)))
        if isinstance(held.error, ObserverError):
            log.warning("the store of %s cannot be watched any more: %s", drive_id, held.error)
