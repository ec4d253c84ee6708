"""`koru history`: what the chats' own stores hold, read directly: it works when no daemon does."""

import os
import re
import sys

from bridge.cli.chats.chat_choice import Progress, complain, one_session, refusal, stores, wanted
from bridge.cli.chats.chat_choice import configure as configure_choice
from bridge.cli.output import clean, emit, on_terminal, paint, say, span, table
from bridge.protocol.errors import BridgeError, Reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Iterator

    from bridge.chats.chat import Chat
    from bridge.chats.stores import ChatFilter, ChatReader
    from observers.base import ChatSession, Turn

HELP = "list, show, search, follow and export chats"
PAGE = 50
SNIPPET = 60
# The narrowest terminal a title is still shown on beside the rest.
NARROW = 100

STYLES = {
    "done": "green", "working": "bold", "queued": "bold", "needs_input": "yellow", "error": "red",
    "rate_limited": "red", "interrupted": "yellow", "encrypted": "dim", "unknown": "dim",
}  # fmt: skip


def configure(parser: "ArgumentParser") -> None:
    parser.epilog = "The stores are only read: no byte is written there, no lock taken. No daemon is needed."
    actions = parser.add_subparsers(dest="action", required=True, metavar="list|show|search|follow|export")
    listing = actions.add_parser("list", help="print the chats, the one written to last first")
    listing.add_argument("--limit", type=_count, default=PAGE, metavar="N", help=f"at most so many ({PAGE}; 0: all)")
    listing.add_argument("--offset", type=_count, default=0, metavar="N", help="pass over so many")
    showing = actions.add_parser("show", help="print the turns of one chat, the oldest first")
    showing.add_argument("session", nargs="?", metavar="SESSION", help="its id or the beginning of it (the last chat)")
    showing.add_argument("--last", type=_count, default=0, metavar="N", help="only the last N turns")
    searching = actions.add_parser("search", help="print the turns that hold a text, the newest chat first")
    searching.add_argument("text", metavar="TEXT", help="what to look for; upper and lower case are alike")
    searching.add_argument("--limit", type=_count, default=PAGE, metavar="N", help=f"at most so many ({PAGE}; 0: all)")
    following = actions.add_parser("follow", help="print turns as they are written, until Ctrl-C")
    following.add_argument("session", nargs="?", metavar="SESSION", help="only this chat (all that are meant)")
    exporting = actions.add_parser("export", help="write chats to one file, with their secrets redacted")
    exporting.add_argument("session", nargs="?", metavar="SESSION", help="only this chat (all that are meant)")
    exporting.add_argument("--format", choices=("markdown", "json", "html"), default="markdown")
    exporting.add_argument("--output", metavar="FILE", help="where to (what is printed)")
    exporting.add_argument("--force", action="store_true", help="also over a file that is there")
    exporting.add_argument("--with-secrets", action="store_true", help="redact nothing")
    for action in (listing, showing, searching, following, exporting):
        from argparse import SUPPRESS

        configure_choice(action, states=action not in (showing, following))
        action.add_argument("--json", action="store_true", default=SUPPRESS, help="print one JSON object a line")


def _count(text: str) -> int:
    import argparse

    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0")
    return int(text)


def run(arguments: "Namespace") -> int:
    from bridge.chats.stores import ChatReader
    from observers.catalogue import OBSERVERS

    which = wanted(arguments)
    chats = ChatReader(OBSERVERS)
    if arguments.action == "follow":
        from bridge.cli.chats.follow import follow

        return follow(chats, which, arguments)
    if arguments.action == "export":
        from bridge.cli.chats.export import export

        return export(chats, which, arguments)
    return {"list": _list, "show": _show, "search": _search}[arguments.action](chats, which, arguments)


def _list(chats: "ChatReader", which: "ChatFilter", arguments: "Namespace") -> int:
    sessions = chats.sessions(stores(chats, which), which)
    most = arguments.limit or len(sessions)
    # A state is only known once a chat is read: without one asked for, nothing before the page is.
    skip = arguments.offset if which.states else 0
    read = sessions if which.states else sessions[arguments.offset : arguments.offset + most]
    shown: list[Chat] = []
    with Progress("read", len(read)) as progress:
        for number, (chat, _) in enumerate(chats.matching(read, which, progress)):
            if number >= skip + most:
                break
            # A program gets each chat as it is read; a person gets a table when its columns are known.
            if number >= skip and arguments.json:
                progress.clear()
                emit(chat.row())
            elif number >= skip:
                shown.append(chat)
    if shown:
        print_chats(shown)
    elif not sessions and not arguments.json and not chats.faults:
        say("no chat is there")
    if not which.states and arguments.offset + most < len(sessions):
        print(f"koru: {len(sessions):,} chats; next: --offset {arguments.offset + most}", file=sys.stderr)
    return complain(chats.faults)


