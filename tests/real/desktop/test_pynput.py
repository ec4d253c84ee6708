"""The keys of the macOS and Windows injector, with real pynput on X11: they arrive, and only where they may."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.real.desktop.conftest import Desk

ROOT = Path(__file__).parents[3]
TYPIST = Path(__file__).parent / "targets" / "pynput_typist.py"


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
