"""The keys of the macOS and Windows injector, with real pynput on X11: they arrive, and only where they may."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.real.desktop.conftest import Program

if TYPE_CHECKING:
    from tests.real.desktop.conftest import Desk

ROOT = Path(__file__).parents[3]
TYPIST = Path(__file__).parent / "targets" / "pynput_typist.py"
WATCHER = Path(__file__).parent / "targets" / "pynput_watcher.py"


def typist(desk: "Desk", title: str, text: str) -> str:
    return desk.run("env", f"PYTHONPATH={ROOT}", sys.executable, "-P", str(TYPIST), title, text).strip()


def test_ascii_and_newlines_arrive_and_send_nothing(desk: "Desk") -> None:
    window = desk.window("gtk", "koru-target")
    text = "".join(map(chr, range(32, 127))) + "\nsecond line"
    assert typist(desk, "koru-target", text) == "VERIFIED"
    assert (window.chat, window.sent) == (text, [])


def test_other_characters_and_drafts_are_declined_untouched(desk: "Desk") -> None:
    window = desk.window("gtk", "koru-target")
    assert typist(desk, "koru-target", "żółw") == "text_unsupported"
    assert typist(desk, "koru-target", "a\ttab") == "text_unsupported"
    assert window.chat == ""
    window.tell(chat="a draft")
    assert typist(desk, "koru-target", "more") == "input_busy"
    assert window.chat == "a draft"


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ((("key", "Scroll_Lock"),), "the panic key"),
        ((("key", "F13"),), "a key of the operator"),
        ((("click", "9"),), "a mouse button of the operator"),
        ((("mousemove", "5", "5"), ("mousemove", "300", "200")), "a mouse movement of the operator"),
    ],
)
def test_the_operator_is_seen(desk: "Desk", words: tuple[tuple[str, ...], ...], reason: str) -> None:
    path = f"PYTHONPATH={ROOT}"
    watcher = Program(desk.start("env", path, sys.executable, "-P", str(WATCHER), "Scroll_Lock"))
    for each in words:
        desk.run("xdotool", *each)
    assert watcher.line() == reason
