"""`koru registry`: whether the interface files hold together."""

from bridge.cli import actions

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

HELP = "check the interface files, yours included"
ACTIONS = ("lint",)


def configure(parser: "ArgumentParser") -> None:
    parser.epilog = "With FILE, only what is wrong with these files, read as if they were in your configuration."
    parser.add_argument("action", choices=ACTIONS, help="look for what is wrong")
    parser.add_argument("files", nargs="*", metavar="FILE", help="interface files (all, yours included)")
    parser.add_argument("--json", action="store_true", help="print the problems as one JSON object")


def run(arguments: "Namespace") -> int:
    return actions.run(__name__, arguments.action, arguments)
