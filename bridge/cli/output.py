"""What commands print: JSON for programs; tables and colours for people, and those on a terminal only."""

import json
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

_STYLES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33"}
_CONTROL = {code: "\N{REPLACEMENT CHARACTER}" for code in (*range(32), *range(127, 160))}


class OutputLost(Exception):
    """What was printed did not reach its file; the text says why, in the system's words."""


def emit(value: object) -> None:
    """One JSON value on one line; characters that the output's encoding lacks are written as JSON escapes."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        text = json.dumps(value, separators=(",", ":"))
    say(text)


def say(text: str) -> None:
    """Print a text and the end of its line. As `write`."""
    write(f"{text}\n")


def write(text: str) -> None:
    """Print a text as it is; characters that the terminal's encoding lacks are written as escapes.

    OutputLost: the disk is full, or the like. BrokenPipeError: the reader has gone.
    """
    encoding = sys.stdout.encoding or "utf-8"
    try:
        sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding))
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputLost(os.strerror(error.errno or 0)) from None


def on_terminal() -> bool:
    return sys.stdout.isatty()


def paint(text: str, style: str) -> str:
    """Text in a style (bold, dim, red, green, yellow), where a terminal shows it and NO_COLOR is not set."""
    if not on_terminal() or os.environ.get("NO_COLOR"):
        return text
    return f"\x1b[{_STYLES[style]}m{text}\x1b[0m"


def clean(text: str) -> str:
    """Text from elsewhere without control characters: a title must not move the cursor."""
    return text.translate(_CONTROL)


def table(header: "Sequence[str]", rows: "Sequence[Sequence[str]]") -> str:
    """Aligned columns below a header on a terminal; else tab-separated rows alone, for cut and awk."""
    cells = [[clean(cell) for cell in row] for row in rows]
    if not on_terminal():
        return "\n".join("\t".join(row) for row in cells)
    from bridge.cli.columns import fit, width

    widths = [max(map(width, column)) for column in zip(header, *cells, strict=True)]
    lines = ["  ".join(map(fit, row, widths)) for row in (header, *cells)]
    return "\n".join([paint(lines[0].rstrip(), "dim"), *(line.rstrip() for line in lines[1:])])


def span(milliseconds: int) -> str:
    """A length of time in its two largest units: `3 d 4 h`, `5 min 2 s`, `0 s`."""
    seconds = max(milliseconds, 0) // 1000
    parts = []
    for unit, size in (("d", 86_400), ("h", 3600), ("min", 60), ("s", 1)):
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2]) or "0 s"
