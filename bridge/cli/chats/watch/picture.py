"""What `koru watch` shows on a screen: a line of counts, a table of chats, and what cannot be read."""

from bridge.cli.chats.chat_words import STYLES, folder, state_word, title
from bridge.cli.columns import fit, width
from bridge.cli.output import clean, paint, span
from bridge.clock import now_ms

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from os import terminal_size

    from bridge.chats.chat import Chat
    from bridge.chats.watcher import Update, Watcher
    from bridge.cli.chats.watch.chat_drives import ChatDrives

# A state that waits for a person comes first, one that is over last.
ORDER = ("needs_input", "rate_limited", "error", "working", "queued", "interrupted", "unknown", "done")
HEADER = ("STATE", "WRITTEN", "LATE", "PRODUCT", "WORKSPACE", "DRIVE", "CHAT", "WHY")
# The most columns each cell before the last two may take, and which of them are left out first where there is no room.
MOST = (12, 12, 7, 16, 28, 14)
SPARED = (5, 2, 4, 3)
# What each of the last two has before others are left out for it.
LEAST = 12


def picture(
    shown: "list[Chat]", drives: "ChatDrives", watcher: "Watcher", update: "Update", room: "terminal_size"
) -> "list[str]":
    """The lines of one picture: as many as the screen has at most, none wider than it is."""
    now = now_ms()
    faults = [f"  {clean(str(fault))}" for fault in watcher.faults()]
    lines = [paint(fit(_summary(shown, watcher, update), room.columns), "bold"), ""]
    below = [paint(fit(line, room.columns), "red") for line in faults[: max(0, room.lines // 3)]]
    left = max(0, room.lines - len(lines) - len(below) - 2)
    lines += _table([row_of(chat, drives.of(chat), now) for chat in shown[:left]], room.columns)
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
        fitted = [fit(clean(cell), size) for cell, size in zip(row, widths, strict=True) if size]
        lines.append("  ".join([paint(fitted[0], STYLES.get(row[0], "dim")), *fitted[1:]]))
    return lines


def row_of(chat: "Chat", drive: str | None, now: int) -> "tuple[str, ...]":
    """The row of a chat below HEADER, at a time in milliseconds since 1970."""
    late = "-" if chat.horizon_s is None else f"{chat.horizon_s:g} s"
    place = (chat.product or chat.observer, folder(chat.workspace), drive or "-")
    name = chat.title or chat.session or "-"
    ago = f"{span(now - chat.modified_ms)}" if chat.modified_ms else "-"
    return state_word(chat), ago, late, *place, name, why(chat) or "-"


def why(chat: "Chat") -> str | None:
    """The reason of a state, with the end of a rate limit where that is known."""
    from observers.history import timestamp

    until = None if chat.resets_ms is None else f"until {timestamp(chat.resets_ms)}"
    reason = title(chat) if chat.problem else chat.reason
    return ", ".join(" ".join(part.split()) for part in (until, reason) if part) or None


def ordered(chats: "Iterable[Chat]") -> "list[Chat]":
    """What needs a person first, then what runs; the newest write first among its like."""
    return sorted(chats, key=lambda chat: (ORDER.index(chat.state.value), -chat.modified_ms))
