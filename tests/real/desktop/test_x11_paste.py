"""Pasting into real GTK and Tk fields on X11. Truth is what the target says it holds."""

from typing import TYPE_CHECKING

import pytest

from injectors.base import ClipboardState, Level, Stop, Submitted, Target

if TYPE_CHECKING:
    from tests.real.desktop.conftest import Desk

ascii_text = "".join(map(chr, range(32, 127)))
texts = {
    "ascii": ascii_text,
    "polish": "Zażółć gęślą jaźń ÓŁĄĆŻŹ",
    "emoji": "👋🏽 👩‍👩‍👧 🚀",
    "cjk": "漢字かな交じり文 한국어",
    "code": "def f(x):\n\tif x:\n\t\treturn {\n\t\t\t'a': 1,\n\t\t}\n",
    "10 KB": (ascii_text + "\n") * 104,
    "100 KB": ("żółw " + ascii_text + "\n") * 950,
    "1 MB": ("漢字 " + ascii_text + "\n") * 9300,
}


@pytest.mark.parametrize("name", texts)
@pytest.mark.parametrize("kind", ["gtk", "tk"])
def test_the_field_holds_exactly_the_text(desk: "Desk", stop: Stop, kind: str, name: str) -> None:
    window = desk.window(kind, "koru-target")
    with desk.injector("x11").locate(Target(pids=frozenset({window.pid})), stop) as injection:
        inserted = injection.insert(texts[name])
        window.await_chat(texts[name])
        assert window.sent == []
        assert inserted.level is (Level.VERIFIED if kind == "gtk" else Level.DELIVERED)
        restored = injection.restore()
    assert restored.text_left
    assert restored.clipboard is ClipboardState.RESTORED


def test_a_verified_text_is_submitted_once_and_seen_gone(desk: "Desk", stop: Stop) -> None:
    window = desk.window("gtk", "koru-target")
    with desk.injector("x11").locate(Target(title="koru-TARGET"), stop) as injection:
        injection.insert("first line\nsecond line")
        result = injection.submit()
        again = injection.submit()
    assert isinstance(result, Submitted)
    assert result.level is Level.VERIFIED
    assert not isinstance(again, Submitted)
    assert window.sent == ["first line\nsecond line"]
    assert window.chat == ""
