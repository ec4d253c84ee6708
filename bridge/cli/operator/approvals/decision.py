"""A person's decision about one exact action: what `koru approvals approve` and `deny` share."""

from bridge.cli.actions import add_json
from bridge.cli.operator.approvals.approval import find, print_approval
from bridge.client import Client
from bridge.protocol.errors import BridgeError, Reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

SHA_CHARS_LEAST = 8


def configure(parser: "ArgumentParser") -> None:
    parser.add_argument("id", metavar="ID")
    parser.add_argument(
        "--sha", metavar="HASH", help="refuse unless the action is still the one with this hash (see show)"
    )
    add_json(parser, "print one JSON object")


def decide(arguments: "Namespace", *, approve: bool) -> int:
    """BridgeError APPROVAL_VOID when the action is not the one with the hash that was given."""
    with Client.connect(role="operator") as client:
        sha = find(client, arguments.id)["action_sha"]
        given = arguments.sha
        if given is not None and (len(given) < SHA_CHARS_LEAST or not sha.startswith(given)):
            hint = f"koru approvals show {arguments.id}"
            raise BridgeError(Reason.APPROVAL_VOID, "it is for another action than the one with that hash", hint=hint)
        decision = {"approval_id": arguments.id, "action_sha": sha, "approve": approve}
        approval = client.request("approvals/decide", decision)
    return print_approval(approval, arguments)
