"""`koru calibrate`: find a chat's input in a window, and remember it for that product and version."""

import sys

from bridge.cli import exits
from bridge.cli.desk import target as desk_target
from bridge.cli.output import clean, emit, say
from bridge.client import Client
from bridge.protocol.errors import BridgeError, Reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from typing import Any

HELP = "tell where the chat's input is in a window"
CALIBRATE_S = 120.0
POINTER_S_MOST = 60


def configure(parser: "ArgumentParser") -> None:
    parser.description = (
        "Put the cursor into the chat's input first. The window is brought to the front and accessibility asked for "
        "the field that has the focus; where it has no answer, show the place with --pointer or --click. "
        "Nothing is typed. Before each use the input is proven anew."
    )
    parser.add_argument("--target", required=True, metavar="WINDOW", help=desk_target.HELP)
    parser.add_argument("--product", help="the IDE's id, where the target is no surface: code, cursor, …")
    parser.add_argument("--version", help="the IDE's version, where the target is no surface")
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--pointer", type=float, metavar="S", help="where the mouse pointer is in S seconds (at most 60)"
    )
    where.add_argument("--click", metavar="LEFT,BOTTOM", help="pixels from the window's left and bottom edge")
    parser.add_argument(
        "--chat-box", action="store_true", help="select-all and copy is harmless there; never for a code editor"
    )


def run(arguments: "Namespace") -> int:
    named = {"product": arguments.product, "version": arguments.version}
    params = {
        "target": desk_target.parse(arguments.target),
        "copyable": arguments.chat_box,
        **{name: value for name, value in named.items() if value is not None},
        **_where(arguments),
    }
    if arguments.pointer is not None and not arguments.json:
        print(f"hold the pointer over the chat's input for {arguments.pointer:g} s …", file=sys.stderr)
    with Client.connect(role="operator") as client:
        found = client.request("desk/calibrate", params, timeout=CALIBRATE_S)
    if arguments.json:
        emit(found)
    else:
        say(_page(found))
    return exits.DONE


def _where(arguments: "Namespace") -> "dict[str, int]":
    """The place that --pointer or --click shows; nothing where accessibility is to be asked. BridgeError USAGE."""
    if arguments.pointer is not None:
        if not 0 <= arguments.pointer <= POINTER_S_MOST:
            raise BridgeError(Reason.USAGE, "give 0 to 60 seconds", where="--pointer")
        return {"pointer_after_ms": int(arguments.pointer * 1000)}
    if arguments.click is None:
        return {}
    left, _, bottom = arguments.click.partition(",")
    if not (left.isdecimal() and bottom.isdecimal()):
        raise BridgeError(Reason.USAGE, "give two numbers of pixels, such as 400,50", where="--click")
    return {"left": int(left), "from_bottom": int(bottom)}


def _page(found: "dict[str, Any]") -> str:
    lines = [
        f"the chat's input of {found['product']} {found['version']}, in a window of {found['width']}x{found['height']}"
    ]
    if "role" in found:
        lines.append(f"  field {found['role']} '{found.get('name', '')}'")
    if "left" in found:
        lines.append(f"  click {found['left']} px from the left, {found['from_bottom']} px from the bottom")
    lines.append(f"  kept in {found['file']}")
    if "picture" in found:
        lines.append(f"  look at {found['picture']}")
    return "\n".join(clean(line) for line in lines)
