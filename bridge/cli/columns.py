"""Text in the columns of a terminal: what is wide, what takes no room, and what must be cut off."""

from unicodedata import combining, east_asian_width


def width(text: str) -> int:
    """The columns a text takes, wide characters counted twice."""
    if text.isascii():
        return len(text)
    return sum(_columns(character) for character in text)


def fit(text: str, columns: int) -> str:
    """The text in exactly so many columns: cut off with `…`, or filled up with blanks."""
    if width(text) <= columns:
        return text + " " * (columns - width(text))
    kept, left = [], columns - 1
    for character in text:
        left -= _columns(character)
        if left < 0:
            break
        kept.append(character)
    cut = "".join(kept) + "…"
    return (cut + " " * (columns - width(cut)))[:columns] if columns > 0 else ""


def _columns(character: str) -> int:
    if combining(character) or character in "\u200b\u200d\ufe0f":
        return 0
    return 2 if east_asian_width(character) in "WF" else 1
