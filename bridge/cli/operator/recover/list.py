"""`koru recover list`: what can be run, and what the daemon calls for: unknown drives and queues that are overdue."""

from bridge.cli import exits
from bridge.cli.operator.recover.known import known_recoveries
from bridge.cli.output import clean, emit, say, table
from bridge.client import Client
from bridge.protocol.errors import BridgeError, Reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from typing import Any

    from registry.model import Recovery


def run(arguments: "Namespace") -> int:
    recoveries, told = list(known_recoveries().recoveries.values()), _told()
    called = {name: (told or {}).get(name, []) for name in ("drives_unknown", "queues")}
    if arguments.json:
        emit({"daemon": told is not None, "recoveries": [_wire(each) for each in recoveries], **called})
    else:
        say(_page(recoveries, called))
    return exits.DONE


def _told() -> "dict[str, Any] | None":
    """What the daemon says that recoveries are called for; None where no daemon runs."""
    try:
        with Client.connect() as client:
            return client.request("recovery/list", {})
    except BridgeError as error:
        if error.reason is not Reason.DAEMON_NOT_RUNNING:
            raise
        return None


def _page(recoveries: "list[Recovery]", called: "dict[str, list[Any]]") -> str:
    rows = [(each.id, "-" if each.risk == "none" else each.risk, each.title) for each in recoveries if each.action]
    lines = [f"unknown: koru recover {drive_id}" for drive_id in called["drives_unknown"]]
    lines += [
        f"overdue: koru recover release_queue --drive {queue['drive_id']}  ({queue['behind']} wait behind it)"
        for queue in called["queues"]
        if queue["overdue"]
    ]
    return "\n".join([table(("RECOVERY", "RISK", "WHAT IT DOES"), rows), *map(clean, lines)])


def _wire(each: "Recovery") -> "dict[str, Any]":
    place = each.action or ("command" if each.run else "operator")
    command = f"koru recover {each.id}" if each.action else each.run or None
    return {"recovery": each.id, "title": each.title, "place": place, "risk": each.risk, "command": command}
