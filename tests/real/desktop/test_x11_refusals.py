"""What an X11 injection must refuse, with the target untouched each time."""

from typing import TYPE_CHECKING

import pytest
from Xlib import X

from injectors.base import Click, Declined, InputField, Level, Stop, Target
from injectors.blockers import BlockerWord
from injectors.focus import X11Desk
from injectors.injection import find
from injectors.operator_guard import OperatorGuard
from injectors.x11_display import X11Display
from injectors.x11_picture import window_png
from tests.real.desktop.conftest import require, until

if TYPE_CHECKING:
    from tests.real.desktop.conftest import ChatWindow, Desk


def refusal(desk: "Desk", target: Target, stop: Stop, text: str = "Hello aXv") -> BlockerWord:
    """The blocker of a refused paste; the operator's clipboard is the same before and after."""
    desk.copy("OLD")
    with pytest.raises(Declined) as refused, desk.injector("x11").locate(target, stop) as injection:
        injection.insert(text)
    assert refused.value.hint
    assert desk.clipboard() == "OLD"
    return refused.value.blocker


@pytest.fixture
def i3lock_installed() -> None:
    require("i3lock")


@pytest.fixture
def window(desk: "Desk") -> "ChatWindow":
    return desk.window("gtk", "koru-target")


def test_a_draft_is_never_overwritten(desk: "Desk", stop: Stop, window: "ChatWindow") -> None:
    window.tell(chat="the operator's draft")
    assert refusal(desk, Target(title="koru-target"), stop) is BlockerWord.INPUT_BUSY
    assert window.chat == "the operator's draft"


def test_the_wrong_field_of_the_right_window(desk: "Desk", stop: Stop, window: "ChatWindow") -> None:
    window.tell(focus="plain")
    target = Target(title="koru-target", field=InputField("text", "chat-input"))
    assert refusal(desk, target, stop) is BlockerWord.FIELD_WRONG
    state = window.tell(focus="chat")
    assert (state["chat"], state["plain"]) == ("", "")
    with desk.injector("x11").locate(target, stop) as injection:
        injection.insert("now it is right")
    window.await_chat("now it is right")


def test_a_calibrated_click_finds_the_input(desk: "Desk", stop: Stop, window: "ChatWindow") -> None:
    window.tell(focus="plain")
    target = Target(title="koru-target", click=Click(left=50, from_bottom=120))
    with (
        OperatorGuard(desk.environment["DISPLAY"], stop),
        desk.injector("x11").locate(target, stop) as injection,
    ):
        assert injection.insert("clicked there").level is Level.VERIFIED
    state = window.tell()
    assert (state["chat"], state["plain"]) == ("clicked there", "")
    assert stop.reason is None
    outside = Target(title="koru-target", click=Click(left=50, from_bottom=5000))
    assert refusal(desk, outside, stop) is BlockerWord.FIELD_UNKNOWN


def test_the_picture_for_the_operator_is_a_whole_png(desk: "Desk", window: "ChatWindow") -> None:
    display = X11Display(desk.environment["DISPLAY"])
    try:
        picture = window_png(display, find(X11Desk(display), Target(title="koru-target")).id)
    finally:
        display.close()
    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    assert picture.endswith(b"IEND\xaeB`\x82")


def test_a_grabbed_keyboard(desk: "Desk", stop: Stop, window: "ChatWindow", brief: None) -> None:
    desk.program("grab")
    assert refusal(desk, Target(title="koru-target"), stop) is BlockerWord.KEYBOARD_GRABBED
    assert window.chat == ""


def test_a_locked_screen(desk: "Desk", stop: Stop, window: "ChatWindow", i3lock_installed: None, brief: None) -> None:
    desk.start("i3lock", "--nofork", "--color=000000")
    until(lambda: grabbed(desk), "the screen is locked")
    assert refusal(desk, Target(title="koru-target"), stop) is BlockerWord.KEYBOARD_GRABBED
    assert window.chat == ""


def grabbed(desk: "Desk") -> bool:
    display = X11Display(desk.environment["DISPLAY"])
    try:
        status = display.root.grab_keyboard(False, X.GrabModeAsync, X.GrabModeAsync, X.CurrentTime)
        return bool(status == X.AlreadyGrabbed)
    finally:
        display.close()


