"""`koru stop`: end every injection on the desktop at once, those of drives too; keys that are held are released."""

import sys

from bridge.cli import exits
from bridge.cli.output import clean, emit, say
from bridge.client import Client
from bridge.protocol.errors import BridgeError, Reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

HELP = "take Koru's hands off keyboard and mouse, now"
FLAGS = ("--json",)


def configure(parser: "ArgumentParser") -> None:
    parser.description = "End every injection on the desktop. What a plugin does in its IDE goes on: koru drive cancel."
    parser.epilog = "exit: 0 nothing of ours types any more, 1 something did not end in time"


def run(arguments: "Namespace") -> int:
    try:
        with Client.connect() as client:
            answer = client.request("desk/stop", {}, timeout=15.0)
    except BridgeError as error:
        if error.reason is not Reason.DAEMON_NOT_RUNNING:
            raise
        answer = {"stopped": [], "running": []}  # only a daemon injects
    if arguments.json:
        emit(answer)
    else:
        say(f"stopped {clean(', '.join(answer['stopped']))}" if answer["stopped"] else "nothing of ours was typing")
    if answer["running"]:
        print(clean(f"koru: not over yet: {', '.join(answer['running'])}"), file=sys.stderr)
    return exits.PARTLY if answer["running"] else exits.DONE
