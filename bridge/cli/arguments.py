"""The words after a verb, read by argparse; what is wrong with them becomes a BridgeError like every other error."""

import argparse
from collections.abc import Sequence
from types import ModuleType
from typing import NoReturn

from bridge.protocol.errors import BridgeError, Reason


class CommandParser(argparse.ArgumentParser):
    """Raises BridgeError USAGE where argparse would print and exit. It exits after `--help` alone."""

    def error(self, message: str) -> NoReturn:
        raise BridgeError(Reason.USAGE, message, hint=f"{self.prog} --help")


def parse(verb: str, module: ModuleType, words: Sequence[str]) -> argparse.Namespace:
    """The arguments of a verb. Every verb takes `--json`, in its own words if it defines that option itself.

    BridgeError USAGE; SystemExit after `--help`.
    """
    parser = CommandParser(prog=f"koru {verb}", description=module.HELP, conflict_handler="resolve", allow_abbrev=False)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    module.configure(parser)
    return parser.parse_args(words)
