"""Records that the operator saw the prompt of an unknown drive in its chat. A word, not a proof: the outcome stays."""

from bridge.recovery import marking
from bridge.recovery.action import ActionResult, Aim, Plan
from bridge.recovery.daemon import Daemon

ID = "mark_submitted"


def plan(hands: Daemon, aim: Aim) -> Plan:
    return marking.plan(hands, aim, "submitted")


def run(hands: Daemon, plan: Plan) -> ActionResult:
    return marking.run(hands, plan, "submitted")
