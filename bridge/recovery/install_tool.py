"""Says which packages the desktop interfaces lack, and the command that installs them. It never runs it."""

from bridge.recovery.action import ActionResult, Aim, Plan
from bridge.recovery.machine import CommandMachine
from injectors.catalogue import CATALOGUE

ID = "install_tool"


def plan(hands: CommandMachine, aim: Aim) -> Plan:
    lacks = {name: make(hands.environment).needs() for name, make in CATALOGUE.items()}
    missing = {name: lack.packages for name, lack in lacks.items() if lack is not None and lack.packages}
    if not missing:
        return Plan(needless="no interface lacks a package")
    steps = tuple(f"for {name}: sudo apt install {' '.join(packages)}" for name, packages in missing.items())
    return Plan(steps, risky=False, by_hand=True)


def run(hands: CommandMachine, plan: Plan) -> ActionResult:
    return ActionResult("not_needed", ("it is the operator who installs",))
