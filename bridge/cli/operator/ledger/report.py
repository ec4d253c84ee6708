"""`koru ledger report`: a page that verifies itself in a browser, of all rows or of one drive or goal."""

from bridge.cli.actions import add_json
from bridge.cli.operator.ledger.directory import add_directory, directory_of
from bridge.cli.page_file import write_page

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace


def configure(parser: "ArgumentParser") -> None:
    add_json(parser, "print JSON")
    add_directory(parser)
    parser.add_argument("--html", metavar="FILE", required=True, help="where to write it; it holds prompts and replies")
    parser.add_argument("--of", metavar="ID", help="one drive, or one goal with its drives (all rows)")


def run(arguments: "Namespace") -> int:
    """BridgeError USAGE when the file cannot be written, LEDGER_UNREADABLE."""
    from bridge.ledger.report import everything, extract, of_subject

    found = extract(directory_of(arguments), of_subject(arguments.of) if arguments.of else everything)
    return write_page(found, f"Ledger: {arguments.of or 'every row'}", arguments.html, arguments)
