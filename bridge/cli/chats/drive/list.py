"""`koru drive list`: the newest drives, one a line."""

import sys
import time

from bridge.cli import exits
from bridge.cli.output import emit, say, table
from bridge.client import Client

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from typing import Any


def run(arguments: "Namespace") -> int:
    with Client.connect() as client:
        drives = client.request("drive/list", {"limit": arguments.limit})["drives"]
    if arguments.json:
        emit({"drives": drives})
    elif drives:
        say(table(("accepted", "outcome", "drive", "surface", "characters"), [_row(drive) for drive in drives]))
    else:
        print("no drives yet", file=sys.stderr)
    return exits.DONE


def _row(drive: "dict[str, Any]") -> "list[str]":
    when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(drive["accepted_at_ms"] / 1000))
    what = drive.get("outcome") or drive["state"]
    return [when, what, drive["drive_id"], drive.get("surface", ""), str(drive["text_chars"])]
