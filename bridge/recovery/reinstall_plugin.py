"""Puts the plugin of this Koru into the IDEs that are found, or the one that is named. Open windows keep their code."""

from collections.abc import Iterable
from typing import Any

from bridge.doctor.checks.plugins import found_ides, found_jetbrains
from bridge.protocol.errors import BridgeError, Reason
from bridge.recovery.action import ActionResult, Aim, Plan
from bridge.recovery.machine import CommandMachine

ID = "reinstall_plugin"


def plan(hands: CommandMachine, aim: Aim) -> Plan:
    ides = [aim.ide] if aim.ide is not None else [*found_ides(), *dict.fromkeys(ide.id for ide, _ in found_jetbrains())]
    if not ides:
        hint = "say which with --ide, and see that its command is on PATH"
        raise BridgeError(Reason.TOOL_MISSING, "no IDE was found", hint=hint)
    return Plan(tuple(f"install the plugin into {ide}" for ide in ides), {"ides": ",".join(ides)}, risky=False)


def run(hands: CommandMachine, plan: Plan) -> ActionResult:
    said, failed = [], False
    for ide in str(plan.target["ides"]).split(","):
        try:
            said += _listed(ide, hands.succeed("plugin", "install", "--ide", ide)["ides"])
        except BridgeError as error:
            failed = True
            said.append(f"{ide}: {error.message}")
    said.append(
        "open windows run it once they are reloaded (koru recover reload_window), JetBrains IDEs once restarted"
    )
    return ActionResult("failed" if failed else "done", tuple(said))


def _listed(ide: str, results: Iterable[dict[str, Any]]) -> list[str]:
    """A JetBrains IDE has a directory for each of its versions."""
    return [
        f"{ide} lists the plugin {each['installed']}" + (f" in {each['folder']}" if "folder" in each else "")
        for each in results
    ]
