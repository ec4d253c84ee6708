"""Text in the columns of a terminal: what is wide, what takes no room, and what is cut off."""

import subprocess
import sys

import pytest

from bridge.cli import output
from bridge.cli.columns import cut, fit, width

FAMILY = "\U0001f469\u200d\U0001f469\u200d\U0001f467"


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("", 0),
        ("abc", 3),
        ("漢字", 4),
        ("e\u0301", 1),
        (FAMILY, 2),
        ("\x1b[32mok\x1b[0m", 2),
        ("\ufffd", 1),
    ],
)
def test_a_text_takes_the_columns_a_terminal_gives_it(text: str, columns: int) -> None:
    assert width(text) == columns


@pytest.mark.parametrize(
    ("text", "columns", "fitted"),
    [
        ("abc", 5, "abc  "),
        ("abcdef", 4, "abc…"),
        ("漢字漢字", 5, "漢字…"),
        ("漢字漢字", 4, "漢… "),
        ("", 2, "  "),
        ("abc", 1, "…"),
        ("e\u0301a", 2, "e\u0301a"),
        ("abc", 0, ""),
        (f"{FAMILY}ab", 3, f"{FAMILY}…"),
        ("ab……", 3, "ab…"),
    ],
)
def test_text_fits_its_column(text: str, columns: int, fitted: str) -> None:
    assert fit(text, columns) == fitted
    assert width(fit(text, columns)) == columns


@pytest.mark.parametrize(
    ("text", "columns", "left"),
    [
        ("abcdef", 4, "abcd"),
        ("abc", 9, "abc"),
        ("漢字", 3, "漢 "),
        ("a\x1b[32mbcd\x1b[0me", 3, "a\x1b[32mbc\x1b[0m"),
        ("\x1b[32mok\x1b[0m", 9, "\x1b[32mok\x1b[0m"),
    ],
)
def test_what_is_cut_keeps_its_style_and_ends_it(text: str, columns: int, left: str) -> None:
    assert cut(text, columns) == left


def test_a_table_is_aligned_below_wide_characters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(output, "on_terminal", lambda: True)
    monkeypatch.setenv("NO_COLOR", "1")
    assert output.table(("A", "B"), [("漢字", "x"), ("abc", "y")]) == "A     B\n漢字  x\nabc   y"


def test_plain_text_does_not_pay_for_the_library() -> None:
    code = "import sys; from bridge.cli.columns import fit; fit('abc', 2); print('wcwidth' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "False\n"
