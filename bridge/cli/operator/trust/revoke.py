"""`koru trust revoke`: take a grant away; the interface's default holds again there."""

from bridge.cli.actions import add_json
from bridge.cli.operator.trust import place
from bridge.cli.operator.trust.policy import request

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace


def configure(parser: "ArgumentParser") -> None:
    place.configure(parser)
    add_json(parser, "print one JSON object")


def run(arguments: "Namespace") -> int:
    return request("trust/set", place.named(arguments), arguments)
