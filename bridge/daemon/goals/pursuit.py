"""Carries out what the goal machine decides: checks, prompts, drives, questions, waits. It decides nothing itself.

Every event is written as a ledger row, its secrets redacted, before the machine is sent it. The machine is sent the
event as the row holds it, so a machine made after a restart can be sent the same events from the ledger.
"""

from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import assert_never

import anyio
from anyio import CapacityLimiter, to_thread

from bridge.clock import now_ms
from bridge.contained import contained
from bridge.daemon.goals.reply_reader import Reviewing
from bridge.daemon.goals.turn_follower import Quiet, TurnFollower
from bridge.daemon.ledger_writer import LedgerWriter
from bridge.drive.match import text_sha
from bridge.goals import machine, prompts, workspace
from bridge.goals.checks import run_checks
from bridge.goals.reading import question
from bridge.goals.record import KIND_OF, GoalRecord, body_of, event_of, limits_of
from bridge.goals.steps import (
    Answered,
    Ask,
    Broken,
    Checked,
    Decide,
    Draft,
    Drafted,
    Drive,
    Driven,
    GoalCommand,
    GoalEvent,
    Halted,
    Noted,
    Rejoin,
    Release,
    Released,
    Review,
    Reviewed,
    RunChecks,
    Spent,
    Stoppable,
    Unanswered,
    Wait,
    Waited,
)
from bridge.ledger.store import Row
from bridge.protocol.errors import BridgeError
from bridge.protocol.messages.chat import ChatTarget
from bridge.protocol.messages.drive import DriveStartParams, DriveView
from bridge.protocol.messages.goals import AnsweredBy
from bridge.protocol.messages.surfaces import SurfaceSelector

DEADLINE_MS = 90_000
NOT_KEPT = "a secret in it is never written down, so it is gone with the daemon that had it; start a new goal"


@dataclass(slots=True)
class OpenGoal:
    """A goal in progress. GoalService sets `halted`, `resumed` and `answered` when a client calls; `kept` is set when
    the answer's row is on disk, or when the goal is stopped."""

    record: GoalRecord
    halted: anyio.Event = field(default_factory=anyio.Event)
    resumed: anyio.Event = field(default_factory=anyio.Event)
    answered: anyio.Event = field(default_factory=anyio.Event)
    kept: anyio.Event = field(default_factory=anyio.Event)
    answer: str | None = None
    drafted: Drafted | None = None


class Clock:
    """Milliseconds that a goal has worked, `spent_ms` of them before a restart. Stopped while a person is asked a
    question, and while the goal is paused."""

    def __init__(self, spent_ms: int) -> None:
        self._before = spent_ms
        self._since: float | None = anyio.current_time()

    def ms(self) -> int:
        running = 0.0 if self._since is None else anyio.current_time() - self._since
        return self._before + int(running * 1000)

    def stop(self) -> None:
        self._before, self._since = self.ms(), None

    def go_on(self) -> None:
        self._since = anyio.current_time()


