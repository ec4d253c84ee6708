"""`koru plugin`: puts the plugin into IDEs, shows which version each of them has and runs, and lets it test itself."""

from bridge.cli import actions

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

HELP = "install the plugin into an IDE, compare versions, or let it test itself"
ACTIONS = ("install", "status", "selftest")


def configure(parser: "ArgumentParser") -> None:
    parser.add_argument(
        "action",
        choices=ACTIONS,
        help="install the plugin, compare versions, or show what running plugins find in their IDEs",
    )
    parser.add_argument(
        "--ide", metavar="IDE", help="only this one: code, cursor, idea, pycharm ... (all found of VS Code's)"
    )
    parser.add_argument("--command", metavar="PATH", help="the command that starts the IDE, where it is not on PATH")


def run(arguments: "Namespace") -> int:
    return actions.run(__name__, arguments.action, arguments)
