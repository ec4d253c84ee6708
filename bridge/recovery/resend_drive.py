"""Sends the prompt of an unknown drive once more. Its id follows from the first, so a second call sends nothing."""

from bridge.protocol.errors import BridgeError, Reason
from bridge.recovery.action import ActionResult, Aim, Plan
from bridge.recovery.daemon import Daemon, unknown_drive

ID = "resend_drive"
ID_MOST = 128


def plan(hands: Daemon, aim: Aim) -> Plan:
    drive = unknown_drive(hands.drives, aim)
    if drive.resent_as is not None:
        return Plan(needless=f"it was sent again already, as the drive {drive.resent_as}")
    if drive.marked == "submitted":
        raise _unfit(f"by the operator's word the drive {drive.drive_id} was sent", "koru recover mark_not_submitted")
    against = hands.drives.why_not_again(drive.drive_id)
    if against is not None:
        raise _unfit(f"the drive {drive.drive_id} is not sent again: {against}", f"koru drive show {drive.drive_id}")
    steps = (
        f"send the {drive.text_chars} characters of the drive {drive.drive_id} to {drive.surface} once more",
        "if they had arrived after all, they will be there twice",
    )
    target = {
        "drive": drive.drive_id,
        "text": drive.text_sha,
        "surface": drive.surface or "",
        "as": _next(drive.drive_id),
    }
    return Plan(steps, target)


def _next(drive_id: str) -> str:
    """`d` is followed by `d.2`, that by `d.3`."""
    stem, dot, number = drive_id.rpartition(".")
    following = f"{stem}.{int(number) + 1}" if dot and number.isdecimal() and len(number) < 4 else f"{drive_id}.2"
    if len(following) > ID_MOST:
        raise _unfit("its id is too long for one that follows from it", "koru drive, under an id of your own")
    return following


def _unfit(message: str, hint: str) -> BridgeError:
    return BridgeError(Reason.RECOVERY_UNFIT, message, hint=hint)


def run(hands: Daemon, plan: Plan) -> ActionResult:
    again = hands.drives.resend(str(plan.target["drive"]), str(plan.target["as"]))
    return ActionResult(
        "done", (f"it is the drive {again.drive_id} now; what became of it: koru drive show {again.drive_id}",)
    )
