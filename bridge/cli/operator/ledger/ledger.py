"""`koru ledger`: read and verify what was recorded."""

from bridge.cli import actions

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

HELP = "read and verify what was recorded"
ACTIONS = {
    "verify": "exit 0: intact, 1: tampered (names the row), 2: unreadable",
    "tail": "print the last rows",
    "report": "write a page that verifies itself in a browser, offline",
    "path": "print where the ledger is",
}


def configure(parser: "ArgumentParser") -> None:
    actions.add(parser, __name__, ACTIONS)


def run(arguments: "Namespace") -> int:
    return actions.run(__name__, arguments.action, arguments)
