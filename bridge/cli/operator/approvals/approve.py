"""`koru approvals approve`: let the action happen, once."""

from bridge.cli.operator.approvals import decision

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace


def configure(parser: "ArgumentParser") -> None:
    decision.configure(parser)


def run(arguments: "Namespace") -> int:
    return decision.decide(arguments, approve=True)
