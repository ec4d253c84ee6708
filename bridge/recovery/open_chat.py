"""Shows a chat in its IDE. The host says no more than that its command returned."""

from bridge.protocol.messages.chat import ChatOpenParams
from bridge.recovery.action import ActionResult, Aim, Plan
from bridge.recovery.daemon import Daemon, window_of

ID = "open_chat"


def plan(hands: Daemon, aim: Aim) -> Plan:
    window = window_of(hands.windows, aim)
    asked = aim.window if aim.window in window.surfaces else next(iter(window.surfaces), None)
    if asked is None:
        return Plan(needless=f"{window} has no chat that Koru knows")
    return Plan((f"show the chat {asked}",), {"window": window.window_id, "surface": asked})


def run(hands: Daemon, plan: Plan) -> ActionResult:
    window = window_of(hands.windows, Aim(window=str(plan.target["window"])))
    surface = str(plan.target["surface"])
    shown = hands.windows.command(window, "chat/open", ChatOpenParams(surface_id=surface.rpartition("/")[2]))
    if not shown.issued:
        return ActionResult("failed", (f"the window declined: {shown.message or shown.blocker or 'without a word'}",))
    return ActionResult("unproven", (f"the IDE was asked to show {surface}, and its command returned",))
