"""`koru goals`: list, show, follow, pause, resume, stop and answer goals, and report what became of them."""

import sys
import time

from bridge.cli.output import emit, say, span, table
from bridge.client import Client
from bridge.protocol.errors import BridgeError, Reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from typing import Any

    View = dict[str, Any]

HELP = "follow, answer, pause, stop and report goals"
STATES = ("queued", "running", "asking", "waiting", "paused", "accepted", "stopped")


def configure(parser: "ArgumentParser") -> None:
    from argparse import SUPPRESS

    parser.epilog = "A goal is begun by koru run, and lives in the daemon until it is reached or stopped."
    actions = parser.add_subparsers(
        dest="action", required=True, metavar="list|show|follow|pause|resume|stop|answer|report"
    )
    listing = actions.add_parser("list", help="the newest goals")
    listing.add_argument("-n", "--limit", type=int, default=20, help="how many (20)")
    listing.add_argument("--state", choices=STATES, help="only those in this state")
    one = {
        "show": "one goal: state, checks, budget, question",
        "follow": "show it live until it has ended",
        "pause": "begin no new turn",
        "resume": "go on after a pause",
        "stop": "end it; a turn that runs is asked to stop",
        "answer": "answer what it asks",
        "report": "what was done, with evidence and reasons",
    }
    parsers = {word: actions.add_parser(word, help=text) for word, text in one.items()}
    for parser_of_one in parsers.values():
        parser_of_one.add_argument("id", metavar="ID")
    parsers["answer"].add_argument("text", metavar="TEXT", help="the answer, - for stdin")
    parsers["answer"].add_argument("--question", metavar="ID", help="refuse unless this is what it asks now")
    parsers["report"].add_argument(
        "--html", metavar="FILE", nargs="?", const="", help="write a page that proves itself"
    )
    parsers["report"].add_argument("--directory", metavar="DIR", help="read the files of this ledger, e.g. a copy")
    for action in (listing, *parsers.values()):
        action.add_argument("--json", action="store_true", default=SUPPRESS, help="print JSON")


def run(arguments: "Namespace") -> int:
    if arguments.action == "report":
        from bridge.cli.goals.report import report

        return report(arguments)
    with Client.connect(role="operator") as client:
        if arguments.action == "list":
            return _list(client, arguments)
        if arguments.action == "follow":
            return _follow(client, arguments)
        if arguments.action == "answer":
            view = _answer(client, arguments)
        else:
            method = "get" if arguments.action == "show" else arguments.action
            view = client.request(f"goals/{method}", {"goal_id": arguments.id}, timeout=15.0)
    return _show(view, arguments)


def _list(client: Client, arguments: "Namespace") -> int:
    params = {"limit": arguments.limit, **({"state": arguments.state} if arguments.state else {})}
    goals = client.request("goals/list", params)["goals"]
    if arguments.json:
        emit({"goals": goals})
    elif goals:
        say(table(("GOAL", "STATE", "TURN", "AGE", "SURFACE", "TEXT"), [_row(goal) for goal in goals]))
    else:
        say("no goal was begun yet: koru run --help")
    return 0


def _row(view: "View") -> "tuple[str, ...]":
    state = f"{view['state']} ({view['cause']})" if view.get("cause") else view["state"]
    age = span(time.time_ns() // 1_000_000 - view["created_at_ms"])
    text = " ".join(view["text"].split())
    return view["goal_id"], state, str(view["turn"]), age, view.get("surface") or "-", text[:60]


def _follow(client: Client, arguments: "Namespace") -> int:
    from bridge.cli.goals.follow import GoalFollower, exit_status

    view = client.request("goals/get", {"goal_id": arguments.id})
    view = GoalFollower(client, view, as_json=arguments.json, patient=True, events=arguments.json).run()
    if arguments.json:
        emit({"goal": view, "exit": exit_status(view)})
    return exit_status(view)


def _answer(client: Client, arguments: "Namespace") -> "View":
    view = client.request("goals/get", {"goal_id": arguments.id})
    asked = view.get("question")
    if asked is None:
        raise BridgeError(Reason.QUESTION_GONE, "the goal asks nothing", hint=f"koru goals show {arguments.id}")
    text = sys.stdin.read() if arguments.text == "-" else arguments.text
    if not text.strip():
        raise BridgeError(Reason.USAGE, "the answer is empty")
    params = {"goal_id": arguments.id, "question_id": arguments.question or asked["question_id"], "text": text}
    return client.request("goals/answer", params, timeout=15.0)


def _show(view: "View", arguments: "Namespace") -> int:
    if arguments.json:
        emit(view)
        return 0
    from bridge.cli.goals.progress import page

    say("\n".join(page(view, time.time_ns() // 1_000_000)))
    return 0
