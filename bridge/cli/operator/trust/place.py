"""For which interface, and where, a grant holds: the options of `koru trust grant` and `revoke`."""

import os

from bridge.cli.operator.trust.policy import EVERYWHERE
from bridge.protocol.errors import BridgeError, Reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace


def configure(parser: "ArgumentParser") -> None:
    parser.add_argument("--interface", required=True, metavar="ID", help="as `koru explain` names it")
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--workspace", metavar="DIR", help="in this folder and all below it")
    where.add_argument("--everywhere", action="store_true", help="in every workspace without a nearer grant")


def named(arguments: "Namespace") -> "dict[str, str]":
    """Interface and workspace for `trust/set`. BridgeError USAGE."""
    if arguments.workspace == "":
        raise BridgeError(Reason.USAGE, "the workspace is empty", hint="name a folder, or use --everywhere")
    workspace = EVERYWHERE if arguments.everywhere else os.path.abspath(arguments.workspace)
    return {"workspace": workspace, "interface": arguments.interface}
