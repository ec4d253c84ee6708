"""Text in the columns of a terminal: how many it takes, and what is left of it where there are fewer.

Widths are those of the wcwidth library, which every function imports only for a text that needs it: its tables take a
tenth of a second, and most lines are plain ASCII. Callers remove control characters first (output.clean).
"""

ESCAPE = "\x1b"


def width(text: str) -> int:
    """The columns that a text takes; escape sequences take none."""
    if _is_plain(text):
        return len(text)
    import wcwidth

    return wcwidth.width(text)


def cut(text: str, columns: int) -> str:
    """As much of the beginning of a text as fits; a style that is on at the cut is ended there."""
    if _is_plain(text):
        return text[:columns]
    import wcwidth

    return wcwidth.clip(text, 0, columns)


def fit(text: str, columns: int) -> str:
    """The text in exactly so many columns: cut off with `…`, or filled up with blanks."""
    taken = width(text)
    if taken <= columns:
        return text + " " * (columns - taken)
    if columns <= 0:
        return ""
    if _is_plain(text):
        return f"{text[: columns - 1]}…"
    import wcwidth

    # Half of a wide character cannot be shown: the mark of the cut takes its place, and a blank fills the column after.
    kept = wcwidth.clip(text, 0, columns - 1, fillchar="…").removesuffix("…") + "…"
    return kept + " " * (columns - wcwidth.width(kept))


def _is_plain(text: str) -> bool:
    """Whether every character takes one column."""
    return text.isascii() and ESCAPE not in text
