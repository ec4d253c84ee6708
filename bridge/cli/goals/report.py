"""`koru goals report`: what was done for a goal, as text or as a page that verifies itself. Asks no daemon."""

import os
import time

from bridge import paths
from bridge.cli.output import clean, emit, say
from bridge.protocol.errors import BridgeError, Reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from pathlib import Path
    from typing import Any

    Body = dict[str, Any]

TEXT_LINES = 12


def report(arguments: "Namespace") -> int:
    from bridge.ledger.report import bodies, extract, of_subject

    directory = paths.as_path(arguments.directory) if arguments.directory else paths.ledger_directory()
    found = extract(directory, of_subject(arguments.id))
    if arguments.html is not None:
        return write_page(found, f"Goal {arguments.id}", arguments.html or f"koru-goal-{arguments.id}.html", arguments)
    rows = [(row, body) for row, body in bodies(directory, found) if row.kind.startswith("goal_")]
    if not rows:
        raise BridgeError(Reason.UNKNOWN_GOAL, f"no goal has the id {arguments.id}", hint="koru goals list")
    if arguments.json:
        emit({"goal_id": arguments.id, "rows": [_row(row, body) for row, body in rows]})
        return 0
    for row, body in rows:
        say(_entry(row.at_ms, row.kind, body))
    return 0


def write_page(found: "Any", title: str, name: str, arguments: "Namespace") -> int:
    """The file is replaced at once, and readable for its owner alone: it holds prompts."""
    from bridge.ledger.report import page

    path = paths.as_path(os.path.abspath(name))
    try:
        _replace(path, page(found, title))
    except OSError as error:
        raise BridgeError(Reason.USAGE, f"cannot be written: {os.strerror(error.errno or 0)}", where=name) from None
    if arguments.json:
        emit({"path": str(path), "rows": len(found.rows)})
    else:
        say(f"{path}: {len(found.rows)} rows; open it in a browser, also offline")
    return 0


def _replace(path: "Path", text: str) -> None:
    partial = path.with_name(f".{path.name}.part")
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    partial.replace(path)


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
    """Headline and text of a row."""
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
