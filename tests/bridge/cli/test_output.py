"""What commands print."""

import pytest

from bridge.cli.output import clean, span, table


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [
        (-5, "0 s"),
        (0, "0 s"),
        (999, "0 s"),
        (1000, "1 s"),
        (61_000, "1 min 1 s"),
        (3_600_000, "1 h"),
        (3_601_000, "1 h 1 s"),
        (90_061_000, "1 d 1 h"),
    ],
)
def test_lengths_of_time(milliseconds: int, text: str) -> None:
    assert span(milliseconds) == text


def test_control_characters_are_replaced_and_letters_are_not() -> None:
    assert clean("a\x00\x1b\x7f\x9f\n\tb\u00e9\U0001f600") == "a" + "\ufffd" * 6 + "b\u00e9\U0001f600"


def test_rows_that_contain_tabs_stay_one_column() -> None:
    assert table(("A", "B"), [("x\ty", "z")]) == "x\ufffdy\tz"
