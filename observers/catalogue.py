"""Every observer by its id. An observer that is not listed here does not exist."""

from observers import cursor, kilo, opencode, vscode_chat
from observers.base import Observer

OBSERVERS: dict[str, Observer] = {
    "vscode_chat": vscode_chat,
    "opencode": opencode,
    "kilo": kilo,
    "cursor": cursor,
}
