"""The injector for macOS and Windows where it can be tried here: its own word, the window in front, and key order."""

import os
import subprocess
import sys
from dataclasses import dataclass, field
from typing import Any

import pytest

from injectors.base import Declined, Stop
from injectors.blockers import BlockerWord
from injectors.front_window import FrontWindowDesk, front_of
from injectors.parts import Window
from injectors.pynput import Pynput, PynputKeys
from injectors.pynput_guard import PynputGuard

EDITOR, OTHER = Window(7, 42, "Editor", "main"), Window(8, 43, "Other", "other")


def test_here_others_are_better_and_it_says_so() -> None:
    missing = Pynput({}).needs()
    assert missing is not None
    assert missing.blocker is BlockerWord.DESK_UNSUPPORTED
    assert "os_injector_x11" in missing.hint


@pytest.mark.parametrize(("platform", "known"), [("darwin", True), ("win32", True), ("linux", False)])
def test_which_systems_say_what_is_in_front(platform: str, known: bool) -> None:
    assert (front_of(platform) is not None) is known


@pytest.mark.parametrize("front", [None, OTHER, Window(7, 99, "Editor", "main")])
def test_a_window_that_is_not_in_front_is_declined(front: Window | None) -> None:
    with pytest.raises(Declined) as refused:
        FrontWindowDesk(lambda: front).prove(EDITOR)
    assert refused.value.blocker is BlockerWord.FOCUS_ELSEWHERE
    FrontWindowDesk(lambda: EDITOR).prove(EDITOR)


@dataclass
class Controller:
    """Records what is pressed and let go of."""

    fail_on: Any = None
    struck: list[tuple[Any, bool]] = field(default_factory=list)

    def press(self, key: Any) -> None:
        if key == self.fail_on:
            raise OSError("no")
        self.struck.append((key, True))

    def release(self, key: Any) -> None:
        self.struck.append((key, False))


SCRIPT = """
from tests.injectors.test_pynput import Controller
from injectors.base import Declined, Lost
from injectors.parts import NEWLINE
from injectors.pynput import PynputKeys
from injectors.blockers import BlockerWord
hand, told = Controller(), []
keys = PynputKeys(hand)
keys.type("ab\\nc" * 4, lambda: told.append("guard"), lambda count: told.append(count))
downs = [str(key).partition(".")[0] for key, down in hand.struck if down]
assert downs == ["a", "b", "Key", "Key", "c"] * 4, downs
assert sum(down for _, down in hand.struck) * 2 == len(hand.struck)
assert told == ["guard", 8, "guard", 16], told
def refuse(): raise Declined(BlockerWord.FOCUS_ELSEWHERE, "gone", "look")
hand.struck.clear()
try: keys.press(NEWLINE, refuse)
except Declined: assert hand.struck == []
broken = PynputKeys(Controller(fail_on="b"))
try: broken.type("ab", lambda: None, lambda count: None)
except Lost as lost: print(lost.blocker)
broken.release()
print("done")
"""


def test_keys_are_struck_in_guarded_chunks_and_let_go_of() -> None:
    """With pynput's dummy backend, which has one key for all names and presses none."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env={**os.environ, "PYNPUT_BACKEND": "dummy"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout.split() == ["tool_failed", "done"], done.stderr


def test_what_a_program_pressed_is_not_the_operator_s() -> None:
    """The systems where it runs mark such events; X11 does not."""
    stop = Stop()
    guard = PynputGuard(stop)
    guard.pressed("a", True)
    guard.clicked(1, 1, "left", True, True)
    guard.clicked(1, 1, "left", False, False)
    for x in (0, 500):
        guard.moved(x, 0, True)
    guard.moved(7, 7, False)
    guard.moved(17, 17, False)
    assert stop.reason is None
    guard.moved(40, 7, False)
    assert stop.reason == "a mouse movement of the operator"


def test_only_printable_ascii_is_typable() -> None:
    keys = PynputKeys(Controller())
    assert keys.typable("plain\ntext ~") is None
    assert "U+0009" in str(keys.typable("a\tb"))
    assert "U+017C" in str(keys.typable("ż"))
