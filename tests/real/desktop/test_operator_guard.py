"""The operator's hands end an injection; our own keys do not. The operator here is xdotool, a program of its own."""

import re
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from injectors.base import ClipboardState, InsertMethod, Level, Lost, Stop, Target
from injectors.blockers import BlockerWord
from injectors.operator_guard import OperatorGuard

if TYPE_CHECKING:
    from tests.real.desktop.conftest import ChatWindow, Desk

prose = "The quick brown fox jumps over the lazy dog. " * 200


@pytest.mark.parametrize("injector", ["x11", "xdotool"])
def test_our_own_keys_are_told_apart(desk: "Desk", stop: Stop, injector: str) -> None:
    window = desk.window("gtk", "koru-target")
    with OperatorGuard(desk.environment["DISPLAY"], stop):
        with desk.injector(injector).locate(Target(title="koru-target"), stop) as injection:
            injection.insert("Pasted, Then Retracted")
            injection.restore(retract=True)
        with desk.injector(injector).locate(Target(title="koru-target"), stop) as injection:
            assert injection.insert("Typed & Sent\n(twice)", InsertMethod.TYPE).level is Level.VERIFIED
            injection.submit()
    assert stop.reason is None
    assert window.sent == ["Typed & Sent\n(twice)"]


def typed_until(desk: "Desk", stop: Stop, window: "ChatWindow", interrupt: Callable[[], object]) -> None:
    """Type, interrupt once some of it has arrived, and hold the field against what was claimed."""

    over = threading.Event()

    def wait_and_interrupt() -> None:
        while not over.is_set() and len(window.chat) < 20:
            pass
        interrupt()

    thread = threading.Thread(target=wait_and_interrupt)
    with desk.injector("x11").locate(Target(title="koru-target"), stop) as injection:
        thread.start()
        try:
            with pytest.raises(Lost) as lost:
                injection.insert(prose, InsertMethod.TYPE)
        finally:
            over.set()
            thread.join()
    assert lost.value.blocker is BlockerWord.STOPPED
    counted = re.search(r"after (\d+) of", lost.value.message)
    assert counted is not None
    window.await_chat(prose[: int(counted[1])])


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("key", "Pause"), "the panic key"),
        (("key", "F13"), "a key of the operator"),
        (("click", "9"), "a mouse button of the operator"),
        (("mousemove_relative", "300", "200"), "a mouse movement of the operator"),
    ],
)
def test_the_operator_stops_the_typing(desk: "Desk", stop: Stop, words: tuple[str, ...], reason: str) -> None:
    window = desk.window("gtk", "koru-target")
    desk.run("xdotool", "mousemove", "5", "5")
    with OperatorGuard(desk.environment["DISPLAY"], stop):
        typed_until(desk, stop, window, lambda: desk.run("xdotool", *words))
    assert stop.reason == reason


def test_a_stop_from_elsewhere_ends_it_within_one_chunk(desk: "Desk", stop: Stop) -> None:
    window = desk.window("gtk", "koru-target")
    typed_until(desk, stop, window, lambda: stop.trip("koru stop"))


def test_a_stop_before_the_paste_leaves_everything_as_it_was(desk: "Desk", stop: Stop) -> None:
    window = desk.window("gtk", "koru-target")
    desk.copy("OLD")
    with desk.injector("x11").locate(Target(title="koru-target"), stop) as injection:
        stop.trip("koru stop")
        with pytest.raises(Exception, match="stopped by koru stop"):
            injection.insert(prose)
        assert injection.restore().clipboard in (ClipboardState.RESTORED, ClipboardState.UNTOUCHED)
    assert window.chat == ""
    assert desk.clipboard() == "OLD"
