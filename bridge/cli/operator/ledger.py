"""`koru ledger`: read and verify what was recorded. `verify` asks no daemon, so that it can bear witness on one."""

import json
import sys
import time

from bridge import paths
from bridge.cli.output import clean, emit, paint, say
from bridge.protocol.errors import BridgeError, Reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Any

    from bridge.client import Client

    Entry = dict[str, Any]  # seq, at_ms, kind, body (JSON text), hash, drive_id (may be missing)

HELP = "read and verify what was recorded"
EXIT_TAMPERED = 1
EXIT_UNREADABLE = 2
PAGE_ROWS = 50  # rows of the largest size there is still fit into one line of the wire
CONNECT_SECONDS = 2.0

# What a row may show without being asked in full: words of ours and names, never text from or for a chat.
SHOWN = ("state", "outcome", "kind", "grade", "counted", "source", "interface", "surface", "best_grade", "blocker")


def configure(parser: "ArgumentParser") -> None:
    from argparse import SUPPRESS
    from pathlib import Path

    actions = parser.add_subparsers(dest="action", required=True, metavar="verify|tail|report|path")
    verify = actions.add_parser("verify", help="exit 0: intact, 1: tampered (names the row), 2: unreadable")
    tail = actions.add_parser("tail", help="print the last rows")
    report = actions.add_parser("report", help="write a page that verifies itself in a browser, offline")
    path = actions.add_parser("path", help="print where the ledger is")
    for action in (verify, tail, report, path):
        action.add_argument("--json", action="store_true", default=SUPPRESS, help="print JSON")
    for action in (verify, tail, report):
        action.add_argument("--directory", type=Path, metavar="DIR", help="read the files of this ledger, e.g. a copy")
    report.add_argument("--html", metavar="FILE", required=True, help="where to write it; it holds prompts and replies")
    report.add_argument("--of", metavar="ID", help="one drive, or one goal with its drives (all rows)")
    tail.add_argument("-n", type=_count, default=20, dest="count", metavar="N", help="how many rows (20)")
    tail.add_argument("-f", "--follow", action="store_true", help="go on with new rows until interrupted")
    tail.add_argument("--full", action="store_true", help="print whole bodies, with the texts of prompts and replies")


def run(arguments: "Namespace") -> int:
    if arguments.action == "verify":
        return _verify(arguments)
    if arguments.action == "tail":
        return _tail(arguments)
    if arguments.action == "report":
        return _report(arguments)
    where = str(paths.ledger_directory())
    if arguments.json:
        emit({"path": where})
    else:
        say(where)
    return 0


def _report(arguments: "Namespace") -> int:
    from bridge.cli.goals.report import write_page
    from bridge.ledger.report import everything, extract, of_subject

    directory = arguments.directory or paths.ledger_directory()
    found = extract(directory, of_subject(arguments.of) if arguments.of else everything)
    return write_page(found, f"Ledger: {arguments.of or 'every row'}", arguments.html, arguments)


def _verify(arguments: "Namespace") -> int:
    from dataclasses import asdict

    from bridge.ledger.key import load_key
    from bridge.ledger.verdict import VerifiedLedger, verify

    directory = arguments.directory or paths.ledger_directory()
    try:
        verdict = verify(directory, key=load_key())
    except BridgeError as error:
        verdict = VerifiedLedger("unreadable", 0, torn_tail=False, keyed=False, message=str(error))
    if arguments.json:
        emit({name: value for name, value in asdict(verdict).items() if value is not None})
    else:
        say(_sentence(verdict, directory))
    return {"intact": 0, "tampered": EXIT_TAMPERED}.get(verdict.verdict, EXIT_UNREADABLE)


def _sentence(verdict: "Any", directory: "Path") -> str:
    colour = {"intact": "green", "tampered": "red"}.get(verdict.verdict, "yellow")
    where = f" at row {verdict.seq}" if verdict.seq is not None else ""
    head = f"{paint(verdict.verdict, colour)}{where}: "
    if verdict.verdict != "intact":
        before = f"\n  rows before it that hold: {verdict.rows}" if verdict.rows else ""
        return f"{head}{verdict.message}{before}\n  ledger: {directory}"
    sealed = "sealed with a key" if verdict.keyed else "hash-linked without a key"
    note = f"\n  {verdict.message}" if verdict.message else ""
    return f"{head}{verdict.rows} rows, {sealed}\n  tip {verdict.tip}{note}"


def _tail(arguments: "Namespace") -> int:
    directory = arguments.directory or paths.ledger_directory()
    client = None if arguments.directory else _daemon()
    if client is None:
        for entry in _entries_from_files(directory, arguments.count):
            _print(entry, directory, arguments)
        if arguments.follow:
            raise BridgeError(Reason.DAEMON_NOT_RUNNING, "no daemon is there that could write new rows", hint="koru up")
        return 0
    with client:
        entries = _follow(client, arguments.count) if arguments.follow else _last(client, arguments.count)
        for entry in entries:
            _print(entry, directory, arguments)
            if arguments.follow:
                sys.stdout.flush()
    return 0


def _daemon() -> "Client | None":
    from bridge.client import Client

    try:
        return Client.connect(timeout=CONNECT_SECONDS)
    except BridgeError as error:
        if error.reason is Reason.DAEMON_NOT_RUNNING:
            return None
        raise


def _last(client: "Client", count: int) -> "Iterator[Entry]":
    newest = client.request("ledger/tail", {"limit": 1})["rows"]
    if newest:
        yield from _between(client, newest[-1]["seq"] - count, newest[-1]["seq"])


def _follow(client: "Client", count: int) -> "Iterator[Entry]":
    seen = client.request("events/subscribe", {})["seq"]
    yield from _between(client, seen - count, seen)
    for method, params in client.notifications(None):
        if method == "events/event" and params["seq"] > seen:
            yield from _between(client, seen, params["seq"])
            seen = params["seq"]


def _between(client: "Client", after: int, last: int) -> "Iterator[Entry]":
    after = max(after, 0)
    while after < last:
        limit = min(PAGE_ROWS, last - after)
        rows = client.request("ledger/tail", {"after_seq": after, "limit": limit})["rows"]
        if not rows:
            return
        yield from rows
        after = rows[-1]["seq"]


def _entries_from_files(directory: "Path", count: int) -> "list[Entry]":
    from dataclasses import asdict

    from bridge.ledger.database import check_version, reading
    from bridge.ledger.snapshot import last_rows, snapshot

    with reading(directory), snapshot(directory) as shot:
        check_version(shot.connection, directory)
        return [asdict(row) for row in last_rows(shot.connection, after_seq=None, limit=count)]


def _print(entry: "Entry", directory: "Path", arguments: "Namespace") -> None:
    body = json.loads(entry["body"])
    if arguments.full:
        from bridge.ledger.blobs import Blobs

        body = Blobs(directory).expand(body)
    else:
        body = {name: body[name] for name in SHOWN if isinstance(body.get(name), (str, int))}
    if arguments.json:
        kept = {name: entry.get(name) for name in ("seq", "at_ms", "kind", "drive_id", "hash")}
        emit({**kept, "body" if arguments.full else "shown": body})
        return
    told = json.dumps(body) if arguments.full else " ".join(f"{name}={value}" for name, value in body.items())
    drive = entry.get("drive_id") or "-"
    say(clean(f"{entry['seq']:>6}  {_local(entry['at_ms'])}  {entry['kind']:<14}  {drive}  {told}").rstrip())


def _local(at_ms: int) -> str:
    return f"{time.strftime('%Y-%m-%d %H:%M:%S', time.localtime(at_ms // 1000))}.{at_ms % 1000:03d}"


def _count(text: str) -> int:
    if text.isascii() and text.isdigit():
        return int(text)
    from argparse import ArgumentTypeError

    raise ArgumentTypeError(f"{text!r} is not a number of rows")
