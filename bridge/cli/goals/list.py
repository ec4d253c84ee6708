"""`koru goals list`: the newest goals, one a line."""

from bridge.cli import exits
from bridge.cli.actions import add_json
from bridge.cli.output import emit, say, span, table
from bridge.client import Client
from bridge.clock import now_ms

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from typing import Any

STATES = ("queued", "running", "asking", "waiting", "paused", "accepted", "stopped")
TEXT_CHARS = 60


def configure(parser: "ArgumentParser") -> None:
    parser.add_argument("-n", "--limit", type=int, default=20, help="how many (20)")
    parser.add_argument("--state", choices=STATES, help="only those in this state")
    add_json(parser, "print JSON")


def run(arguments: "Namespace") -> int:
    params = {"limit": arguments.limit, **({"state": arguments.state} if arguments.state else {})}
    with Client.connect(role="operator") as client:
        goals = client.request("goals/list", params)["goals"]
    if arguments.json:
        emit({"goals": goals})
    elif goals:
        say(table(("GOAL", "STATE", "TURN", "AGE", "SURFACE", "TEXT"), [_row(goal) for goal in goals]))
    else:
        say("no goal was begun yet: koru run --help")
    return exits.DONE


def _row(view: "dict[str, Any]") -> "tuple[str, ...]":
    state = f"{view['state']} ({view['cause']})" if view.get("cause") else view["state"]
    age = span(now_ms() - view["created_at_ms"])
    text = " ".join(view["text"].split())
    return view["goal_id"], state, str(view["turn"]), age, view.get("surface") or "-", text[:TEXT_CHARS]
