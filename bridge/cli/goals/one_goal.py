"""What the actions of `koru goals` that are about one goal share: its id, one request about it, and its page."""

from bridge.cli import exits
from bridge.cli.actions import add_json
from bridge.cli.goals.progress import page
from bridge.cli.output import emit, say
from bridge.client import Client
from bridge.clock import now_ms

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from typing import Any

REQUEST_S = 15.0


def configure(parser: "ArgumentParser") -> None:
    parser.add_argument("id", metavar="ID")
    add_json(parser, "print JSON")


def request(method: str, arguments: "Namespace") -> int:
    """Make one request about the goal, and print the goal as the daemon answered it."""
    with Client.connect(role="operator") as client:
        view = client.request(method, {"goal_id": arguments.id}, timeout=REQUEST_S)
    return show(view, arguments)


def show(view: "dict[str, Any]", arguments: "Namespace") -> int:
    if arguments.json:
        emit(view)
    else:
        say("\n".join(page(view, now_ms())))
    return exits.DONE
