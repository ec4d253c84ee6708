"""The daemon's watch over all chats: what it could not read, and where it has to poll."""

from collections.abc import Iterator

from bridge.doctor.finding import Check, Finding, Remedy, Seen
from bridge.doctor.scene import Scene

ID = "chat-watch"
_READ = Remedy("look at it; Koru never writes there", ("koru watch --once", "koru doctor"))
_LIMIT = Remedy(
    "allow more watched directories; until then changes there are seen two seconds late",
    ("sudo sysctl fs.inotify.max_user_watches=524288 fs.inotify.max_user_instances=512",),
)
_CLOSED = Remedy("give yourself the right to read it; until then changes there are seen two seconds late")


def watched(scene: Scene) -> Iterator[Finding | Seen]:
    status = scene.status()
    watching = status.get("watching") if status is not None else None
    if watching is None:
        # Each store is checked on its own, daemon or not.
        yield Seen("chats watched", "none: nobody asked for it since the daemon started")
        return
    yield Seen("chats watched", f"{watching['chats']} in {watching['stores']} stores")
    for fault in watching["faults"]:
        remedy = Remedy(fault["hint"], _READ.commands) if fault.get("hint") else _READ
        problem = f"{fault['where'] or fault['store']}: {fault['message']} [{fault['reason']}]"
        yield Finding(ID, "warning", problem, remedy, fault["where"] or fault["store"])
    if polled := watching["polled"]:
        limited = any("limit" in each for each in polled)
        problem = f"{len(polled)} directories are polled, among them {polled[0]}"
        yield Finding(ID, "note", problem, _LIMIT if limited else _CLOSED, "polled")


CHECKS = (Check(ID, "the daemon can read and watch the chats it is asked about", watched),)
