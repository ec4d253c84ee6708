"""Records what a person says of an unknown drive. The newest mark counts, and every mark stays in the ledger."""

from bridge.drive.record import Mark
from bridge.recovery.action import ActionResult, Aim, Plan
from bridge.recovery.daemon import Daemon, unknown_drive

_WORDS: dict[Mark, str] = {"submitted": "was sent", "not_submitted": "was not sent"}


def plan(hands: Daemon, aim: Aim, mark: Mark) -> Plan:
    drive = unknown_drive(hands.drives, aim)
    if drive.marked == mark:
        return Plan(needless=f"the drive {drive.drive_id} is marked so already")
    steps = (f"record your word that the drive {drive.drive_id} {_WORDS[mark]}; its outcome stays unknown",)
    return Plan(steps, {"drive": drive.drive_id, "text": drive.text_sha}, risky=False, operators_word=True)


def run(hands: Daemon, plan: Plan, mark: Mark) -> ActionResult:
    drive_id = str(plan.target["drive"])
    hands.drives.mark(drive_id, mark)
    return ActionResult("done", (f"recorded: by the operator's word, the drive {drive_id} {_WORDS[mark]}",))
