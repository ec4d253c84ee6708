"""`koru trust`: show, grant and revoke how far an interface is trusted in a workspace."""

from bridge.cli.output import clean, emit, paint, say, table
from bridge.client import Client
from bridge.protocol.errors import BridgeError, Reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from typing import Any

HELP = "show and change how far an interface is trusted"
LEVELS = ("observe", "draft", "send", "autonomous")
EVERYWHERE = "*"
EXIT_PROBLEM = 1


def configure(parser: "ArgumentParser") -> None:
    from argparse import SUPPRESS

    parser.epilog = "Levels, each with those before it: observe, draft (insert only), send, autonomous."
    actions = parser.add_subparsers(dest="action", required=True, metavar="show|grant|revoke")
    show = actions.add_parser("show", help="print the policy in force; exit 1 when a file of it cannot be read")
    grant = actions.add_parser("grant", help="trust an interface this far in a workspace")
    grant.add_argument("level", choices=LEVELS, metavar="LEVEL", help="observe, draft, send or autonomous")
    revoke = actions.add_parser("revoke", help="take a grant away; the default holds again")
    for action in (grant, revoke):
        action.add_argument("--interface", required=True, metavar="ID", help="as `koru explain` names it")
        where = action.add_mutually_exclusive_group(required=True)
        where.add_argument("--workspace", metavar="DIR", help="in this folder and all below it")
        where.add_argument("--everywhere", action="store_true", help="in every workspace without a nearer grant")
    for action in (show, grant, revoke):
        action.add_argument("--json", action="store_true", default=SUPPRESS, help="print one JSON object")


def run(arguments: "Namespace") -> int:
    with Client.connect(role="operator") as client:
        if arguments.action == "show":
            found = client.request("trust/list", {})
        else:
            found = client.request("trust/set", _change(arguments))
    if arguments.json:
        emit(found)
    else:
        say(_page(found))
    return EXIT_PROBLEM if found.get("problem") else 0


def _change(arguments: "Namespace") -> "dict[str, Any]":
    import os

    if arguments.workspace == "":
        raise BridgeError(Reason.USAGE, "the workspace is empty", hint="name a folder, or use --everywhere")
    workspace = EVERYWHERE if arguments.everywhere else os.path.abspath(arguments.workspace)
    level = {"level": arguments.level} if arguments.action == "grant" else {}
    return {"workspace": workspace, "interface": arguments.interface, **level}


def _page(found: "dict[str, Any]") -> str:
    if found.get("problem"):
        return f"{paint('nothing may act', 'red')}: {clean(found['problem'])}"
    rows = [(g["interface"], "everywhere" if g["workspace"] == EVERYWHERE else g["workspace"], g["level"])
            for g in found["grants"]]  # fmt: skip
    rows += [(each["interface"], "(default)", each["level"]) for each in found["defaults"]]
    lines = [
        table(("INTERFACE", "WORKSPACE", "TRUSTED TO"), sorted(rows)),
        "",
        f"rules    {found['rules']}; where none fits: {found['default']}",
        f"secrets  in prompts: {found['secrets_in_prompts']}",
        clean(f"files    {found['directory']}: policy.yaml (yours), trust.yaml (written by koru trust)"),
    ]
    return "\n".join(lines)
