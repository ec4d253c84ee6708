"""`koru history list`: the chats that are meant, the one written to last first."""

import os
import sys

from bridge.cli.actions import add_json
from bridge.cli.chats import chat_choice
from bridge.cli.chats.chat_words import folder, state_word, title
from bridge.cli.chats.faults import complain
from bridge.cli.chats.progress import Progress
from bridge.cli.columns import fit, width
from bridge.cli.output import emit, on_terminal, say, span, table
from bridge.cli.quantities import count
from bridge.clock import now_ms

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Sequence

    from bridge.chats.chat import Chat
    from bridge.chats.stores import ChatFilter, ChatReader
    from observers.base import ChatSession

PAGE = 50
HEADER = ("STATE", "WRITTEN", "PRODUCT", "WORKSPACE", "SESSION", "TITLE")
WORKSPACE_COLUMNS = 32
TITLE_COLUMNS_LEAST = 20
# What the columns beside the title take.
OTHER_COLUMNS = 100


def configure(parser: "ArgumentParser") -> None:
    parser.add_argument("--limit", type=count, default=PAGE, metavar="N", help=f"at most so many ({PAGE}; 0: all)")
    parser.add_argument("--offset", type=count, default=0, metavar="N", help="pass over so many")
    chat_choice.configure(parser)
    add_json(parser, "print one JSON object a line")


def run(arguments: "Namespace") -> int:
    chats, which = chat_choice.reader(arguments)
    sessions = chats.sessions(chat_choice.stores(chats, which), which)
    most = arguments.limit or len(sessions)
    shown = _read(chats, which, sessions, most, arguments)
    if shown:
        _print(shown)
    elif not sessions and not arguments.json and not chats.faults:
        say("no chat is there")
    if not which.states and arguments.offset + most < len(sessions):
        print(f"koru: {len(sessions):,} chats; next: --offset {arguments.offset + most}", file=sys.stderr)
    return complain(chats.faults)


def _read(
    chats: "ChatReader", which: "ChatFilter", sessions: "Sequence[ChatSession]", most: int, arguments: "Namespace"
) -> "list[Chat]":
    """The page of chats for a table. For programs each is printed as it is read, and the page is empty."""
    # A state is known only after reading: where one is asked for, all chats before the page are read too.
    skip = arguments.offset if which.states else 0
    sessions = sessions if which.states else sessions[arguments.offset : arguments.offset + most]
    shown: list[Chat] = []
    with Progress("read", len(sessions)) as progress:
        for number, (chat, _) in enumerate(chats.matching(sessions, which, progress)):
            if number >= skip + most:
                break
            if number >= skip and arguments.json:
                progress.clear()
                emit(chat.row())
            elif number >= skip:
                shown.append(chat)
    return shown


def _print(shown: "list[Chat]") -> None:
    now = now_ms()
    say(table(HEADER, [_cells(chat, now) for chat in shown]))


def _cells(chat: "Chat", now: int) -> "tuple[str, ...]":
    product, workspace = chat.product or chat.observer, folder(chat.workspace)
    ago, name = f"{span(now - chat.modified_ms)} ago", title(chat)
    if on_terminal():
        room = os.get_terminal_size(sys.stdout.fileno()).columns
        workspace = fit(workspace, min(width(workspace), WORKSPACE_COLUMNS))
        name = fit(name, min(width(name), max(TITLE_COLUMNS_LEAST, room - OTHER_COLUMNS)))
    return state_word(chat), ago, product, workspace, chat.session or "-", name
