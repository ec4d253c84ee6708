"""The words after a verb, read by argparse; what is wrong with them becomes a BridgeError like everything else."""

import argparse
from collections.abc import Sequence
from types import ModuleType
from typing import NoReturn

from bridge.protocol.errors import BridgeError, Reason


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise BridgeError(Reason.USAGE, message, hint=f"{self.prog} --help")


def parse(verb: str, module: ModuleType, words: Sequence[str]) -> argparse.Namespace:
    """Every verb gets `--json`, unless it defines that itself. BridgeError USAGE; SystemExit after `--help`."""
    parser = _Parser(prog=f"koru {verb}", description=module.HELP, conflict_handler="resolve", allow_abbrev=False)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    module.configure(parser)
    return parser.parse_args(words)
