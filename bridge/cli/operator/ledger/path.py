"""`koru ledger path`: where the ledger of this user is. It need not exist yet."""

from bridge import paths
from bridge.cli import exits
from bridge.cli.actions import add_json
from bridge.cli.output import emit, say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace


def configure(parser: "ArgumentParser") -> None:
    add_json(parser, "print JSON")


def run(arguments: "Namespace") -> int:
    where = str(paths.ledger_directory())
    if arguments.json:
        emit({"path": where})
    else:
        say(where)
    return exits.DONE
