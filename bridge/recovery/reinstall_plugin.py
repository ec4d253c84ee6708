"""Puts the plugin of this Koru into the IDEs that are found, or the one that is named. Open windows keep their code."""

from bridge.doctor.checks.plugins import found_ides
from bridge.protocol.errors import BridgeError, Reason
from bridge.recovery.action import Aim, Plan, Result
from bridge.recovery.machine import Machine

ID = "reinstall_plugin"


def plan(hands: Machine, aim: Aim) -> Plan:
    ides = [aim.ide] if aim.ide is not None else found_ides()
    if not ides:
        hint = "say which with --ide, and see that its command is on PATH"
        raise BridgeError(Reason.TOOL_MISSING, "no IDE was found", hint=hint)
    return Plan(tuple(f"install the plugin into {ide}" for ide in ides), {"ides": ",".join(ides)}, risky=False)


def run(hands: Machine, plan: Plan) -> Result:
    said, failed = [], False
    for ide in str(plan.target["ides"]).split(","):
        try:
            (result,) = hands.succeed("plugin", "install", "--ide", ide)["ides"]
            said.append(f"{ide} lists the plugin {result['installed']}")
        except BridgeError as error:
            failed = True
            said.append(f"{ide}: {error.message}")
    said.append("windows that are open run it once they are reloaded: koru recover reload_window")
    return Result("failed" if failed else "done", tuple(said))
