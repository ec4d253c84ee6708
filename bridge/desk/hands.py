"""What an operator asks of the desktop directly: inject, rehearse, calibrate, stop.

An injection has a ledger row on disk before it acts, and one after it. A rehearsal and a calibration have none.
"""

import secrets
from collections.abc import Awaitable, Callable, Mapping
from functools import partial

from anyio import to_thread

from bridge.desk.calibrating import CalibrationRequest, calibrate
from bridge.desk.calibration import CalibrationStore
from bridge.desk.channel import unsent
from bridge.desk.desk import Desk
from bridge.desk.injecting import InjectionRequest, Performed, perform
from bridge.desk.rehearsing import rehearse
from bridge.desk.targets import aimed, window_of
from bridge.desk.turns import Turns
from bridge.drive.match import text_sha
from bridge.drive.windows import Addressed
from bridge.protocol.answers import answers
from bridge.protocol.errors import BridgeError, Reason
from bridge.protocol.messages.desk import (
    DeskCalibrateParams,
    DeskCalibrateResult,
    DeskInjectParams,
    DeskInjectResult,
    DeskStep,
    DeskStopResult,
    DeskTarget,
    InjectionLevel,
)
from bridge.protocol.prompt import check_prompt
from injectors.base import (
    Click,
    Declined,
    EnterWithheld,
    FoundTarget,
    InjectionError,
    Inserted,
    InsertMethod,
    Level,
    Lost,
    Restored,
    Stop,
    Submitted,
    Target,
)
from registry.model import Interface

CALIBRATE_S = 90.0
LEVELS: Mapping[Level, InjectionLevel] = {
    Level.SENT: "sent",
    Level.DELIVERED: "delivered",
    Level.VERIFIED: "verified",
}
Write = Callable[[str, dict[str, object]], Awaitable[None]]
Find = Callable[[str], list[Addressed]]


