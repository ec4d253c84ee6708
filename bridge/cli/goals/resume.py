"""`koru goals resume`: a goal that was paused goes on."""

from bridge.cli.goals import one_goal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace


def configure(parser: "ArgumentParser") -> None:
    one_goal.configure(parser)


def run(arguments: "Namespace") -> int:
    return one_goal.request("goals/resume", arguments)
