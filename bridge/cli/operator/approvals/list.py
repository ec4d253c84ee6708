"""`koru approvals list`: what waits for a decision, and with --all what was decided."""

from bridge.cli import exits
from bridge.cli.actions import add_json
from bridge.cli.operator.approvals.approval import time_left
from bridge.cli.output import emit, say, table
from bridge.client import Client

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from typing import Any


def configure(parser: "ArgumentParser") -> None:
    parser.add_argument("--all", action="store_true", help="also what was decided")
    add_json(parser, "print one JSON object")


def run(arguments: "Namespace") -> int:
    with Client.connect(role="operator") as client:
        found = client.request("approvals/list", {"everything": arguments.all})
    if arguments.json:
        emit(found)
    elif found["approvals"]:
        say(table(("ID", "STATE", "ACTION", "INTERFACE", "SURFACE", "LEFT"), [_row(a) for a in found["approvals"]]))
    else:
        say("nothing waits for a decision")
    return exits.DONE


def _row(approval: "dict[str, Any]") -> "tuple[str, ...]":
    what = approval.get("recovery") or approval["action"]
    via = approval.get("interface") or "-"
    return (approval["approval_id"], approval["state"], what, via, approval["surface"] or "-", time_left(approval))
