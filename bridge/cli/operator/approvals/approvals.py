"""`koru approvals`: what waits for a decision by a person."""

from bridge.cli import actions

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

HELP = "decide what waits for a person"
ACTIONS = {
    "list": "print what waits for a decision",
    "show": "print one with its prompt, secrets redacted",
    "approve": "approve one",
    "deny": "deny one",
}


def configure(parser: "ArgumentParser") -> None:
    parser.epilog = "An approval is for one exact action, is used once, and ends with the drive's deadline."
    actions.add(parser, __name__, ACTIONS)


def run(arguments: "Namespace") -> int:
    return actions.run(__name__, arguments.action, arguments)
