"""`koru trust show`: the policy in force."""

from bridge.cli.actions import add_json
from bridge.cli.operator.trust.policy import request

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace


def configure(parser: "ArgumentParser") -> None:
    add_json(parser, "print one JSON object")


def run(arguments: "Namespace") -> int:
    return request("trust/list", {}, arguments)
