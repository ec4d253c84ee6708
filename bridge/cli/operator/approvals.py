"""`koru approvals`: list, show, approve and deny what waits for a person."""

import time

from bridge.cli.output import clean, emit, say, span, table
from bridge.client import Client
from bridge.protocol.errors import BridgeError, Reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from typing import Any

HELP = "decide what waits for a person"


def configure(parser: "ArgumentParser") -> None:
    from argparse import SUPPRESS

    parser.epilog = "An approval is for one exact action, is used once, and ends with the drive's deadline."
    actions = parser.add_subparsers(dest="action", required=True, metavar="list|show|approve|deny")
    listing = actions.add_parser("list", help="print what waits for a decision")
    listing.add_argument("--all", action="store_true", help="also what was decided")
    one = [actions.add_parser("show", help="print one with its prompt, secrets redacted")]
    one += [actions.add_parser(word, help=f"{word} one") for word in ("approve", "deny")]
    for action in one:
        action.add_argument("id", metavar="ID")
    for action in one[1:]:
        action.add_argument(
            "--sha", metavar="HASH", help="refuse unless the action is still the one with this hash (see show)"
        )
    for action in (listing, *one):
        action.add_argument("--json", action="store_true", default=SUPPRESS, help="print one JSON object")


def run(arguments: "Namespace") -> int:
    with Client.connect(role="operator") as client:
        if arguments.action == "list":
            found = client.request("approvals/list", {"everything": arguments.all})
            return _list(found, arguments)
        approval = client.request("approvals/list", {"approval_id": arguments.id})["approvals"][0]
        if arguments.action != "show":
            approval = _decide(client, approval, arguments)
    if arguments.json:
        emit(approval)
    else:
        say(_page(approval))
    return 0


def _decide(client: Client, approval: "dict[str, Any]", arguments: "Namespace") -> "dict[str, Any]":
    sha = approval["action_sha"]
    if arguments.sha is not None and (len(arguments.sha) < 8 or not sha.startswith(arguments.sha)):
        hint = f"koru approvals show {arguments.id}"
        raise BridgeError(Reason.APPROVAL_VOID, "it is for another action than the one with that hash", hint=hint)
    decision = {"approval_id": arguments.id, "action_sha": sha, "approve": arguments.action == "approve"}
    return client.request("approvals/decide", decision)


def _list(found: "dict[str, Any]", arguments: "Namespace") -> int:
    if arguments.json:
        emit(found)
    elif found["approvals"]:
        say(table(("ID", "STATE", "ACTION", "INTERFACE", "SURFACE", "LEFT"), [_row(a) for a in found["approvals"]]))
    else:
        say("nothing waits for a decision")
    return 0


def _row(approval: "dict[str, Any]") -> "tuple[str, ...]":
    what = approval.get("recovery") or approval["action"]
    via = approval.get("interface") or "-"
    return (approval["approval_id"], approval["state"], what, via, approval["surface"] or "-", _left(approval))


def _left(approval: "dict[str, Any]") -> str:
    if approval["state"] != "pending":
        return "-"
    return span(approval["expires_at_ms"] - time.time_ns() // 1_000_000)


def _page(approval: "dict[str, Any]") -> str:
    left = f", {_left(approval)} left" if approval["state"] == "pending" else ""
    lines = [
        f"{approval['approval_id']}  {approval['state']}",
        *(_of_recovery(approval) if approval.get("recovery") else _of_drive(approval)),
        f"  {approval['reason']}{left}",
        f"  hash {approval['action_sha']}",
    ]
    lines = [*map(clean, lines)]
    text = approval.get("text")
    if text is not None:
        lines += ["", *(clean(line.expandtabs(4)) for line in text.split("\n"))]
    return "\n".join(lines)


def _of_drive(approval: "dict[str, Any]") -> "list[str]":
    return [
        f"  {approval['action']} {approval['text_chars']} characters to {approval['surface']}",
        f"  via {approval['interface']}, folders {', '.join(approval['workspace_folders']) or '-'}",
        f"  drive {approval['drive_id']}",
    ]


def _of_recovery(approval: "dict[str, Any]") -> "list[str]":
    return [f"  recovery {approval['recovery']}" + (f" of {approval['surface']}" if approval["surface"] else "")]
