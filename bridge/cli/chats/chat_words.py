"""What a chat is called where it is listed: its state, its title and its folder. Used by `koru history` and `watch`."""

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bridge.chats.chat import Chat

# The style of a state or of a problem; a word that is not here is dim.
STYLES = {
    "done": "green", "working": "bold", "queued": "bold", "needs_input": "yellow", "error": "red",
    "rate_limited": "red", "interrupted": "yellow", "encrypted": "dim", "unknown": "dim",
}  # fmt: skip


def state_word(chat: "Chat") -> str:
    """The state; for a chat that cannot be read, the reason code."""
    return chat.problem or chat.state.value


def title(chat: "Chat") -> str:
    """The title; for a chat that cannot be read, the reason in words."""
    return (chat.reason if chat.problem else None) or chat.title or chat.reason or "-"


def folder(path: str | None) -> str:
    """A path with `~` for the home directory; `-` for none."""
    home = os.path.expanduser("~")
    if path is None:
        return "-"
    return f"~{path[len(home) :]}" if path == home or path.startswith(f"{home}{os.sep}") else path
