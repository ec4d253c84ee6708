"""`koru ledger tail`: the last rows, from the daemon or, where none runs, from the files."""

import json
import sys
import time

from bridge.cli import exits
from bridge.cli.actions import add_json
from bridge.cli.operator.ledger.directory import add_directory, directory_of
from bridge.cli.output import clean, emit, say
from bridge.client import Client
from bridge.protocol.errors import BridgeError, Reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Any

    Entry = dict[str, Any]  # seq, at_ms, kind, body (JSON text), hash, drive_id (may be missing)

PAGE_ROWS = 50  # rows of the largest size there is still fit into one line of the wire
CONNECT_S = 2.0

# What a row shows unless its whole body is asked for: words of ours and names, never text from or for a chat.
SHOWN = ("state", "outcome", "kind", "grade", "counted", "source", "interface", "surface", "best_grade", "blocker")


def configure(parser: "ArgumentParser") -> None:
    add_json(parser, "print JSON")
    add_directory(parser)
    parser.add_argument("-n", type=_count, default=20, dest="count", metavar="N", help="how many rows (20)")
    parser.add_argument("-f", "--follow", action="store_true", help="go on with new rows until interrupted")
    parser.add_argument("--full", action="store_true", help="print whole bodies, with the texts of prompts and replies")


def run(arguments: "Namespace") -> int:
    directory = directory_of(arguments)
    client = None if arguments.directory else _daemon()
    if client is None:
        for entry in _entries_from_files(directory, arguments.count):
            _print(entry, directory, arguments)
        if arguments.follow:
            raise BridgeError(Reason.DAEMON_NOT_RUNNING, "no daemon is there that could write new rows", hint="koru up")
        return exits.DONE
    with client:
        entries = _follow(client, arguments.count) if arguments.follow else _last(client, arguments.count)
        for entry in entries:
            _print(entry, directory, arguments)
            if arguments.follow:
                sys.stdout.flush()
    return exits.DONE


def _daemon() -> Client | None:
    """A connection; none where no daemon runs."""
    try:
        return Client.connect(timeout=CONNECT_S)
    except BridgeError as error:
        if error.reason is Reason.DAEMON_NOT_RUNNING:
            return None
        raise


def _last(client: Client, count: int) -> "Iterator[Entry]":
    newest = client.request("ledger/tail", {"limit": 1})["rows"]
    if newest:
        yield from _between(client, newest[-1]["seq"] - count, newest[-1]["seq"])


def _follow(client: Client, count: int) -> "Iterator[Entry]":
    seen = client.request("events/subscribe", {})["seq"]
    yield from _between(client, seen - count, seen)
    for method, params in client.notifications(None):
        if method == "events/event" and params["seq"] > seen:
            yield from _between(client, seen, params["seq"])
            seen = params["seq"]


def _between(client: Client, after: int, last: int) -> "Iterator[Entry]":
    """The rows after one number up to another, a page at a time."""
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
