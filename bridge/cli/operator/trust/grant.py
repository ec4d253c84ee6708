"""`koru trust grant`: trust an interface up to a level, in a folder or everywhere."""

from bridge.cli.actions import add_json
from bridge.cli.operator.trust import place
from bridge.cli.operator.trust.policy import request

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

LEVELS = ("observe", "draft", "send", "autonomous")


def configure(parser: "ArgumentParser") -> None:
    parser.add_argument("level", choices=LEVELS, metavar="LEVEL", help="observe, draft, send or autonomous")
    place.configure(parser)
    add_json(parser, "print one JSON object")


def run(arguments: "Namespace") -> int:
    return request("trust/set", {**place.named(arguments), "level": arguments.level}, arguments)
