"""Runs recoveries for clients: planned, gated, recorded before and after, once under each id, and looked at again."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field

import anyio
from anyio import to_thread
from anyio.abc import TaskGroup

from bridge.clock import now_ms
from bridge.contained import contained
from bridge.daemon.ledger_writer import LedgerWriter
from bridge.daemon.operator.examiner import Examiner
from bridge.daemon.operator.recovery_list import recovery_view
from bridge.daemon.permissions import Permissions
from bridge.daemon.socket.connection import Connection
from bridge.doctor.run import Ran
from bridge.policy.approvals import action_sha
from bridge.protocol.answers import answers
from bridge.protocol.errors import BridgeError, Reason
from bridge.protocol.messages.approvals import ApprovalView
from bridge.protocol.messages.base import Empty, Role
from bridge.protocol.messages.recovery import (
    CheckedAgain,
    RecoveryRecordParams,
    RecoveryRunParams,
    RecoveryRunResult,
    RecoveryState,
)
from bridge.recovery.action import Action, ActionResult, Aim, Plan
from bridge.recovery.daemon import Daemon
from registry.model import Recovery

APPROVAL_MS = 600_000
RUNS_KEPT = 500
SAID_MOST = 50

log = logging.getLogger("koru.recoveries")


@dataclass(slots=True)
class _Run:
    """One run under its id: what was asked for, and what became of it."""

    params: RecoveryRunParams
    over: anyio.Event = field(default_factory=anyio.Event)
    begun: bool = False
    result: RecoveryRunResult | None = None


class Recoveries:
    """`actions` are those that the daemon runs; `registry` says what is risky and which checks look at it again. A run
    goes on in `tasks` when the client that asked for it has left."""

    def __init__(
        self,
        registry: Mapping[str, Recovery],
        actions: Mapping[str, Action[Daemon]],
        hands: Daemon,
        journal: LedgerWriter,
        permissions: Permissions,
        examiner: Examiner,
        tasks: TaskGroup,
    ) -> None:
        self._registry, self._actions, self._hands = registry, actions, hands
        self._journal, self._permissions = journal, permissions
        self._examiner, self._tasks = examiner, tasks
        self._runs: dict[str, _Run] = {}
        self._one = anyio.Lock()

    @answers("recovery/record")
    async def record(self, params: RecoveryRecordParams) -> Empty:
        """BridgeError LEDGER_UNWRITABLE."""
        body = {**params.model_dump(exclude_none=True, exclude={"phase"}), "by": "command"}
        row = await self._journal.append(f"recovery_{params.phase}", body)
        self._journal.announce(row)
        return Empty()

    @answers("recovery/run")
    async def run(self, params: RecoveryRunParams, connection: Connection) -> RecoveryRunResult:
        """BridgeError UNKNOWN_RECOVERY, NOT_PERMITTED, ID_CONFLICT, LEDGER_UNWRITABLE, and what the plan raises."""
        action, recovery = self._action(params.recovery)
        async with self._one:
            run = self._run(params)
            if not run.begun and run.result is None:
                stopped = await self._start(run, params, action, recovery, connection.role or "client")
                if stopped is not None:
                    return stopped
        await run.over.wait()
        if run.result is None:
            raise BridgeError(Reason.INTERNAL, "the recovery was cut short", hint="koru ledger tail")
        return run.result

    async def _start(
        self, run: _Run, params: RecoveryRunParams, action: Action[Daemon], recovery: Recovery, role: Role
    ) -> RecoveryRunResult | None:
        """Begin the run; or the result with which it stops before anything was done."""
        plan = await to_thread.run_sync(action.plan, self._hands, _aim(params), abandon_on_cancel=True)
        if plan.needless:
            return _result(params, "not_needed", (plan.needless,))
        if params.dry_run:
            return _result(params, "planned", plan.steps)
        if plan.operators_word and role != "operator":
            raise BridgeError(Reason.NOT_PERMITTED, f"{recovery.title}: only an operator knows that")
        self._keep(run)
        gate = await self._gate(run, recovery, plan)
        if isinstance(gate, RecoveryRunResult):
            return gate
        await self._begin(run, plan, gate, role)
        self._tasks.start_soon(self._carry_out, run, action, recovery, plan)
        return None

    def _run(self, params: RecoveryRunParams) -> _Run:
        """The run of that id, a new one where there is none. BridgeError ID_CONFLICT."""
        known = self._runs.get(params.run_id) or _Run(params)
        if _body(known.params) != _body(params):
            hint = "make a new id for another run; the same id always means the same"
            raise BridgeError(Reason.ID_CONFLICT, f"the id {params.run_id} was used for another run", hint=hint)
        return known

    def _action(self, name: str) -> tuple[Action[Daemon], Recovery]:
        recovery, action = self._registry.get(name), self._actions.get(name)
        if recovery is not None and action is not None:
            return action, recovery
        if recovery is None:
            raise BridgeError(Reason.UNKNOWN_RECOVERY, f"no recovery is called {name}", hint="koru recover list")
        hint = recovery_view(recovery).command or recovery.title
        raise BridgeError(Reason.NOT_PERMITTED, f"{name} is not run by the daemon", hint=hint)

    def _keep(self, run: _Run) -> None:
        self._runs[run.params.run_id] = run
        for old in [id_ for id_, each in self._runs.items() if each.over.is_set()][: len(self._runs) - RUNS_KEPT]:
            del self._runs[old]
        while len(self._runs) > 2 * RUNS_KEPT:  # runs whose approval is never decided
            del self._runs[next(iter(self._runs))]

    async def _gate(self, run: _Run, recovery: Recovery, plan: Plan) -> RecoveryRunResult | str | None:
        """The approval to use, None where none is needed, or the result with which the run stops here."""
        if recovery.risk == "none" or not plan.risky:
            return None
        params = run.params
        sha = action_sha(recovery=recovery.id, run_id=params.run_id, **plan.target)
        usable = self._permissions.usable_for(params.run_id, sha)
        if usable is not None:
            return usable
        approval = await self._permissions.ask_for(params.run_id, _asked(recovery, plan, sha))
        if approval.state == "denied":
            run.result = _result(params, "denied", ("a person denied it",))
            run.over.set()
            return run.result
        return _result(params, "waiting", plan.steps, approval=approval)

    async def _begin(self, run: _Run, plan: Plan, approval: str | None, role: Role) -> None:
        params = run.params
        told: dict[str, object] = {"run_id": params.run_id, "recovery": params.recovery, "said": list(plan.steps)}
        body = {**told, "by": role, **({"approval_id": approval} if approval else {})}
        with anyio.CancelScope(shield=True):
            row = await self._journal.append("recovery_begun", body)
            run.begun = True
            self._permissions.apply(row.kind, row.at_ms, body, params.run_id)
            self._journal.announce(row)

    async def _carry_out(self, run: _Run, action: Action[Daemon], recovery: Recovery, plan: Plan) -> None:
        params = run.params
        try:
            with contained("ending a recovery", params.run_id, foreseen=BridgeError) as held:
                run.result = await self._carried_out(params, action, recovery, plan)
            if isinstance(held.error, BridgeError):
                log.error("recovery %s (%s): %s", params.recovery, params.run_id, held.error.message)
                run.result = _result(params, "failed", (f"its end could not be recorded: {held.error.message}",))
            elif held.error is not None:
                run.result = _result(params, "failed", ("it ran, and a fault in the daemon hid how it ended",))
        finally:
            run.over.set()

    async def _carried_out(
        self, params: RecoveryRunParams, action: Action[Daemon], recovery: Recovery, plan: Plan
    ) -> RecoveryRunResult:
        done = await self._act(action, plan)
        said = done.said[:SAID_MOST]
        body = {"run_id": params.run_id, "recovery": params.recovery, "state": done.state, "said": list(said)}
        row = await self._journal.append("recovery_ended", body)
        self._journal.announce(row)
        again = await self._examiner.again(recovery.checks)
        return _result(params, done.state, said, tuple(map(_again, again)))

    async def _act(self, action: Action[Daemon], plan: Plan) -> ActionResult:
        with contained("running a recovery", action.ID, foreseen=BridgeError) as held:
            return await to_thread.run_sync(action.run, self._hands, plan, abandon_on_cancel=True)
        if isinstance(held.error, BridgeError):
            return ActionResult("failed", (held.error.message, *([held.error.hint] if held.error.hint else [])))
        return ActionResult("failed", ("a fault in the daemon; its log has more",))


def _body(params: RecoveryRunParams) -> RecoveryRunParams:
    return params.model_copy(update={"dry_run": False})


def _aim(params: RecoveryRunParams) -> Aim:
    return Aim(window=params.window, drive_id=params.drive_id)


def _asked(recovery: Recovery, plan: Plan, sha: str) -> dict[str, object]:
    """What an approval shows of a recovery."""
    return {
        "action_sha": sha,
        "action": "recover",
        "recovery": recovery.id,
        "interface": "",
        "surface": str(plan.target.get("surface") or plan.target.get("window") or ""),
        "ide": "",
        "folders": [],
        "text_chars": 0,
        "reason": "; ".join(plan.steps),
        "expires_at_ms": now_ms() + APPROVAL_MS,
    }


def _again(ran: Ran) -> CheckedAgain:
    return CheckedAgain(id=ran.check.id, state=ran.state, problems=[finding.problem for finding in ran.findings])


def _result(
    params: RecoveryRunParams,
    state: RecoveryState,
    said: tuple[str, ...],
    checks: tuple[CheckedAgain, ...] = (),
    approval: ApprovalView | None = None,
) -> RecoveryRunResult:
    return RecoveryRunResult(
        run_id=params.run_id,
        recovery=params.recovery,
        state=state,
        said=list(said),
        checks=list(checks),
        approval=approval,
    )
