"""`koru history search`: the turns that hold a text, the newest chat first."""

import re
import sys

from bridge.cli.actions import add_json
from bridge.cli.chats import chat_choice
from bridge.cli.chats.faults import complain
from bridge.cli.chats.history.turns import turn_rows
from bridge.cli.chats.progress import Progress
from bridge.cli.output import clean, emit, paint, say
from bridge.cli.quantities import count
from bridge.protocol.errors import BridgeError, Reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Iterator

    from bridge.chats.stores import ChatFilter, ChatReader
    from observers.base import ChatSession

PAGE = 50
SNIPPET_CHARS = 60  # on each side of what was found


def configure(parser: "ArgumentParser") -> None:
    parser.add_argument("text", metavar="TEXT", help="what to look for; upper and lower case are alike")
    parser.add_argument("--limit", type=count, default=PAGE, metavar="N", help=f"at most so many ({PAGE}; 0: all)")
    chat_choice.configure(parser)
    add_json(parser, "print one JSON object a line")


def run(arguments: "Namespace") -> int:
    chats, which = chat_choice.reader(arguments)
    needle = re.compile(re.escape(arguments.text), re.IGNORECASE)
    if not arguments.text:
        raise BridgeError(Reason.USAGE, "there is nothing to look for", hint="koru history search TEXT")
    sessions = chats.sessions(chat_choice.stores(chats, which), which)
    found = 0
    with Progress("searched", len(sessions)) as progress:
        for match in _matches(chats, which, sessions, needle, progress):
            progress.clear()
            emit(match) if arguments.json else _print(match)
            found += 1
            if found == arguments.limit:
                print(f"koru: the first {found:,} are shown; for more: --limit N", file=sys.stderr)
                break
    if not found and not arguments.json:
        say(f"not found in {len(sessions):,} chats")
    return complain(chats.faults)


def _matches(
    chats: "ChatReader",
    which: "ChatFilter",
    sessions: "list[ChatSession]",
    needle: "re.Pattern[str]",
    progress: "Progress",
) -> "Iterator[dict[str, object]]":
    for chat, rows in chats.matching(sessions, which, progress):
        for turn, row in zip(rows, turn_rows(rows), strict=True):
            if (match := needle.search(turn.text)) is not None:
                row["text"] = _snippet(turn.text, *match.span())
                yield {**row, "product": chat.product, "workspace": chat.workspace, "title": chat.title}


def _snippet(text: str, begin: int, end: int) -> str:
    """One line around a place in a text."""
    begin, end = max(0, begin - SNIPPET_CHARS), end + SNIPPET_CHARS
    line = " ".join(text[begin:end].split())
    return f"{'…' * (begin > 0)}{line}{'…' * (end < len(text))}"


def _print(match: "dict[str, object]") -> None:
    head = f"{match['time'] or 'no time'}  {match['role']}  {match['product'] or match['store']}  {match['session']}"
    say(f"{paint(clean(head), 'dim')}\n  {clean(str(match['text']))}")
