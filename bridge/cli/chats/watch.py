"""`koru watch`: every chat of this machine and what it is doing, live. It reads the stores itself: no daemon needed."""

import os
import signal
import sys
import time

from bridge.cli.chats.chat_choice import configure as configure_choice
from bridge.cli.chats.chat_choice import stores, wanted
from bridge.cli.chats.history import STYLES, home, said, word
from bridge.cli.columns import fit, width
from bridge.cli.output import clean, emit, on_terminal, paint, say, span, table
from bridge.protocol.errors import BridgeError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Iterable

    from bridge.chats.chat import Chat
    from bridge.chats.fault import Fault
    from bridge.chats.stores import ChatFilter
    from bridge.chats.watcher import Update, Watcher

HELP = "show every chat and what it is doing, live"
REFRESH_S = 0.25
TICK_S = 1.0
DRIVES_S = 2.0
ASK_S = 0.5
DRIVES_MOST = 200
# A state that people wait for comes first, one that is over last.
ORDER = ("needs_input", "rate_limited", "error", "working", "queued", "interrupted", "unknown", "done")
HEADER = ("STATE", "WRITTEN", "LATE", "PRODUCT", "WORKSPACE", "DRIVE", "CHAT", "WHY")
# The widest the columns before the last two may be, and which of them go first where there is no room.
MOST = (12, 12, 7, 16, 28, 14)
SPARED = (5, 2, 4, 3)
LEAST = 12
# Into the other screen, without wrapping and without a cursor; and back.
ENTER, LEAVE = "\x1b[?1049h\x1b[?7l\x1b[?25l", "\x1b[?25h\x1b[?7h\x1b[?1049l"


def configure(parser: "ArgumentParser") -> None:
    parser.epilog = (
        "Without --since: the chats of the last 24 hours, and whatever is written from now on. LATE: how long the "
        "product may hold back what its chat already shows. On a terminal a table, else one line a change. Ctrl-C ends."
    )
    configure_choice(parser)
    parser.add_argument("--once", action="store_true", help="print how things stand, and end")
    parser.add_argument("--json", action="store_true", help="print one JSON object a line for every change")


def run(arguments: "Namespace") -> int:
    from bridge.chats.directories import Directories
    from bridge.chats.stores import ChatReader
    from bridge.chats.watcher import Watcher
    from observers.catalogue import OBSERVERS

    which = wanted(arguments)
    if which.path is not None:
        stores(ChatReader(OBSERVERS), which)  # says what is wrong with the path
    directories = Directories()
    watcher = Watcher(ChatReader(OBSERVERS), which, directories)
    drives = _Drives()
    try:
        if arguments.once:
            return _once(watcher, which, drives, arguments)
        if arguments.json or not on_terminal():
            return _lines(watcher, which, drives, arguments)
        return _live(watcher, which, drives)
    except KeyboardInterrupt:
        return 0
    finally:
        directories.stop()


def _once(watcher: "Watcher", which: "ChatFilter", drives: "_Drives", arguments: "Namespace") -> int:
    for update in watcher.updates():
        if update.stores[0] >= update.stores[1]:
            break
    shown = [chat for chat in ordered(watcher.chats()) if which.takes_state(chat)]
    if arguments.json:
        for chat in shown:
            emit(_row(chat, drives.of(chat)))
        for fault in watcher.faults():
            emit({"event": "fault", **fault.row()})
    elif shown:
        now_ms = time.time_ns() // 1_000_000
        say(table(HEADER, [_cells(chat, drives.of(chat), now_ms) for chat in shown]))
    else:
        say("no chat was written to in this time")
    if not arguments.json:
        _complain(watcher.faults())
    return 1 if watcher.faults() else 0


