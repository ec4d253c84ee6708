"""Drives that wait for a person's word, and queues that do not move."""

from collections.abc import Iterator

from bridge.doctor.finding import Check, Finding, Remedy, Seen
from bridge.doctor.scene import Scene

TOLD_MOST = 5


def unknown(scene: Scene) -> Iterator[Finding]:
    """Drives of unknown outcome. Koru never sends them again, so each stays until a person has looked."""
    drives: list[str] = scene.calls().get("drives_unknown", [])
    for drive_id in drives[-TOLD_MOST:]:
        commands = tuple(
            f"koru recover {recovery} --drive {drive_id}"
            for recovery in ("mark_submitted", "mark_not_submitted", "resend_drive")
        )
        remedy = Remedy("look into the chat, then say what you saw, or send it again", commands)
        older = len(drives) - TOLD_MOST
        more = f" (and {older} before it)" if older > 0 and drive_id == drives[-TOLD_MOST] else ""
        problem = f"nobody knows whether the drive {drive_id} was sent{more}"
        yield Finding("drives-unknown", "warning", problem, remedy, drive_id)


def stuck(scene: Scene) -> Iterator[Finding | Seen]:
    """A drive that is not settled by its deadlines keeps those behind it from beginning."""
    for queue in scene.calls().get("queues", []):
        where, drive_id = queue["window_id"], queue["drive_id"]
        yield Seen(f"queue of {where}", f"{drive_id} is {queue['state']}, {queue['behind']} wait behind it")
        if queue["overdue"]:
            problem = f"the drive {drive_id} should have been settled by now; {queue['behind']} wait behind it"
            remedy = Remedy("settle it by what is known of it", (f"koru recover release_queue --drive {drive_id}",))
            yield Finding("queue-stuck", "error", problem, remedy, where)


CHECKS = (
    Check("drives-unknown", "no drive waits for a person's word", unknown),
    Check("queue-stuck", "every queue moves", stuck),
)