class Hands:
    """`find` gives the windows behind a surface's key, a window's id or an IDE's; `write` makes a row of the ledger."""

    def __init__(
        self,
        desk: Desk,
        turns: Turns,
        interfaces: Mapping[str, Interface],
        calibrations: CalibrationStore,
        find: Find,
        write: Write,
    ) -> None:
        self._desk, self._turns, self._interfaces = desk, turns, interfaces
        self._calibrations, self._find, self._write = calibrations, find, write

    @answers("desk/inject")
    async def inject(self, params: DeskInjectParams) -> DeskInjectResult:
        """Inject, or with `dry_run` rehearse. What the desktop refuses is an outcome of the result, no error.

        BridgeError for a text that cannot be sent, an interface that is not known or cannot run, and a surface that is
        not one window.
        """
        check_prompt(params.text)
        await self._desk.refresh(certainly=True)
        interface = self._interface(params.via)
        name = f"inject-{secrets.token_hex(4)}"
        steps: list[DeskStep] = []
        seconds = params.deadline_ms / 1000
        try:
            with self._turns.stoppable(name) as stop:
                order = await self._order(params)
                if params.dry_run:
                    await self._turns.run(partial(self._rehearse, interface, order, stop, steps), stop, seconds)
                    return DeskInjectResult(outcome="rehearsed", steps=steps, interface=interface.id)
                await self._write("inject_acting", _asked(name, interface, params))
                work = partial(self._perform, interface, order, stop, steps)
                result = _answer(interface, await self._turns.run(work, stop, seconds), steps)
        except InjectionError as error:
            result = _refused(interface, error, steps)
        if not params.dry_run:
            done = {"inject_id": name, "outcome": result.outcome, "level": result.level, "blocker": result.blocker}
            await self._write("inject_done", {key: value for key, value in done.items() if value is not None})
        return result

    @answers("desk/calibrate")
    async def calibrate(self, params: DeskCalibrateParams) -> DeskCalibrateResult:
        """Find a chat's input and keep where it is. Takes the focus, may click, types nothing; 90 s at most.

        BridgeError where window or input cannot be found, or product and version are not known.
        """
        await self._desk.refresh(certainly=True)
        interface = self._interface(None)
        wanted = self._wanted(params)
        try:
            with self._turns.stoppable(f"calibrate-{secrets.token_hex(4)}") as stop:
                injector = self._desk.injector(interface.adapter or "")
                work = partial(calibrate, injector, self._desk.environment, wanted, stop)
                found, picture = await self._turns.run(work, stop, CALIBRATE_S)
        except InjectionError as error:
            raise _bridge_error(error) from error
        path = await to_thread.run_sync(self._calibrations.save, found, picture)
        return DeskCalibrateResult(
            product=found.product,
            version=found.version,
            file=str(path),
            width=found.width,
            height=found.height,
            picture=str(path.with_suffix(".png")) if picture else None,
            role=found.field.role if found.field else None,
            name=found.field.name if found.field else None,
            left=found.click.left if found.click else None,
            from_bottom=found.click.from_bottom if found.click else None,
            copyable=found.copyable,
        )

    @answers("desk/stop")
    async def stop(self) -> DeskStopResult:
        """Stop every injection, those of drives too. `running` names those that were not over after 5 s."""
        stopped, running = await self._turns.trip_all("koru stop")
        return DeskStopResult(stopped=stopped, running=running)

    def _perform(self, interface: Interface, order: InjectionRequest, stop: Stop, steps: list[DeskStep]) -> Performed:
        def tell(step: object) -> None:
            steps.append(_step(step))

        return perform(self._desk.injector(interface.adapter or ""), self._desk.environment, order, stop, tell)

    def _rehearse(self, interface: Interface, order: InjectionRequest, stop: Stop, steps: list[DeskStep]) -> None:
        found = rehearse(self._desk.injector(interface.adapter or ""), order, stop)
        steps += [DeskStep(step=step.step, state=step.state, detail=step.detail) for step in found]

    def _interface(self, via: str | None) -> Interface:
        """The interface asked for, else the best that can run here. BridgeError UNKNOWN_INTERFACE, TOOL_MISSING."""
        known = [i for i in self._interfaces.values() if i.probe == "injector" and i.status == "built"]
        if via is not None and via not in {i.id for i in known}:
            hint = f"one of: {', '.join(i.id for i in known)}"
            raise BridgeError(Reason.UNKNOWN_INTERFACE, f"no built injector is called {via}", hint=hint)
        asked = [i for i in known if via in (None, i.id)]
        able = [i for i in asked if self._desk.lack(i) is None]
        if not able:
            lacks = "\n".join(f"  {i.id}: {self._desk.lack(i)}" for i in asked)
            hint = "koru doctor; the daemon acts on the desktop it was started in"
            raise BridgeError(Reason.TOOL_MISSING, f"nothing can act on this desktop:\n{lacks}", hint=hint)
        return max(able, key=lambda i: (i.drives, i.authority))

    async def _order(self, params: DeskInjectParams) -> InjectionRequest:
        settings = self._desk.settings
        return InjectionRequest(
            text=params.text,
            target=await to_thread.run_sync(self._target, params.target),
            submit=params.submit,
            at_least=settings.submit_at_least,
            method=InsertMethod(params.method),
            guard=settings.operator_guard,
            panic_key=settings.panic_key,
        )

    def _target(self, target: DeskTarget) -> Target:
        """A surface's calibrated input, or the window as the operator describes it. Blocking."""
        addressed = self._addressed(target)
        return _described(target) if addressed is None else aimed(addressed, self._calibrations)

    def _addressed(self, target: DeskTarget) -> Addressed | None:
        if target.surface is None:
            return None
        found = self._find(target.surface)
        if len(found) != 1:
            reason = Reason.AMBIGUOUS_SURFACE if found else Reason.UNKNOWN_SURFACE
            hint = "koru status lists windows; or give app=, title=, pid= or window="
            raise BridgeError(reason, f"{len(found) or 'no'} windows are called {target.surface}", hint=hint)
        return found[0]

    def _wanted(self, params: DeskCalibrateParams) -> CalibrationRequest:
        addressed = self._addressed(params.target)
        product = params.product or (addressed.product if addressed else None)
        version = params.version or (addressed.version if addressed else None)
        if not product or not version:
            hint = "--product and --version, as the IDE calls them"
            raise BridgeError(Reason.USAGE, "say of which product and version this window is", hint=hint)
        if (params.left is None) != (params.from_bottom is None):
            raise BridgeError(Reason.INVALID_PARAMS, "left and from_bottom go together", where="left")
        click = (
            Click(params.left, params.from_bottom)
            if params.left is not None and params.from_bottom is not None
            else None
        )
        try:
            target = window_of(addressed) if addressed else _described(params.target)
        except Declined as error:
            raise _bridge_error(error) from error
        pointer = None if params.pointer_after_ms is None else params.pointer_after_ms / 1000
        return CalibrationRequest(product, version, target, click, pointer, params.copyable)


