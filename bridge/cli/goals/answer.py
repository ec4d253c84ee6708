"""`koru goals answer`: the answer to the question that a goal asks now, or to the one that is named."""

import sys

from bridge.cli.actions import add_json
from bridge.cli.goals.one_goal import REQUEST_S, show
from bridge.client import Client
from bridge.protocol.errors import BridgeError, Reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from typing import Any


def configure(parser: "ArgumentParser") -> None:
    parser.add_argument("id", metavar="ID")
    parser.add_argument("text", metavar="TEXT", help="the answer, - for stdin")
    parser.add_argument("--question", metavar="ID", help="refuse unless this is what it asks now")
    add_json(parser, "print JSON")


def run(arguments: "Namespace") -> int:
    """BridgeError QUESTION_GONE when the goal asks nothing, or another question than the one named."""
    with Client.connect(role="operator") as client:
        view = _answered(client, arguments)
    return show(view, arguments)


def _answered(client: Client, arguments: "Namespace") -> "dict[str, Any]":
    view = client.request("goals/get", {"goal_id": arguments.id})
    asked = view.get("question")
    if asked is None:
        raise BridgeError(Reason.QUESTION_GONE, "the goal asks nothing", hint=f"koru goals show {arguments.id}")
    text = sys.stdin.read() if arguments.text == "-" else arguments.text
    if not text.strip():
        raise BridgeError(Reason.USAGE, "the answer is empty")
    params = {"goal_id": arguments.id, "question_id": arguments.question or asked["question_id"], "text": text}
    return client.request("goals/answer", params, timeout=REQUEST_S)
