"""Ends the connection of a window's plugin. It connects again by itself, and what was lost in between is looked up."""

from bridge.recovery.action import ActionResult, Aim, Plan
from bridge.recovery.daemon import Daemon, window_of

ID = "reconnect_plugin"
BACK_S = 30.0


def plan(hands: Daemon, aim: Aim) -> Plan:
    window = window_of(hands.windows, aim)
    return Plan(
        (f"end the connection of {window}, and wait for it to come back",),
        {"window": window.window_id, "epoch": window.epoch},
    )


def run(hands: Daemon, plan: Plan) -> ActionResult:
    window = window_of(hands.windows, Aim(window=str(plan.target["window"])))
    hands.windows.hang_up(window)
    again = hands.windows.come_back(window.window_id, window.epoch, BACK_S)
    if again is None:
        by_hand = "in its window, run the command 'Koru: Connect', or reload the window"
        return ActionResult("failed", (f"{window} did not come back within {BACK_S:g} s", by_hand))
    return ActionResult("done", (f"{again} is connected again, epoch {again.epoch}",))
