"""Which ledger is read: the one of this user, or the files of another, for example a copy."""

from bridge import paths

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from pathlib import Path


def add_directory(parser: "ArgumentParser") -> None:
    parser.add_argument(
        "--directory", type=paths.as_path, metavar="DIR", help="read the files of this ledger, e.g. a copy"
    )


def directory_of(arguments: "Namespace") -> "Path":
    return arguments.directory or paths.ledger_directory()
