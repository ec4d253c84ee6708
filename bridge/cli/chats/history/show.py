"""`koru history show`: the turns of one chat, the oldest first."""

from bridge.cli import exits
from bridge.cli.actions import add_json
from bridge.cli.chats import chat_choice
from bridge.cli.chats.faults import refusal
from bridge.cli.chats.history.turns import print_turn, turn_rows
from bridge.cli.output import emit
from bridge.cli.quantities import count
from bridge.protocol.errors import BridgeError, Reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace


def configure(parser: "ArgumentParser") -> None:
    parser.add_argument("session", nargs="?", metavar="SESSION", help="its id or the beginning of it (the last chat)")
    parser.add_argument("--last", type=count, default=0, metavar="N", help="only the last N turns")
    chat_choice.configure(parser, states=False)
    add_json(parser, "print one JSON object a line")


def run(arguments: "Namespace") -> int:
    """BridgeError UNKNOWN_STORE when there is no such chat, STORE_UNREADABLE."""
    chats, which = chat_choice.reader(arguments)
    session = chat_choice.one_session(chats, which, arguments.session)
    chat, rows = chats.chat_and_turns(session)
    if chat.problem is not None:
        if chats.faults:
            raise refusal(chats.faults[-1])
        message = f"{chat.reason} [{chat.problem}]"
        raise BridgeError(Reason.STORE_UNREADABLE, message, where=chat.store, hint="only its product can read it")
    if arguments.last:
        turns = list(dict.fromkeys(row.turn for row in rows))[-arguments.last :]
        rows = tuple(row for row in rows if row.turn in turns)
    for line in turn_rows(rows):
        emit(line) if arguments.json else print_turn(line)
    return exits.DONE
