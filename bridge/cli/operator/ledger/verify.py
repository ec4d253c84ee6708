"""`koru ledger verify`: whether the rows are those that were written. It asks no daemon, because it may accuse one."""

from bridge.cli import exits
from bridge.cli.actions import add_json
from bridge.cli.operator.ledger.directory import add_directory, directory_of
from bridge.cli.output import emit, paint, say
from bridge.protocol.errors import BridgeError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from pathlib import Path

    from bridge.ledger.verdict import VerifiedLedger

OF_VERDICT = {"intact": exits.DONE, "tampered": exits.REFUSED, "unreadable": exits.UNREADABLE}


def configure(parser: "ArgumentParser") -> None:
    add_json(parser, "print JSON")
    add_directory(parser)


def run(arguments: "Namespace") -> int:
    from dataclasses import asdict

    from bridge.ledger.key import load_key
    from bridge.ledger.verdict import VerifiedLedger, verify

    directory = directory_of(arguments)
    try:
        verdict = verify(directory, key=load_key())
    except BridgeError as error:
        verdict = VerifiedLedger("unreadable", 0, torn_tail=False, keyed=False, message=str(error))
    if arguments.json:
        emit({name: value for name, value in asdict(verdict).items() if value is not None})
    else:
        say(_sentence(verdict, directory))
    return OF_VERDICT[verdict.verdict]


def _sentence(verdict: "VerifiedLedger", directory: "Path") -> str:
    colour = {"intact": "green", "tampered": "red"}.get(verdict.verdict, "yellow")
    where = f" at row {verdict.seq}" if verdict.seq is not None else ""
    head = f"{paint(verdict.verdict, colour)}{where}: "
    if verdict.verdict != "intact":
        before = f"\n  rows before it that hold: {verdict.rows}" if verdict.rows else ""
        return f"{head}{verdict.message}{before}\n  ledger: {directory}"
    sealed = "sealed with a key" if verdict.keyed else "hash-linked without a key"
    note = f"\n  {verdict.message}" if verdict.message else ""
    return f"{head}{verdict.rows} rows, {sealed}\n  tip {verdict.tip}{note}"
