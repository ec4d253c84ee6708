"""Every observer by its id. An observer that is not listed here does not exist."""

from observers import claude_code, cursor, goose, kilo, opencode, vscode_chat, zed
from observers.base import Observer

OBSERVERS: dict[str, Observer] = {
    "vscode_chat": vscode_chat,
    "opencode": opencode,
    "kilo": kilo,
    "cursor": cursor,
    "goose": goose,
    "zed": zed,
    "claude_code": claude_code,
}
