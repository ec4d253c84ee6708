"""`koru approvals show`: one approval, with the prompt it is for; the daemon redacts secrets."""

from bridge.cli.actions import add_json
from bridge.cli.operator.approvals.approval import find, print_approval
from bridge.client import Client

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace


def configure(parser: "ArgumentParser") -> None:
    parser.add_argument("id", metavar="ID")
    add_json(parser, "print one JSON object")


def run(arguments: "Namespace") -> int:
    with Client.connect(role="operator") as client:
        approval = find(client, arguments.id)
    return print_approval(approval, arguments)