def _lines(watcher: "Watcher", which: "ChatFilter", drives: "_Drives", arguments: "Namespace") -> int:
    """One line a change: what another program can read, or a file can keep."""
    told: dict[tuple[str, str, str], Chat] = {}
    ready = False
    for update in watcher.updates():
        if not ready and update.empty and update.stores[0] == update.stores[1]:
            ready = True
            _ready(update.stores[1], arguments)
        for chat in update.chats:
            before = told.get(chat.key)
            told[chat.key] = chat
            # A chat that leaves the states that are meant is told once more.
            meant = which.takes_state(chat) or (before is not None and which.takes_state(before))
            if meant and (before is None or not chat.same_state(before)):
                _line(chat, drives.of(chat), arguments)
        gone = [chat for chat in update.gone if told.pop(chat.key, None) is not None]
        if arguments.json:
            _events(update, gone)
        else:
            _complain(update.faults)
        sys.stdout.flush()
    return 0


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
        emit(_row(chat, drive))
        return
    from observers.history import timestamp

    place = (chat.product or chat.observer, home(chat.workspace), chat.session or "-", drive or "-")
    say("\t".join(clean(cell) for cell in (timestamp(chat.observed_ms) or "-", word(chat), *place, why(chat) or "-")))


def _row(chat: "Chat", drive: str | None) -> "dict[str, object]":
    return {"event": "chat", **chat.row(), "drive": drive}


def _live(watcher: "Watcher", which: "ChatFilter", drives: "_Drives") -> int:
    """The table in a screen of its own, drawn at most four times a second."""
    screen = _Screen()
    signal.signal(signal.SIGTERM, _interrupt)
    with screen:
        for update in watcher.updates(REFRESH_S):
            if screen.due(update):
                shown = [chat for chat in ordered(watcher.chats()) if which.takes_state(chat)]
                screen.draw(_page(shown, drives, watcher, update))
    return 0


