"""Chats as Markdown. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from bridge.chats.chat import Chat
from observers.base import Turn, TurnRole
from observers.history import timestamp

_SPECIAL = re.compile(r"([\\`*_\[\]<>#|])")
_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})", re.MULTILINE)
SPEAKERS = {TurnRole.USER: "User", TurnRole.ASSISTANT: "Assistant", TurnRole.SYSTEM: "System"}


def document(chats: Iterable[tuple[Chat, Sequence[Turn]]], exported: str) -> Iterator[str]:
    """The document in parts, one chat at a time. The texts stand as they are, but cannot end what they stand in."""
    yield f"# Chats\n\nExported {exported} by Koru.\n"
    for chat, rows in chats:
        yield f"\n## {plain(chat.title or chat.session or chat.store)}\n\n{_about(chat)}\n"
        for row in rows:
            yield f"\n### {_heading(row)}\n\n{closed(row.text)}\n"


def plain(text: str) -> str:
    """Text on one line in which nothing is markup."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


def closed(text: str) -> str:
    """Markdown whose headings are not ours, and whose last fence is closed."""
    lines, fence = [], ""
    for line in text.split("\n"):
        found = _FENCE.match(line)
        if fence:
            if found and line.strip() == found[1] and found[1][0] == fence[0] and len(found[1]) >= len(fence):
                fence = ""
        elif found:
            fence = found[1]
        elif line.startswith("#"):
            line = f"\\{line}"
        lines.append(line)
    return "\n".join([*lines, fence] if fence else lines) or "_no text_"


def _about(chat: Chat) -> str:
    fields = {
        "product": chat.product or chat.observer,
        "workspace": chat.workspace,
        "session": chat.session,
        "state": f"{chat.problem or chat.state.value}{f' ({chat.reason})' if chat.reason else ''}",
        "written": timestamp(chat.modified_ms),
        "store": chat.store,
    }
    return "\n".join(f"- {name}: {plain(value)}" for name, value in fields.items() if value)


def _heading(row: Turn) -> str:
    time = f", {timestamp(row.written_ms)}" if row.written_ms is not None else ""
    reason = f": {plain(row.reason)}" if row.reason else ""
    return f"{SPEAKERS[row.role]} ({row.state.value}{reason}){time}"
