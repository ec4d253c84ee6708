"""xdotool as the presser of keys: the paste is as exact, only the step between check and press is open."""

from typing import TYPE_CHECKING

import pytest

from injectors.base import ClipboardState, Declined, InsertMethod, Level, Stop, Target

if TYPE_CHECKING:
    from tests.real.desktop.conftest import Desk


def test_paste_read_back_and_restored(desk: "Desk", stop: Stop) -> None:
    window = desk.window("gtk", "koru-target")
    desk.copy("OLD")
    text = "Zażółć 👋🏽 漢字\n\tcode()"
    with desk.injector("xdotool").locate(Target(title="koru-target"), stop) as injection:
        assert "focus can move" in injection.place.gap
        assert injection.insert(text).level is Level.VERIFIED
        assert injection.restore().clipboard is ClipboardState.RESTORED
    assert window.chat == text
    assert desk.clipboard() == "OLD"


def test_typing_lines(desk: "Desk", stop: Stop) -> None:
    window = desk.window("gtk", "koru-target")
    text = "first -- line!\nsecond"
    with desk.injector("xdotool").locate(Target(title="koru-target"), stop) as injection:
        with pytest.raises(Declined):
            injection.insert("a\ttab", InsertMethod.TYPE)
        assert injection.insert(text, InsertMethod.TYPE).level is Level.VERIFIED
    assert (window.chat, window.sent) == (text, [])


def test_the_clipboard_injector_on_x11(desk: "Desk", stop: Stop) -> None:
    desk.copy("OLD")
    with desk.injector("clipboard").locate(Target(), stop) as injection:
        injection.insert("for the operator")
        assert desk.clipboard() == "for the operator"
        assert injection.restore(retract=True).clipboard is ClipboardState.RESTORED
    assert desk.clipboard() == "OLD"
