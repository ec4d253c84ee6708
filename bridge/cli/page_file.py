"""The file of a report that verifies itself: written by `koru goals report --html` and `koru ledger report`."""

import os

from bridge import paths
from bridge.cli import exits
from bridge.cli.output import emit, say
from bridge.protocol.errors import BridgeError, Reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from typing import Any


def write_page(found: "Any", title: str, name: str, arguments: "Namespace") -> int:
    """Replace the file at once. It is readable for its owner alone, because it holds prompts. BridgeError USAGE."""
    from bridge.files import write_whole
    from bridge.ledger.report import page

    path = paths.as_path(os.path.abspath(name))
    try:
        write_whole(path, page(found, title).encode("utf-8"))
    except OSError as error:
        raise BridgeError(Reason.USAGE, f"cannot be written: {os.strerror(error.errno or 0)}", where=name) from None
    if arguments.json:
        emit({"path": str(path), "rows": len(found.rows)})
    else:
        say(f"{path}: {len(found.rows)} rows; open it in a browser, also offline")
    return exits.DONE
