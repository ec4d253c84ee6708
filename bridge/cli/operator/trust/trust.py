"""`koru trust`: how far an interface is trusted in a workspace."""

from bridge.cli import actions

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

HELP = "show and change how far an interface is trusted"
ACTIONS = {
    "show": "print the policy in force; exit 1 when a file of it cannot be read",
    "grant": "trust an interface this far in a workspace",
    "revoke": "take a grant away; the default holds again",
}


def configure(parser: "ArgumentParser") -> None:
    parser.epilog = "Levels, each with those before it: observe, draft (insert only), send, autonomous."
    actions.add(parser, __name__, ACTIONS)


def run(arguments: "Namespace") -> int:
    return actions.run(__name__, arguments.action, arguments)