def _described(target: DeskTarget) -> Target:
    pids = frozenset() if target.pid is None else frozenset({target.pid})
    return Target(pids=pids, app=target.app, title=target.title, window=target.window)


def _asked(name: str, interface: Interface, params: DeskInjectParams) -> dict[str, object]:
    """The body of the row that is written before anything is touched. It holds the text's hash and length only."""
    return {
        "inject_id": name,
        "interface": interface.id,
        "target": params.target.model_dump(exclude_none=True),
        "text_sha": text_sha(params.text),
        "text_chars": len(params.text),
        "submit": params.submit,
    }


def _answer(interface: Interface, performed: Performed, steps: list[DeskStep]) -> DeskInjectResult:
    level = LEVELS[(performed.submitted or performed.inserted).level]
    withheld = performed.withheld
    if withheld is not None:
        return DeskInjectResult(
            outcome="withheld",
            steps=steps,
            interface=interface.id,
            level=level,
            blocker=str(withheld.blocker),
            message=unsent(withheld, performed),
            hint=withheld.hint,
        )
    outcome = "submitted" if performed.submitted else "inserted"
    return DeskInjectResult.model_validate(
        {"outcome": outcome, "steps": steps, "interface": interface.id, "level": level}
    )


def _refused(interface: Interface, error: InjectionError, steps: list[DeskStep]) -> DeskInjectResult:
    return DeskInjectResult(
        outcome="lost" if isinstance(error, Lost) else "declined",
        steps=[*steps, DeskStep(step="refusal", state="refused", detail=error.message)],
        interface=interface.id,
        blocker=str(error.blocker),
        message=error.message,
        hint=error.hint,
    )


def _step(step: object) -> DeskStep:
    match step:
        case FoundTarget():
            detail = f"{step.window:#x} '{step.title}' of {step.app}, process {step.pid}"
            return DeskStep(step="window", state="done", detail=detail)
        case Inserted():
            said = (f"{step.method} of {step.characters} characters, {step.level.name.lower()}", *step.notes)
            return DeskStep(step="insert", state="done", detail="; ".join(said))
        case Submitted():
            return DeskStep(step="submit", state="done", detail="; ".join((step.level.name.lower(), *step.notes)))
        case EnterWithheld():
            return DeskStep(step="submit", state="refused", detail=f"{step.blocker}: {step.message}")
        case Restored():
            left = "text of ours stays in the field" if step.text_left else "no unsent text of ours stays"
            detail = "; ".join((f"clipboard {step.clipboard}", left, *step.notes))
            return DeskStep(step="restore", state="done", detail=detail)
        case _:
            return DeskStep(step="note", state="done", detail=str(step))


def _bridge_error(error: InjectionError) -> BridgeError:
    return BridgeError(Reason.UNKNOWN_SURFACE, error.message, where=str(error.blocker), hint=error.hint)
