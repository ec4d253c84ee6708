"""`koru goals report`: what was done for a goal, as text or as a page that verifies itself. Asks no daemon."""

import time

from bridge import paths
from bridge.cli import exits
from bridge.cli.actions import add_json
from bridge.cli.output import clean, emit, say
from bridge.protocol.errors import BridgeError, Reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from typing import Any

    Body = dict[str, Any]

TEXT_LINES = 12  # of a prompt, a reply or the output of checks


def configure(parser: "ArgumentParser") -> None:
    parser.add_argument("id", metavar="ID")
    parser.add_argument("--html", metavar="FILE", nargs="?", const="", help="write a page that proves itself")
    parser.add_argument("--directory", metavar="DIR", help="read the files of this ledger, e.g. a copy")
    add_json(parser, "print JSON")


def run(arguments: "Namespace") -> int:
    """BridgeError UNKNOWN_GOAL; LEDGER_UNREADABLE for files that are not a ledger."""
    from bridge.ledger.report import bodies, extract, of_subject

    directory = paths.as_path(arguments.directory) if arguments.directory else paths.ledger_directory()
    found = extract(directory, of_subject(arguments.id))
    if arguments.html is not None:
        from bridge.cli.page_file import write_page

        return write_page(found, f"Goal {arguments.id}", arguments.html or f"koru-goal-{arguments.id}.html", arguments)
    rows = [(row, body) for row, body in bodies(directory, found) if row.kind.startswith("goal_")]
    if not rows:
        raise BridgeError(Reason.UNKNOWN_GOAL, f"no goal has the id {arguments.id}", hint="koru goals list")
    if arguments.json:
        emit({"goal_id": arguments.id, "rows": [_row(row, body) for row, body in rows]})
        return exits.DONE
    for row, body in rows:
        say(_entry(row.at_ms, row.kind, body))
    return exits.DONE


def _row(row: "Any", body: "Body") -> "Body":
    return {"seq": row.seq, "at_ms": row.at_ms, "kind": row.kind, "hash": row.hash, "body": body}


def _entry(at_ms: int, kind: str, body: "Body") -> str:
    when = time.strftime("%H:%M:%S", time.localtime(at_ms // 1000))
    head, text = _told(kind, body)
    lines = [clean(f"{when}  {head}")]
    if text:
        shown = text.strip().split("\n")
        lines += [f"          | {clean(line.expandtabs(4))}" for line in shown[:TEXT_LINES]]
        lines += [f"          | … {len(shown) - TEXT_LINES} more lines"] if len(shown) > TEXT_LINES else []
    return "\n".join(lines)


def _told(kind: str, body: "Body") -> "tuple[str, str]":
    """Headline and text of a row; a kind of row that is new here is told by its name."""
    turn = f"turn {body.get('turn', 0)}"
    match kind:
        case "goal_started":
            return f"goal for {body['surface']} in {body['workspace']}", body["terms"]["text"]
        case "goal_checked":
            said = ", ".join(f"{r['name']}: {r['state']}" for r in body["results"])
            bad = [r["output"] for r in body["results"] if r["state"] != "pass" and r["output"]]
            return f"{turn}: checks: {said}", "\n".join(bad)
        case "goal_drafted":
            return f"{turn}: prompt", body["text"]
        case "goal_driven":
            state = f", {body['state']}" if body.get("state") else ""
            return f"{turn}: {body['outcome']}{state}: {body.get('reason', '')}", body.get("reply", "")
        case "goal_decided":
            cause = f" ({body['cause']})" if body.get("cause") else ""
            return f"{turn}: {body['decision']}{cause}: {body['reason']}", ""
        case "goal_asked":
            return f"asked ({body['kind']})", body["text"]
        case "goal_answered":
            return f"{turn}: answered by {body['by']}", body.get("text", "")
        case "goal_reviewed":
            return f"{turn}: read by {body['by']}", body.get("summary") or body.get("problem") or ""
        case _:
            return kind.removeprefix("goal_").replace("_", " "), str(body.get("reason", ""))
