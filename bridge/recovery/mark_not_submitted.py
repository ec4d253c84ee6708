"""Records that the operator looked and the prompt of an unknown drive is not in its chat. A word, not a proof."""

from bridge.recovery import marking
from bridge.recovery.action import ActionResult, Aim, Plan
from bridge.recovery.daemon import Daemon

ID = "mark_not_submitted"


def plan(hands: Daemon, aim: Aim) -> Plan:
    return marking.plan(hands, aim, "not_submitted")


def run(hands: Daemon, plan: Plan) -> ActionResult:
    return marking.run(hands, plan, "not_submitted")