def test_a_held_modifier(desk: "Desk", stop: Stop, window: "ChatWindow", brief: None) -> None:
    desk.run("xdotool", "keydown", "ctrl")
    try:
        assert refusal(desk, Target(title="koru-target"), stop) is BlockerWord.MODIFIER_HELD
    finally:
        desk.run("xdotool", "keyup", "ctrl")
    assert window.chat == ""


def test_caps_lock(desk: "Desk", stop: Stop, window: "ChatWindow") -> None:
    desk.run("xdotool", "key", "Caps_Lock")
    try:
        assert refusal(desk, Target(title="koru-target"), stop) is BlockerWord.CAPS_LOCK
    finally:
        desk.run("xdotool", "key", "Caps_Lock")
    assert window.chat == ""


def test_a_target_that_does_not_exist_or_exists_twice(desk: "Desk", stop: Stop, window: "ChatWindow") -> None:
    assert refusal(desk, Target(title="no such window"), stop) is BlockerWord.TARGET_MISSING
    assert refusal(desk, Target(), stop) is BlockerWord.TARGET_UNSPECIFIED
    second = desk.window("gtk", "koru-target-2")
    assert refusal(desk, Target(title="koru-target"), stop) is BlockerWord.TARGET_AMBIGUOUS
    assert (window.chat, second.chat) == ("", "")


def test_a_window_that_died_after_it_was_located(desk: "Desk", stop: Stop, window: "ChatWindow", brief: None) -> None:
    with desk.injector("x11").locate(Target(title="koru-target"), stop) as injection:
        window.process.kill()
        window.process.wait()
        with pytest.raises(Declined) as refused:
            injection.insert("into the void")
    assert refused.value.blocker in (BlockerWord.TARGET_GONE, BlockerWord.FOCUS_ELSEWHERE)


def test_a_clipboard_owner_that_does_not_answer(desk: "Desk", stop: Stop, window: "ChatWindow") -> None:
    owner = desk.program("own")
    owner.process.send_signal(19)
    with (
        pytest.raises(Declined) as refused,
        desk.injector("x11").locate(Target(title="koru-target"), stop) as injection,
    ):
        injection.insert("Hello")
    assert refused.value.blocker is BlockerWord.CLIPBOARD_UNSAVED
    assert window.chat == ""
    owner.process.send_signal(18)
    assert desk.clipboard() == "OLD"


@pytest.mark.parametrize(
    ("text", "blocker"),
    [
        (" \n", BlockerWord.TEXT_EMPTY),
        ("a\0b", BlockerWord.TEXT_UNSUPPORTED),
        ("a\x1b[31mb", BlockerWord.TEXT_UNSUPPORTED),
        ("\ud800", BlockerWord.TEXT_UNSUPPORTED),
        ("x" * 10_000_000, BlockerWord.TEXT_TOO_LARGE),
    ],
    ids=["empty", "NUL", "escape", "surrogate", "10 MB"],
)
def test_text_that_cannot_be_carried(
    desk: "Desk", stop: Stop, window: "ChatWindow", text: str, blocker: BlockerWord
) -> None:
    assert refusal(desk, Target(title="koru-target"), stop, text) is blocker
    assert window.chat == ""


def test_the_proof_itself_does_not_disturb_the_target(desk: "Desk", stop: Stop, window: "ChatWindow") -> None:
    """The keyboard is grabbed for an instant to see whether it can be: no program may notice."""
    checker = X11Desk(X11Display(desk.environment["DISPLAY"]))
    found = find(checker, Target(title="koru-target"))
    with desk.injector("x11").locate(Target(title="koru-target"), stop) as injection:
        injection.insert("focused")
    before = window.tell()
    for _ in range(50):
        checker.prove(found)
    checker.close()
    assert window.tell()["focus_changes"] == before["focus_changes"]


def test_no_display_and_a_dead_display(desk: "Desk", stop: Stop) -> None:
    from injectors.x11 import X11

    assert (missing := X11({}).needs()) is not None
    assert missing.blocker is BlockerWord.NO_DISPLAY
    with pytest.raises(Declined):
        X11({"DISPLAY": ":59999"}).locate(Target(title="x"), stop)
    assert X11(desk.environment).needs() is None
