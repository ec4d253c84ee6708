"""Settles the drive at the head of a window's queue: refused while untouched, else by the evidence there is."""

from bridge.protocol.errors import BridgeError, Reason
from bridge.protocol.messages.drive import QueueView
from bridge.recovery.action import ActionResult, Aim, Plan
from bridge.recovery.daemon import Daemon

ID = "release_queue"
SETTLED_S = 15.0


def plan(hands: Daemon, aim: Aim) -> Plan:
    queues = [q for q in hands.drives.queues() if aim.drive_id in (None, q.drive_id) and _is_of(q, aim.window)]
    if not queues:
        return Plan(needless="no drive is under way there")
    overdue = [queue for queue in queues if queue.overdue] or queues
    if len(overdue) > 1:
        listing = "\n".join(f"  {queue.window_id}  {queue.drive_id}" for queue in overdue)
        raise BridgeError(
            Reason.AMBIGUOUS_SURFACE, f"{len(overdue)} queues fit:\n{listing}", hint="say which with --window"
        )
    (queue,) = overdue
    acting = queue.state == "acting"
    what = "settle it by what is known now" if acting else "cancel it, nothing was touched yet"
    step = f"the drive {queue.drive_id} is {queue.state}, {queue.behind} wait behind it: {what}"
    target = {"window": queue.window_id, "drive": queue.drive_id, "state": queue.state}
    return Plan((step,), target, risky=acting)


def _is_of(queue: QueueView, window: str | None) -> bool:
    return window is None or window == queue.window_id or f":{queue.window_id}/" in window


def run(hands: Daemon, plan: Plan) -> ActionResult:
    drive = hands.drives.release(str(plan.target["drive"]), SETTLED_S)
    if drive.state != "settled":
        again = "the daemon itself may hang: koru recover restart_daemon"
        return ActionResult(
            "failed", (f"the drive {drive.drive_id} is still {drive.state} after {SETTLED_S:g} s", again)
        )
    return ActionResult("done", (f"the drive {drive.drive_id} is {drive.outcome}: {drive.reason}",))
