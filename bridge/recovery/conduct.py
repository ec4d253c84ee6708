"""Carries out an action of the command: row first, then the act, then the row of its end, then the doctor's checks."""

from collections.abc import Iterable
from dataclasses import dataclass

from bridge.doctor.catalogue import CHECKS
from bridge.doctor.run import Ran, examine
from bridge.doctor.scene import Scene
from bridge.protocol.errors import BridgeError
from bridge.recovery import book
from bridge.recovery.action import Action, ActionResult, Plan
from bridge.recovery.machine import CommandMachine

CHECK_S = 15.0


@dataclass(frozen=True, slots=True)
class Conducted:
    """How an action ended, and what the doctor's checks say after it. `unrecorded`: why a ledger row is missing."""

    result: ActionResult
    checks: tuple[Ran, ...] = ()
    unrecorded: str = ""


def conduct(
    action: Action[CommandMachine], hands: CommandMachine, plan: Plan, run_id: str, checks: Iterable[str]
) -> Conducted:
    """Do what was planned. BridgeError, with nothing done, when the row before cannot be written: unless the plan is
    `even_unrecorded`. An action that raises BridgeError has failed, which its row says."""
    try:
        book.write(run_id, action.ID, "begun", plan.steps)
        unrecorded = ""
    except BridgeError as error:
        if not plan.even_unrecorded:
            raise
        unrecorded = _missing("begun", error)
    try:
        result = action.run(hands, plan)
    except BridgeError as error:
        result = ActionResult("failed", (error.message, *([error.hint] if error.hint else [])))
    except BaseException:
        _write(run_id, action.ID, "ended", ("it was cut short",), "failed")
        raise
    unrecorded = _write(run_id, action.ID, "ended", result.said, result.state) or unrecorded
    return Conducted(result, again(checks), unrecorded)


def _write(run_id: str, recovery: str, phase: str, said: tuple[str, ...], state: str | None = None) -> str:
    """Why the row is not in the ledger; empty when it is."""
    try:
        book.write(run_id, recovery, phase, said, state)
    except BridgeError as error:
        return _missing(phase, error)
    return ""


def _missing(phase: str, error: BridgeError) -> str:
    return f"not in the ledger ({phase}): {error.message}"


def again(checks: Iterable[str]) -> tuple[Ran, ...]:
    """What these checks of the doctor say now, in 15 s at most."""
    chosen = [CHECKS[each] for each in checks]
    return examine(chosen, Scene(ask_seconds=CHECK_S * 0.6), CHECK_S).ran if chosen else ()
