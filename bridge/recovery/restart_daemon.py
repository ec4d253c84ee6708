"""Stops the daemon, by force where it does not end, and starts it. Open drives are settled at that start."""

from bridge import paths
from bridge.lock import Holder, holder
from bridge.recovery.action import ActionResult, Aim, Plan
from bridge.recovery.machine import CommandMachine

ID = "restart_daemon"


def plan(hands: CommandMachine, aim: Aim) -> Plan:
    running = _running()
    if running is None:
        return Plan(("start the daemon: none runs",), {"pid": 0}, risky=False, even_unrecorded=True)
    steps = (
        f"stop the daemon (pid {running.pid}, version {running.version}), killed if it does not end when asked",
        "start the daemon; drives that are under way are settled when it is back",
    )
    return Plan(steps, {"pid": running.pid, "started": running.started}, even_unrecorded=True)


def _running() -> Holder | None:
    return holder(f"{paths.socket_name()}.lock") or holder(str(paths.state_directory() / "daemon.lock"))


def run(hands: CommandMachine, plan: Plan) -> ActionResult:
    said = []
    if plan.target["pid"]:
        stopped = hands.succeed("down", "--force")
        said.append(f"stopped the daemon, pid {stopped['pid']}" if stopped.get("stopped") else "it had ended meanwhile")
    started = hands.succeed("up")
    return ActionResult("done", (*said, f"the daemon runs, pid {started['pid']}, version {started['version']}"))