def print_chats(shown: "list[Chat]") -> None:
    """One table of chats."""
    import time

    now_ms = time.time_ns() // 1_000_000
    say(
        table(
            ("STATE", "WRITTEN", "PRODUCT", "WORKSPACE", "SESSION", "TITLE"), [_cells(chat, now_ms) for chat in shown]
        )
    )


def _cells(chat: "Chat", now_ms: int) -> "tuple[str, ...]":
    from bridge.cli.columns import fit, width

    product, workspace = chat.product or chat.observer, home(chat.workspace)
    ago, title = f"{span(now_ms - chat.modified_ms)} ago", said(chat)
    if on_terminal():
        room = os.get_terminal_size(sys.stdout.fileno()).columns
        workspace = fit(workspace, min(width(workspace), 32))
        title = fit(title, min(width(title), max(20, room - NARROW)))
    return word(chat), ago, product, workspace, chat.session or "-", title


def word(chat: "Chat") -> str:
    """The state in one word; what cannot be read is called by its reason."""
    return chat.problem or chat.state.value


def said(chat: "Chat") -> str:
    """What a person knows the chat by; where it cannot be read, why."""
    return (chat.reason if chat.problem else None) or chat.title or chat.reason or "-"


def home(path: str | None) -> str:
    """A path as people write it."""
    mine = os.path.expanduser("~")
    if path is None:
        return "-"
    return f"~{path[len(mine) :]}" if path == mine or path.startswith(f"{mine}{os.sep}") else path


def _show(chats: "ChatReader", which: "ChatFilter", arguments: "Namespace") -> int:
    session = one_session(chats, which, arguments.session)
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
    return 0


def turn_rows(rows: "tuple[Turn, ...] | list[Turn]") -> "Iterator[dict[str, object]]":
    """The rows as JSON objects, each with where it was seen and why its state is so."""
    from observers.history import rows as plain

    for turn, row in zip(rows, plain(rows), strict=True):
        yield {**row, "reason": turn.reason, "evidence": turn.evidence}


def print_turn(row: "dict[str, object]") -> None:
    state, text = str(row["state"]), str(row["text"])
    reason = f"  {clean(str(row['reason']))}" if row["reason"] else ""
    body = "\n".join(f"  {clean(line.expandtabs(4))}" for line in text.split("\n")) if text else "  (no text)"
    head = f"{row['time'] or 'no time'}  {paint(str(row['role']), 'bold')}  {paint(state, STYLES.get(state, 'dim'))}"
    say(f"{head}  {clean(str(row['session']))}{reason}\n{body}")


def _search(chats: "ChatReader", which: "ChatFilter", arguments: "Namespace") -> int:
    needle = re.compile(re.escape(arguments.text), re.IGNORECASE)
    if not arguments.text:
        raise BridgeError(Reason.USAGE, "there is nothing to look for", hint="koru history search TEXT")
    sessions = chats.sessions(stores(chats, which), which)
    found = 0
    with Progress("searched", len(sessions)) as progress:
        for match in _matches(chats, which, sessions, needle, progress):
            progress.clear()
            emit(match) if arguments.json else _print_match(match)
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
                row["text"] = snippet(turn.text, *match.span())
                yield {**row, "product": chat.product, "workspace": chat.workspace, "title": chat.title}


def snippet(text: str, begin: int, end: int) -> str:
    """One line around a place in a text."""
    begin, end = max(0, begin - SNIPPET), end + SNIPPET
    line = " ".join(text[begin:end].split())
    return f"{'…' * (begin > 0)}{line}{'…' * (end < len(text))}"


def _print_match(match: "dict[str, object]") -> None:
    head = f"{match['time'] or 'no time'}  {match['role']}  {match['product'] or match['store']}  {match['session']}"
    say(f"{paint(clean(head), 'dim')}\n  {clean(str(match['text']))}")
