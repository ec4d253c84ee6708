"""`koru goals`: what can be done with goals that were begun by `koru run`."""

from bridge.cli import actions

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

HELP = "follow, answer, pause, stop and report goals"
ACTIONS = {
    "list": "the newest goals",
    "show": "one goal: state, checks, budget, question",
    "follow": "show it live until it has ended",
    "pause": "begin no new turn",
    "resume": "go on after a pause",
    "stop": "end it; a turn that runs is asked to stop",
    "answer": "answer what it asks",
    "report": "what was done, with evidence and reasons",
}


def configure(parser: "ArgumentParser") -> None:
    parser.epilog = "A goal is begun by koru run, and lives in the daemon until it is reached or stopped."
    actions.add(parser, __name__, ACTIONS)


def run(arguments: "Namespace") -> int:
    return actions.run(__name__, arguments.action, arguments)
