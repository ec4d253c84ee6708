"""`koru inject`: put one text into a window, outside of any drive; each step is told. With --dry-run none is done."""

from bridge.cli import exits
from bridge.cli.chats.drive.prompt import read_prompt
from bridge.cli.desk import target as desk_target
from bridge.cli.output import clean, emit, paint, say, table
from bridge.cli.quantities import seconds
from bridge.client import Client

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from typing import Any

HELP = "put a text into a window, step by step"
# Of an injection that did not go through. One that did is told apart by how well it was read back.
OF_OUTCOME = {"declined": exits.REFUSED, "lost": exits.UNKNOWN, "withheld": exits.NOT_SUBMITTED}
COLOUR = {"done": "green", "would": "dim", "refused": "red"}
SLACK_S = 20.0  # beyond the deadline, for the answer


def configure(parser: "ArgumentParser") -> None:
    parser.description = "The window's focus is proven, the text pasted and read back, and only then Enter is pressed."
    parser.epilog = (
        "exit: 0 read back as asked, 1 declined (nothing was touched) or a step of the rehearsal is refused, "
        "4 done and not read back, 5 lost: look at the field, 6 Enter was not pressed. To end it: koru stop"
    )
    parser.add_argument("--target", required=True, metavar="WINDOW", help=desk_target.HELP)
    parser.add_argument("words", nargs="*", metavar="TEXT", help="the text, or - for stdin")
    parser.add_argument("--text", metavar="TEXT", help="the text, where it looks like an option")
    parser.add_argument("--file", metavar="F", help="read the text from a file")
    parser.add_argument("--submit", action="store_true", help="press Enter once the text was read back")
    parser.add_argument("--dry-run", action="store_true", help="show each step and do none")
    parser.add_argument("--type", action="store_true", help="type it (ASCII without tabs) instead of pasting")
    parser.add_argument("--via", metavar="INTERFACE", help="only by this injector")
    parser.add_argument("--deadline", type=seconds, default=60.0, metavar="S", help="how long it may take (60)")


def run(arguments: "Namespace") -> int:
    if arguments.text is not None:
        arguments.words = [arguments.text, *arguments.words]
    params = {
        "target": desk_target.parse(arguments.target),
        "text": read_prompt(arguments),
        "submit": arguments.submit,
        "dry_run": arguments.dry_run,
        "method": "type" if arguments.type else "paste",
        "deadline_ms": int(arguments.deadline * 1000),
        **({"via": arguments.via} if arguments.via else {}),
    }
    with Client.connect(role="operator") as client:
        answer = client.request("desk/inject", params, timeout=arguments.deadline + SLACK_S)
    status = exit_status(answer)
    if arguments.json:
        emit({**answer, "exit": status})
    else:
        say(_page(answer))
    return status


def exit_status(answer: "dict[str, Any]") -> int:
    outcome = answer["outcome"]
    if outcome == "rehearsed":
        refused = any(step["state"] == "refused" for step in answer["steps"])
        return exits.REFUSED if refused else exits.DONE
    if outcome in OF_OUTCOME:
        return OF_OUTCOME[outcome]
    return exits.DONE if answer.get("level") == "verified" else exits.LIKELY


def _page(answer: "dict[str, Any]") -> str:
    rows = [(step["state"], step["step"], step["detail"]) for step in answer["steps"]]
    how = f" via {answer['interface']}" if answer.get("interface") else ""
    level = f", {answer['level']}" if answer.get("level") else ""
    lines = [table(("", "STEP", "WHAT"), rows)] if rows else []
    lines.append(
        paint(answer["outcome"], COLOUR["done" if exit_status(answer) == exits.DONE else "refused"]) + how + level
    )
    if "message" in answer:
        lines.append(clean(f"  {answer['message']} [{answer.get('blocker')}]"))
    if "hint" in answer:
        lines.append(clean(f"  next: {answer['hint']}"))
    return "\n".join(lines)
