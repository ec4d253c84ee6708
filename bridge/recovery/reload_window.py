"""Reloads an IDE's window through its plugin. Done only when the window's extension host started after the old one."""

from bridge.protocol.messages.base import Empty
from bridge.recovery.action import ActionResult, Aim, Plan
from bridge.recovery.daemon import Daemon, window_of

ID = "reload_window"
BACK_S = 90.0


def plan(hands: Daemon, aim: Aim) -> Plan:
    window = window_of(hands.windows, aim)
    steps = (f"reload {window}", "a turn that runs there may end, and what is not saved to its store is gone")
    return Plan(steps, {"window": window.window_id, "pid": window.pid, "host": window.host_started_at_ms})


def run(hands: Daemon, plan: Plan) -> ActionResult:
    window = window_of(hands.windows, Aim(window=str(plan.target["window"])))
    asked = hands.windows.command(window, "window/reload", Empty())
    if not asked.issued:
        return ActionResult("failed", (f"the window declined: {asked.message or asked.blocker or 'without a word'}",))
    again = hands.windows.come_back(window.window_id, window.epoch, BACK_S)
    if again is None:
        return ActionResult("unproven", (f"the reload was asked for, and {window} was not seen again in {BACK_S:g} s",))
    if again.host_started_at_ms <= window.host_started_at_ms:
        return ActionResult("unproven", (f"{again} connected again, but its old host still runs",))
    return ActionResult("done", (f"{again} was reloaded: its host is another one, pid {again.pid}",))
