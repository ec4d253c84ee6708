"""`koru run`: pursue a goal with the agent of an IDE until its checks pass, its budget ends, or a person is needed."""

import sys

from bridge.cli import exits
from bridge.cli.output import emit, say
from bridge.cli.selector import chosen
from bridge.client import Client
from bridge.protocol.errors import BridgeError, Reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from typing import Any

HELP = "drive an agent until checks say that a goal is reached"
EXAMPLE = 'koru run "Make the failing tests pass" --check "pytest -q" --protect "tests/**"'
EXITS = "0 reached, 1 blocked, 7 asks, 8 failed or no progress, 9 out of budget, 130 stopped by a person"


def configure(parser: "ArgumentParser") -> None:
    parser.description = (
        "Drive the chat of an open IDE, turn by turn, until every check passes on the files as they are."
    )
    parser.epilog = f"exit: {EXITS}. Ctrl-C asks once. The goal lives in the daemon: koru goals. Example: {EXAMPLE}"
    parser.add_argument("text", nargs="?", metavar="TEXT", help="the goal, - for stdin")
    parser.add_argument("--file", metavar="F", help="a goal in YAML; flags count more (fields: koru run --schema)")
    parser.add_argument("--schema", action="store_true", help="print the JSON Schema of such a file")
    checks = parser.add_argument_group("checks")
    checks.add_argument("--check", action="append", metavar="CMD", help="a command that must exit 0; may be repeated")
    checks.add_argument("--check-timeout", type=float, metavar="S", help="how long each of these may take (600)")
    checks.add_argument(
        "--protect",
        action="append",
        metavar="GLOB",
        help="files that the agent must not change; tests and checks named in CMD are",
    )
    checks.add_argument("--note", action="append", metavar="TEXT", help="what to mind, or to answer questions from")
    where = parser.add_argument_group("where")
    where.add_argument("--ide", help="the IDE's id: code, cursor, codium, code-server, …")
    where.add_argument("--workspace", metavar="DIR", help="the window that has this folder open")
    where.add_argument("--agent", help="which chat of the window")
    where.add_argument("--window", help="a window's id, or a surface's key")
    where.add_argument("--via", metavar="INTERFACE", help="only by this interface")
    where.add_argument("--chat", choices=("current", "new"), help="the chat in use, or a fresh one (current)")
    limits = parser.add_argument_group("limits")
    limits.add_argument("--turns", type=int, metavar="N", help="prompts at most (10)")
    limits.add_argument("--minutes", type=float, metavar="M", help="time at most, without waiting for a person (60)")
    limits.add_argument(
        "--money", type=float, metavar="USD", help="the reviewer's cost at most, where prices are given"
    )
    limits.add_argument("--tokens", type=int, metavar="N", help="the reviewer's tokens at most")
    limits.add_argument("--turn-minutes", type=float, metavar="M", help="how long one turn may take (15)")
    people = parser.add_argument_group("people and policy")
    people.add_argument("--on-question", choices=("ask", "notes", "reviewer"), help="who answers the agent (ask)")
    people.add_argument("--approve", action="append", metavar="INTERFACE", help="give this interface's approvals")
    people.add_argument("--reviewer", metavar="WHO", help="none, openai:MODEL or anthropic:MODEL (none)")
    people.add_argument("--trust", choices=("send", "autonomous"), help="the trust that the interface must have")
    parser.add_argument("--id", metavar="ID", help="the goal's id; the same id is the same goal (default: a new one)")
    parser.add_argument("--detach", action="store_true", help="start it and leave it to the daemon")
    parser.add_argument("--patient", action="store_true", help="without a terminal: wait on while it asks a person")


def run(arguments: "Namespace") -> int:
    from pathlib import Path

    if arguments.schema:
        import bridge

        say(Path(bridge.__path__[0], "goals", "schema.json").read_text(encoding="utf-8").rstrip())
        return exits.DONE
    from bridge.cli.goals.follower import GoalFollower, exit_status
    from bridge.goals.file import load

    goal = load(Path(arguments.file) if arguments.file else None, flags(arguments))
    params = {"goal_id": arguments.id or _new_id(), "terms": goal.terms().model_dump(exclude_none=True)}
    with Client.connect(role="operator") as client:
        view = client.request("goals/start", params, timeout=30.0)
        if arguments.detach:
            emit(view) if arguments.json else say(f"goal {view['goal_id']} is {view['state']}")
            return exits.DONE
        if not arguments.json:
            print(f"goal {view['goal_id']} on {view['surface']}", file=sys.stderr)
        view = GoalFollower(client, view, as_json=arguments.json, patient=arguments.patient).run()
    status = exit_status(view)
    if arguments.json:
        emit({**view, "exit": status})
    else:
        _tell_end(view)
    return status


def _tell_end(view: "dict[str, Any]") -> None:
    if view["state"] in ("accepted", "stopped"):
        say(f"{view['state']}: {view.get('reason', '')}\n  report: koru goals report {view['goal_id']}")
        return
    asked = view.get("question")
    answer = f'\n  answer: koru goals answer {view["goal_id"]} "…"' if asked else ""
    say(f"the goal goes on in the daemon: koru goals follow {view['goal_id']}{answer}")


def flags(arguments: "Namespace") -> "dict[str, Any]":
    """What was given on the command line, in the words of the goal's file. BridgeError USAGE."""
    given: dict[str, Any] = {}
    if arguments.text is not None:
        given["goal"] = sys.stdin.read() if arguments.text == "-" else arguments.text
    if arguments.check:
        more = {"timeout_seconds": arguments.check_timeout, "protect": arguments.protect}
        given["checks"] = [{"run": command, **_given(more)} for command in arguments.check]
    elif arguments.protect or arguments.check_timeout:
        raise BridgeError(Reason.USAGE, "--protect and --check-timeout belong to --check", hint="koru run --help")
    budget = {name: getattr(arguments, name) for name in ("turns", "minutes", "money", "tokens")}
    rest = {
        "notes": arguments.note,
        "chat": arguments.chat,
        "turn_minutes": arguments.turn_minutes,
        "on_question": arguments.on_question,
        "on_approval": arguments.approve,
        "reviewer": arguments.reviewer,
        "trust": arguments.trust,
        "surface": chosen(arguments) or None,
        "budget": _given(budget) or None,
    }
    return given | _given(rest)


def _given(values: "dict[str, Any]") -> "dict[str, Any]":
    return {name: value for name, value in values.items() if value is not None}


def _new_id() -> str:
    import uuid

    return f"g-{uuid.uuid4().hex[:10]}"