class Pursuit:
    """One goal's run to its end. `tell` is called after every change: with the row, or None where no row was written.

    `limiter` bounds the worker threads of all goals that run checks or look at a workspace.
    """

    def __init__(
        self,
        goal: OpenGoal,
        journal: LedgerWriter,
        follower: TurnFollower,
        reading: Reviewing,
        limiter: CapacityLimiter,
        tell: Callable[[OpenGoal, Row | None], None],
    ) -> None:
        self._goal = goal
        self._record = goal.record
        self._journal = journal
        self._follower = follower
        self._reading = reading
        self._limiter = limiter
        self._tell = tell
        self._folder = Path(goal.record.workspace)
        self._looked: workspace.WorkspaceScan | None = None
        self._changed: list[str] = []
        self._clock = Clock(goal.record.spent.ms)

    async def run(self) -> None:
        """Return after the decision that ends the goal. The machine is first sent the events that the ledger holds."""
        past = deque(self._record.events)
        steps = machine.pursue(limits_of(self._record.terms))
        with contained("pursuing a goal", self._record.goal_id, foreseen=StopIteration) as held:
            command = next(steps)
            while True:
                event = past.popleft() if past else await self._perform(command)
                if isinstance(event, Drafted):
                    self._goal.drafted = event
                command = steps.send(event)
        if not isinstance(held.error, StopIteration):
            await self._decide(Decide("stop", self._record.turn, "a fault in the daemon; see its log", "failed"))

    async def _perform(self, command: GoalCommand) -> GoalEvent:
        if isinstance(command, Decide):
            return await self._decide(command)
        if self._record.halting is None and isinstance(command, Draft):
            await self._while_paused()
        event: GoalEvent | None = None
        if self._record.halting is None:
            event = await self._unless_halted(command)
        if event is None:
            event = Halted(self._record.halting or "stopped")
        return await self._took(event)

    async def _unless_halted(self, command: Stoppable) -> GoalEvent | None:
        """The command's event, or None when a person stopped the goal meanwhile: the command is cancelled then, and its
        drive abandoned within 10 s."""
        result: list[GoalEvent] = []

        async def work() -> None:
            result.append(await self._carry_out(command))
            tasks.cancel_scope.cancel()

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(work)
            await self._goal.halted.wait()
            tasks.cancel_scope.cancel()
        if result:
            return result[0]
        if isinstance(command, Drive | Rejoin | Ask) and self._record.drive_id is not None:
            with anyio.CancelScope(shield=True), anyio.move_on_after(10):
                await self._follower.abandon(self._record.drive_id)
        return None

    async def _carry_out(self, command: Stoppable) -> GoalEvent:
        match command:
            case RunChecks(turn):
                return await self._run_checks(turn)
            case Draft():
                return await self._draft(command)
            case Drive():
                return await self._drive(command)
            case Rejoin(turn):
                return await self._rejoin(turn)
            case Review():
                return await self._review(command)
            case Ask():
                return await self._ask(command)
            case Wait():
                return await self._wait(command)
            case Release(turn):
                return await self._release(turn)
            case _:
                assert_never(command)

    async def _took(self, event: GoalEvent) -> GoalEvent:
        spent = event.spent
        total = self._record.spent
        counted = Spent(self._clock.ms(), total.tokens + spent.tokens, total.microdollars + spent.microdollars)
        kind = KIND_OF[type(event)]
        body = await self._journal.redacted(body_of(replace(event, spent=counted)))
        await self._row(kind, body)
        if isinstance(event, Answered):
            self._goal.kept.set()
        return event_of(kind, body)

    async def _row(self, kind: str, body: dict[str, object]) -> None:
        row = await self._journal.append_surely(kind, body, self._record.goal_id)
        self._record.apply(kind, row.at_ms, body)
        self._tell(self._goal, row)

    def _doing(self, activity: str) -> None:
        if self._record.activity != activity:
            self._record.activity = activity
            self._tell(self._goal, None)

    async def _decide(self, command: Decide) -> GoalEvent:
        self._record.activity = "goes on"
        spent = replace(self._record.spent, ms=self._clock.ms())
        body: dict[str, object] = {"decision": command.decision, "turn": command.turn, "reason": command.reason}
        if command.cause is not None:
            body["cause"] = command.cause
        body["spent"] = {"ms": spent.ms, "tokens": spent.tokens, "microdollars": spent.microdollars}
        await self._row("goal_decided", await self._journal.redacted(body))
        return Noted(spent)

    async def _while_paused(self) -> None:
        while self._record.paused and self._record.halting is None:
            self._clock.stop()
            self._record.state = "paused"
            self._doing("is paused")
            self._goal.resumed = anyio.Event()
            await self._goal.resumed.wait()
            self._record.state = "running"
            self._clock.go_on()

    # --- what the machine asks for -----------------------------------------------------------------------------------

    async def _run_checks(self, turn: int) -> GoalEvent:
        self._doing("runs the checks")
        terms = self._record.terms
        if not await to_thread.run_sync(self._folder.is_dir):
            return Broken("blocked", f"there is no folder {self._folder} to run the checks in")
        hidden = [terms.reviewer.key_env] if terms.reviewer and terms.reviewer.key_env else []
        before = await self._look()
        if self._looked is not None:
            differs = partial(workspace.summary, self._folder, self._looked, before)
            self._changed = await to_thread.run_sync(differs, limiter=self._limiter, abandon_on_cancel=True)
        results = await run_checks(terms.checks, self._folder, hidden=hidden, limiter=self._limiter)
        self._looked = await self._look()
        return Checked(turn, results, before.state, self._looked.state)

    async def _look(self) -> workspace.WorkspaceScan:
        look = partial(workspace.look, self._folder, self._record.terms.checks, self._record.protected)
        return await to_thread.run_sync(look, limiter=self._limiter, abandon_on_cancel=True)

    async def _draft(self, command: Draft) -> GoalEvent:
        self._doing("words the prompt")
        terms = self._record.terms
        if not self._record.whole:
            return Broken("blocked", f"the goal cannot go on: {NOT_KEPT}")
        word = partial(
            prompts.word,
            command,
            goal=terms.text,
            notes=terms.notes,
            changed=self._changed,
            folder=Path(terms.prompts) if terms.prompts else None,
        )
        try:
            text = await to_thread.run_sync(word)
        except BridgeError as error:
            return Broken("failed", f"{error.message} ({error.where})")
        self._goal.drafted = drafted = Drafted(command.turn, text, text_sha(text))
        return drafted

    async def _drive(self, command: Drive) -> GoalEvent:
        self._doing("drives the prompt")
        record, terms = self._record, self._record.terms
        drive_id = f"{record.goal_id}.{command.turn}"
        drafted, text = self._goal.drafted, command.text
        if drafted is not None and drafted.text_sha != text_sha(text) and not await self._follower.known(drive_id):
            return Broken("blocked", f"the prompt cannot be sent: {NOT_KEPT}")
        record.drive_id = drive_id
        left = max(terms.budget.ms - self._clock.ms(), 1000)
        target = ChatTarget()
        if terms.chat == "new":
            target = ChatTarget(chat_id=record.chat_id) if record.chat_id else ChatTarget(new_chat=True)
        params = DriveStartParams(
            drive_id=drive_id,
            text=text,
            selector=SurfaceSelector(window=record.surface, via=record.interface or terms.selector.via),
            target=target,
            deadline_ms=DEADLINE_MS,
            wait_ms=min(terms.turn_ms, left),
        )
        if not await self._follower.known(drive_id):
            refused = await self._follower.begin(params)
            if refused is not None:
                return replace(refused, turn=command.turn)
        return await self._follow(command.turn, drive_id)

    async def _follow(self, turn: int, drive_id: str) -> GoalEvent:
        quiet = Quiet(self._record.terms.quiet_ms, lambda: workspace.look(self._folder).state)
        end = await self._follower.follow(drive_id, self._record.terms.approve, quiet, self._told)
        self._record.approval = None
        return replace(end, turn=turn)

    def _told(self, view: DriveView) -> None:
        self._record.chat_id = view.chat_id or self._record.chat_id
        self._record.approval = view.approval
        waits = {None: "looks for proof of the submit", "waiting": "waits for the end of the turn"}
        state = view.turn.state if view.turn else None
        self._doing(
            f"needs an approval: koru approvals show {view.approval}" if view.approval else waits.get(state, "")
        )

    async def _rejoin(self, turn: int) -> GoalEvent:
        self._doing("waits for the end of the turn")
        drive_id = f"{self._record.goal_id}.{turn}"
        if isinstance(self._last_driven(), Driven) and self._last_driven().still:
            return await self._follow(turn, drive_id)
        return replace(await self._follower.rejoin(drive_id, self._record.terms.turn_ms / 1000), turn=turn)

    def _last_driven(self) -> Driven:
        return next(event for event in reversed(self._record.events) if isinstance(event, Driven))

    async def _review(self, command: Review) -> GoalEvent:
        self._doing("reads the reply")
        by_rules = Reviewed(command.turn, "rules", question(command.reply))
        if self._record.terms.reviewer is None:
            return by_rules
        read = await self._reading.review(self._record, command)
        if read.problem is None:
            return read
        return replace(by_rules, problem=read.problem, spent=read.spent)

    async def _ask(self, command: Ask) -> GoalEvent:
        self._doing("waits for an answer")
        self._clock.stop()
        try:
            return await self._asked(command)
        finally:
            self._clock.go_on()

    async def _asked(self, command: Ask) -> GoalEvent:
        record = self._record
        if record.question is None:
            at = now_ms()
            body: dict[str, object] = {
                "question_id": f"q{record.asked + 1}",
                "kind": command.kind,
                "text": command.text,
                "asked_at_ms": at,
                "expires_at_ms": at + record.terms.answer_ms,
            }
            self._goal.answer, self._goal.answered, self._goal.kept = None, anyio.Event(), anyio.Event()
            await self._row("goal_asked", await self._journal.redacted(body))
        elif record.state != "asking":  # asked before a restart
            record.state = "asking"
            self._tell(self._goal, None)
        if record.question is None:
            raise RuntimeError("a question was asked, and is not there")
        by: list[AnsweredBy] = []
        with anyio.move_on_after(max(record.question.expires_at_ms - now_ms(), 0) / 1000):
            async with anyio.create_task_group() as tasks:

                async def until(event: Callable[[], Awaitable[object]], who: AnsweredBy) -> None:
                    await event()
                    by.append(who)
                    tasks.cancel_scope.cancel()

                tasks.start_soon(until, self._goal.answered.wait, "operator")
                if command.kind == "pending" and record.drive_id is not None:
                    tasks.start_soon(until, partial(self._follower.answered_there, record.drive_id), "ide")
        if not by:
            return Unanswered(command.turn)
        return Answered(command.turn, by[0], self._goal.answer if by[0] == "operator" else None)

    async def _wait(self, command: Wait) -> GoalEvent:
        self._doing(f"waits: {command.reason}")
        until = self._record.wakes_at_ms
        if until is None:
            until = now_ms() + command.ms
            body: dict[str, object] = {"until_ms": until, "why": command.why, "reason": command.reason}
            await self._row("goal_waiting", await self._journal.redacted(body))
        self._record.state = "waiting"
        while True:
            left = until - now_ms()
            if left <= 0:
                return Waited()
            await anyio.sleep(min(left / 1000, 30))  # the wall clock may be set meanwhile

    async def _release(self, turn: int) -> GoalEvent:
        self._doing("frees the chat from its question")
        drive_id = self._record.drive_id
        return Released(turn, drive_id is not None and await self._follower.release(drive_id))
