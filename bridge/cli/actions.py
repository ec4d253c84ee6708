"""The actions of a verb, such as `list` of `koru goals`: each is a file of its name in the folder of its verb.

An action is a module with configure(parser) and run(arguments). It is imported when it is the action that was typed,
so that the start of a command pays for no other.
"""

from argparse import SUPPRESS, ArgumentParser, Namespace
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from bridge.cli.arguments import CommandParser


def add(parser: ArgumentParser, verb: str, actions: Mapping[str, str]) -> None:
    """Add the actions (name: help) of the verb whose module this is; the one that was typed is `action`."""
    added = parser.add_subparsers(dest="action", required=True, metavar="|".join(actions), parser_class=_ActionParser)
    for name, text in actions.items():
        added.add_parser(name, help=text, module=_name(verb, name))


def add_json(parser: ArgumentParser, text: str) -> None:
    """Add `--json` to an action. Without a default, which would undo a `--json` before the name of the action."""
    parser.add_argument("--json", action="store_true", default=SUPPRESS, help=text)


def run(verb: str, action: str, arguments: Namespace) -> int:
    """Run an action of the verb whose module this is; the exit status."""
    return int(import_module(_name(verb, action)).run(arguments))


class _ActionParser(CommandParser):
    """Takes its arguments from the module of its action, when that action was typed."""

    def __init__(self, *, module: str, **settings: Any) -> None:
        super().__init__(**settings)
        self._action_module = module

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Called by argparse for the action that was typed, once in the life of a parser."""
        import_module(self._action_module).configure(self)
        return super().parse_known_args(args, namespace)


def _name(verb: str, action: str) -> str:
    return f"{verb.rpartition('.')[0]}.{action}"
