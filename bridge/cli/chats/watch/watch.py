"""`koru watch`: every chat of this machine and what it is doing, live. It reads the stores itself: no daemon needed."""

import os
import signal
import sys

from bridge.cli import exits
from bridge.cli.chats import chat_choice
from bridge.cli.chats.chat_words import folder, state_word
from bridge.cli.chats.faults import complain
from bridge.cli.chats.watch.chat_drives import ChatDrives
from bridge.cli.chats.watch.picture import HEADER, ordered, picture, row_of, why
from bridge.cli.chats.watch.screen import REFRESH_S, WatchScreen
from bridge.cli.output import clean, emit, on_terminal, say, table
from bridge.clock import now_ms

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from bridge.chats.chat import Chat
    from bridge.chats.stores import ChatFilter
    from bridge.chats.watcher import Update, Watcher

HELP = "show every chat and what it is doing, live"


def configure(parser: "ArgumentParser") -> None:
    parser.epilog = (
        "Without --since: the chats of the last 24 hours, and whatever is written from now on. LATE: how long the "
        "product may hold back what its chat already shows. On a terminal a table, else one line a change. Ctrl-C ends."
    )
    chat_choice.configure(parser)
    parser.add_argument("--once", action="store_true", help="print how things stand, and end")
    parser.add_argument("--json", action="store_true", help="print one JSON object a line for every change")


def run(arguments: "Namespace") -> int:
    from bridge.chats.directories import Directories
    from bridge.chats.watcher import Watcher

    chats, which = chat_choice.reader(arguments)
    if which.path is not None:
        # For its errors, and with a reader of its own, because a reader keeps the faults it met.
        chat_choice.stores(chat_choice.reader(arguments)[0], which)
    directories = Directories()
    watcher = Watcher(chats, which, directories)
    drives = ChatDrives()
    try:
        if arguments.once:
            return _once(watcher, which, drives, arguments)
        if arguments.json or not on_terminal():
            return _lines(watcher, which, drives, arguments)
        return _live(watcher, which, drives)
    except KeyboardInterrupt:
        return exits.DONE
    finally:
        directories.stop()


def _once(watcher: "Watcher", which: "ChatFilter", drives: "ChatDrives", arguments: "Namespace") -> int:
    for update in watcher.updates():
        if update.stores[0] >= update.stores[1]:
            break
    shown = [chat for chat in ordered(watcher.chats()) if which.takes_state(chat)]
    if arguments.json:
        for chat in shown:
            emit(_event(chat, drives.of(chat)))
        for fault in watcher.faults():
            emit({"event": "fault", **fault.row()})
    elif shown:
        now = now_ms()
        say(table(HEADER, [row_of(chat, drives.of(chat), now) for chat in shown]))
    else:
        say("no chat was written to in this time")
    if arguments.json:
        return exits.PARTLY if watcher.faults() else exits.DONE
    return complain(watcher.faults())


def _lines(watcher: "Watcher", which: "ChatFilter", drives: "ChatDrives", arguments: "Namespace") -> int:
    """Print one line a change, for another program or a file."""
    told: dict[tuple[str, str, str], Chat] = {}
    ready = False
    for update in watcher.updates():
        if not ready and update.empty and update.stores[0] == update.stores[1]:
            ready = True
            _ready(update.stores[1], arguments)
        for chat in update.chats:
            before = told.get(chat.key)
            told[chat.key] = chat
            # A chat that leaves the states that are meant gets one more line, which says so.
            meant = which.takes_state(chat) or (before is not None and which.takes_state(before))
            if meant and (before is None or not chat.same_state(before)):
                _line(chat, drives.of(chat), arguments)
        gone = [chat for chat in update.gone if told.pop(chat.key, None) is not None]
        if arguments.json:
            _events(update, gone)
        else:
            complain(update.faults)
        sys.stdout.flush()
    return exits.DONE


def _ready(stores_there: int, arguments: "Namespace") -> None:
    """How things stood was told; what comes now is news."""
    if arguments.json:
        emit({"event": "ready", "stores": stores_there})
    else:
        print(f"koru: watching {stores_there:,} stores", file=sys.stderr)


def _events(update: "Update", gone: "list[Chat]") -> None:
    for chat in gone:
        emit({"event": "gone", **chat.row()})
    for fault in update.faults:
        emit({"event": "fault", **fault.row()})
    for fault in update.cleared:
        emit({"event": "fault_over", **fault.row()})


def _line(chat: "Chat", drive: str | None, arguments: "Namespace") -> None:
    if arguments.json:
        emit(_event(chat, drive))
        return
    from observers.history import timestamp

    place = (chat.product or chat.observer, folder(chat.workspace), chat.session or "-", drive or "-")
    cells = (timestamp(chat.observed_ms) or "-", state_word(chat), *place, why(chat) or "-")
    say("\t".join(map(clean, cells)))


def _event(chat: "Chat", drive: str | None) -> "dict[str, object]":
    return {"event": "chat", **chat.row(), "drive": drive}


def _live(watcher: "Watcher", which: "ChatFilter", drives: "ChatDrives") -> int:
    """The table in a screen of its own, drawn at most four times a second."""
    screen = WatchScreen()
    signal.signal(signal.SIGTERM, _interrupt)
    with screen:
        for update in watcher.updates(REFRESH_S):
            if screen.due(update):
                shown = [chat for chat in ordered(watcher.chats()) if which.takes_state(chat)]
                screen.draw(picture(shown, drives, watcher, update, os.get_terminal_size(sys.stdout.fileno())))
    return exits.DONE


def _interrupt(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt
