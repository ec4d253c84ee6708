"""`koru drive`: send one prompt to a chat and say what is proven of it. Its actions list, show and cancel drives.

An action is a first word, not a subcommand, because any other word is a prompt.
"""

import sys
import time

from bridge.cli import actions
from bridge.cli.chats.drive.outcome import exit_status, fact_line, print_drive
from bridge.cli.chats.drive.prompt import read_prompt
from bridge.cli.output import clean
from bridge.cli.quantities import seconds
from bridge.cli.selector import chosen
from bridge.client import Client
from bridge.protocol.errors import BridgeError, Reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from typing import Any

HELP = "send one prompt to a chat, with proof"
ACTIONS = ("list", "show", "cancel")
REQUEST_S = 15.0
POLL_MS = 1_000
QUEUE_SLACK_S = 60.0  # beyond the deadlines, for a queue that moves slowly


def configure(parser: "ArgumentParser") -> None:
    parser.description = "Send one prompt to the chat of an open IDE, and settle by evidence what became of it."
    parser.epilog = (
        "exit: 0 confirmed, 1 refused, 4 likely, 5 unknown, 6 failed; with --wait also 7 needs input, "
        "8 turn failed, 9 still running. A prompt that is just 'list', 'show' or 'cancel' goes by stdin: -"
    )
    parser.add_argument(
        "words", nargs="*", metavar="TEXT", help="the prompt, - for stdin; or: list, show ID, cancel ID"
    )
    parser.add_argument("--file", metavar="F", help="read the prompt from a file")
    parser.add_argument("--ide", help="the IDE's id: code, cursor, codium, code-server, …")
    parser.add_argument("--workspace", metavar="DIR", help="the window that has this folder open")
    parser.add_argument("--agent", help="which chat of the window")
    parser.add_argument("--window", help="a window's id, or a surface's key")
    parser.add_argument("--via", metavar="INTERFACE", help="only by this interface")
    parser.add_argument("--chat", metavar="ID", help="this chat session")
    parser.add_argument("--new-chat", action="store_true", help="a fresh chat session")
    parser.add_argument("--mode", help="the chat's mode: ask, edit, agent, …")
    parser.add_argument(
        "--id", metavar="ID", help="the drive's id; the same id is never sent twice (default: a new one)"
    )
    parser.add_argument("--draft", action="store_true", help="put the text into the input and do not send it")
    parser.add_argument("--wait", action="store_true", help="also wait for the turn to end, and print the reply")
    parser.add_argument(
        "--turn-deadline", type=seconds, default=600.0, metavar="S", help="how long a turn may take (600)"
    )
    parser.add_argument("--deadline", type=seconds, default=90.0, metavar="S", help="how long to look for proof (90)")
    parser.add_argument(
        "--require", choices=("host", "witness"), default="host", help="the proof that is enough (host)"
    )
    parser.add_argument("-n", "--limit", type=int, default=20, help="how many drives to list (20)")
    parser.add_argument("--json", action="store_true", help="print the drive as JSON")


def run(arguments: "Namespace") -> int:
    words = arguments.words
    action = words[0] if words and words[0] in ACTIONS else None
    if action is None:
        return _send(read_prompt(arguments), arguments)
    if len(words) != (1 if action == "list" else 2):
        raise BridgeError(Reason.USAGE, f"koru drive {action} takes {'no id' if action == 'list' else 'one id'}")
    return actions.run(__name__, action, arguments)


def _send(text: str, arguments: "Namespace") -> int:
    with Client.connect() as client:
        drive = client.request("drive/start", _order(text, arguments), timeout=REQUEST_S)
        try:
            drive = _settled(client, drive, arguments)
        except KeyboardInterrupt:
            print(f"\nkoru: the drive goes on; to stop it: koru drive cancel {drive['drive_id']}", file=sys.stderr)
            raise
    print_drive(drive, arguments, with_reply=arguments.wait)
    return exit_status(drive, waited=arguments.wait)


def _order(text: str, arguments: "Namespace") -> "dict[str, Any]":
    """The parameters of `drive/start`."""
    import uuid

    return {
        "drive_id": arguments.id or str(uuid.uuid4()),
        "text": text,
        "selector": chosen(arguments),
        "target": {
            "new_chat": arguments.new_chat,
            **({"chat_id": arguments.chat} if arguments.chat else {}),
            **({"mode": arguments.mode} if arguments.mode else {}),
        },
        "draft": arguments.draft,
        "deadline_ms": int(arguments.deadline * 1000),
        "wait_ms": int(arguments.turn_deadline * 1000),
        "require": arguments.require,
    }


def _settled(client: Client, drive: "dict[str, Any]", arguments: "Namespace") -> "dict[str, Any]":
    """The drive once it is settled (with --wait: once its turn is over). New facts are told on a terminal meanwhile.

    BridgeError TIMEOUT when all deadlines and QUEUE_SLACK_S are over.
    """
    shown = 0
    until = "turn" if arguments.wait else "outcome"
    told: set[str] = set()
    limit = (  # an approval may take one deadline, the proof another
        arguments.deadline * (2 + drive.get("queued_behind", 0))
        + arguments.turn_deadline * arguments.wait
        + QUEUE_SLACK_S
    )
    end = time.monotonic() + limit
    while not _over(drive, until):
        if time.monotonic() > end:
            hint = f"koru drive show {drive['drive_id']}"
            raise BridgeError(Reason.TIMEOUT, f"the drive is not settled after {limit:.0f} s", hint=hint)
        wait = {"drive_id": drive["drive_id"], "until": until, "timeout_ms": POLL_MS}
        drive = client.request("drive/wait", wait, timeout=POLL_MS / 1000 + 10)
        _tell_approval(drive, told, as_json=arguments.json)
        if sys.stderr.isatty() and not arguments.json:
            for fact in drive["facts"][shown:]:
                print(clean(f"  {fact_line(fact)}"), file=sys.stderr)
            shown = len(drive["facts"])
    return drive


def _over(drive: "dict[str, Any]", until: str) -> bool:
    settled = drive["state"] == "settled"
    return bool(settled and (until == "outcome" or drive.get("turn", {}).get("state") != "waiting"))


def _tell_approval(drive: "dict[str, Any]", told: "set[str]", *, as_json: bool) -> None:
    """Name each approval that the drive waits for once."""
    approval = drive.get("approval")
    if approval and approval not in told and not as_json:
        told.add(approval)
        print(f"koru: it waits for an approval: koru approvals show {approval}", file=sys.stderr)