def _interrupt(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt


class _Screen:
    """The terminal's other screen; the first is as it was when this is left, however that happens."""

    def __init__(self) -> None:
        self._drawn = float("-inf")
        self._pending = False
        self._last: list[str] = []

    def __enter__(self) -> "_Screen":
        self._write(ENTER)
        return self

    def __exit__(self, *_: object) -> None:
        self._write(LEAVE)

    def due(self, update: "Update") -> bool:
        """Changes are gathered for a moment, so that a busy chat costs no more than one picture in that time."""
        now = time.monotonic()
        self._pending |= not update.empty
        if now < self._drawn + (REFRESH_S if self._pending else TICK_S):
            return False
        self._pending, self._drawn = False, now
        return True

    def draw(self, lines: "list[str]") -> None:
        if lines != self._last:
            self._last = lines
            self._write("\x1b[H" + "".join(f"{line}\x1b[K\r\n" for line in lines[:-1]) + f"{lines[-1]}\x1b[K\x1b[J")

    def _write(self, text: str) -> None:
        encoding = sys.stdout.encoding or "utf-8"
        sys.stdout.write(text.encode(encoding, "replace").decode(encoding))
        sys.stdout.flush()


def _page(shown: "list[Chat]", drives: "_Drives", watcher: "Watcher", update: "Update") -> "list[str]":
    room = os.get_terminal_size(sys.stdout.fileno())
    now_ms = time.time_ns() // 1_000_000
    faults = [f"  {clean(str(fault))}" for fault in watcher.faults()]
    lines = [paint(fit(_summary(shown, watcher, update), room.columns), "bold"), ""]
    below = [paint(fit(line, room.columns), "red") for line in faults[: max(0, room.lines // 3)]]
    left = max(0, room.lines - len(lines) - len(below) - 2)
    lines += _table([_cells(chat, drives.of(chat), now_ms) for chat in shown[:left]], room.columns)
    if len(shown) > left:
        lines.append(paint(f"{len(shown) - left:,} more", "dim"))
    return [*lines, *below][: room.lines]


def _summary(shown: "list[Chat]", watcher: "Watcher", update: "Update") -> str:
    counts = {name: sum(chat.state.value == name for chat in shown) for name in ORDER}
    told = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in counts.items() if count)
    looked, there = update.stores
    reading = f", reading {looked}/{there} stores" if looked < there else f", {there} stores"
    polled = f", {len(watcher.unwatched())} directories polled" if watcher.unwatched() else ""
    return f"{len(shown)} chats{f': {told}' if told else ''}{reading}{polled}"


def _table(rows: "list[tuple[str, ...]]", columns: int) -> "list[str]":
    """Columns as wide as they need to be; the last two share what is left. A narrow terminal shows fewer."""
    if not rows:
        return [paint("no chat was written to in this time", "dim")]
    needed = [max(width(row[n]) for row in (HEADER, *rows)) for n in range(len(HEADER))]
    widths = [min(most, need) for most, need in zip(MOST, needed, strict=False)]
    for column in SPARED:
        if columns - sum(widths) - 2 * sum(size > 0 for size in (*widths, 1)) >= 2 * LEAST:
            break
        widths[column] = 0
    left = max(2, columns - sum(widths) - 2 * sum(size > 0 for size in (*widths, 1)))
    reason = min(left // 2, needed[-1])
    widths += [left - reason, reason]
    lines = [paint("  ".join(fit(cell, size) for cell, size in zip(HEADER, widths, strict=True) if size), "dim")]
    for row in rows:
        cells = [fit(clean(cell), size) for cell, size in zip(row, widths, strict=True) if size]
        lines.append("  ".join([paint(cells[0], STYLES.get(row[0], "dim")), *cells[1:]]))
    return lines


def _cells(chat: "Chat", drive: str | None, now_ms: int) -> "tuple[str, ...]":
    late = "-" if chat.horizon_s is None else f"{chat.horizon_s:g} s"
    place = (chat.product or chat.observer, home(chat.workspace), drive or "-")
    title = chat.title or chat.session or "-"
    ago = f"{span(now_ms - chat.modified_ms)}" if chat.modified_ms else "-"
    return word(chat), ago, late, *place, title, why(chat) or "-"


def why(chat: "Chat") -> str | None:
    """The reason of a state, with the end of a rate limit where that is known."""
    from observers.history import timestamp

    until = None if chat.resets_ms is None else f"until {timestamp(chat.resets_ms)}"
    reason = said(chat) if chat.problem else chat.reason
    return ", ".join(" ".join(part.split()) for part in (until, reason) if part) or None


def ordered(chats: "Iterable[Chat]") -> "list[Chat]":
    """What needs a person first, then what runs; the newest write first among its like."""
    return sorted(chats, key=lambda chat: (ORDER.index(chat.state.value), -chat.modified_ms))


def _complain(faults: "Iterable[Fault]") -> None:
    for fault in faults:
        print(f"koru: {clean(str(fault))}", file=sys.stderr)


class _Drives:
    """The daemon's drives by the chat they went to; none while no daemon answers."""

    def __init__(self) -> None:
        self._found: dict[str, str] = {}
        self._next = 0.0

    def of(self, chat: "Chat") -> str | None:
        """The newest drive of ours in this chat."""
        if time.monotonic() >= self._next:
            self._ask()
        return self._found.get(chat.session)

    def _ask(self) -> None:
        from bridge.client import Client

        begun = time.monotonic()
        try:
            with Client.connect(name="koru watch", timeout=ASK_S) as client:
                drives = client.request("drive/list", {"limit": DRIVES_MOST}, timeout=ASK_S)["drives"]
        except BridgeError:
            drives = []
        # Newest first on the wire: the first one of a chat stays.
        self._found = {}
        for drive in drives:
            if drive.get("chat_id"):
                self._found.setdefault(drive["chat_id"], drive["drive_id"])
        # A daemon that answers slowly is asked less often.
        self._next = time.monotonic() + max(DRIVES_S, 10 * (time.monotonic() - begun))
