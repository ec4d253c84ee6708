"""Focus stolen, targets stopped, clipboards taken over: nothing lands elsewhere and nothing of the operator is lost."""

import os
import random
import re
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from Xlib import X

from injectors.base import ClipboardState, Declined, Injection, Inserted, InsertMethod, Level, Lost, Stop, Target
from injectors.blockers import BlockerWord
from injectors.focus import X11Desk
from injectors.injection import find
from injectors.x11_display import X11Display

if TYPE_CHECKING:
    from tests.real.desktop.conftest import ChatWindow, Desk

prose = "The quick brown fox jumps over the lazy dog. " * 200
paragraph = prose[:2000]


def attempt(injection: Injection, text: str, method: InsertMethod) -> Inserted | Declined | Lost:
    try:
        return injection.insert(text, method)
    except (Declined, Lost) as error:
        return error


class Thief:
    """Gives a bystander's window the input focus, as any program may."""

    def __init__(self, desk: "Desk", bystander: "ChatWindow") -> None:
        self._display = X11Display(desk.environment["DISPLAY"])
        self._window = find(X11Desk(self._display), Target(title=bystander.title)).id

    def steal(self) -> None:
        self._display.raw.set_input_focus(self._window, X.RevertToParent, X.CurrentTime)
        self._display.raw.sync()

    def close(self) -> None:
        self._display.close()


@contextmanager
def theft(desk: "Desk", target: "ChatWindow", bystander: "ChatWindow", after: int) -> Iterator[threading.Event]:
    """Give `bystander` the focus once `target` holds `after` characters; the event says that it happened."""
    stolen, over = threading.Event(), threading.Event()
    thief = Thief(desk, bystander)

    def steal() -> None:
        while not over.is_set() and len(target.chat) < after:
            pass
        thief.steal()
        stolen.set()

    thread = threading.Thread(target=steal)
    thread.start()
    try:
        yield stolen
    finally:
        over.set()
        thread.join()
        thief.close()


@pytest.mark.parametrize("after", [1, 40, 300])
def test_typing_stops_where_the_focus_was_stolen(desk: "Desk", stop: Stop, after: int) -> None:
    target, bystander = desk.window("gtk", "koru-target"), desk.window("gtk", "koru-bystander")
    with desk.injector("x11").locate(Target(title="koru-target"), stop) as injection:
        with theft(desk, target, bystander, after) as stolen:
            outcome = attempt(injection, prose, InsertMethod.TYPE)
        assert stolen.is_set()
        assert isinstance(outcome, Lost)
        assert outcome.blocker is BlockerWord.FOCUS_ELSEWHERE
    counted = re.search(r"after (\d+) of", outcome.message)
    assert counted is not None
    typed = int(counted[1])
    assert after <= typed < len(prose)
    target.await_chat(prose[:typed])
    assert bystander.chat == ""


def test_a_paste_under_constant_theft_lands_in_the_target_or_nowhere(
    desk: "Desk", stop: Stop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("injectors.injection._focus_seconds", 0.5)  # for a refusal is all that more would give
    target, bystander = desk.window("gtk", "koru-target"), desk.window("gtk", "koru-bystander")
    desk.copy("OLD")
    over = threading.Event()
    thief = Thief(desk, bystander)

    def steal() -> None:
        while not over.wait(random.uniform(0, 0.04)):  # noqa: S311 - any moment will do
            thief.steal()

    thread = threading.Thread(target=steal)
    thread.start()
    refused = landed = 0
    try:
        for _ in range(10):
            with desk.injector("x11").locate(Target(title="koru-target"), stop) as injection:
                outcome = attempt(injection, paragraph, InsertMethod.PASTE)
            if not isinstance(outcome, Declined):
                target.await_chat(paragraph)
            held = target.chat
            refused += isinstance(outcome, Declined)
            landed += held == paragraph
            assert held in ("", paragraph)
            assert isinstance(outcome, Declined) == (held == "")
            target.tell(chat="")
    finally:
        over.set()
        thread.join()
        thief.close()
    assert refused + landed == 10
    assert refused > 0, "the thief never interrupted, so this proves nothing"
    assert bystander.chat == ""
    assert desk.clipboard() == "OLD"


def test_a_stopped_target_gets_our_text_late_and_the_old_clipboard_returns(
    desk: "Desk", stop: Stop, brief: None
) -> None:
    """A clipboard manager fetches at once; its fetch must not count as the target's."""
    target = desk.window("tk", "koru-target")
    desk.copy("OLD")
    manager = desk.program("manage")
    with desk.injector("x11").locate(Target(pids=frozenset({target.pid})), stop) as injection:
        os.kill(target.pid, signal.SIGSTOP)
        with pytest.raises(Lost) as lost:
            injection.insert("for the target alone")
        assert lost.value.blocker is BlockerWord.NOT_FETCHED
        assert manager.line() == '"for the target alone"'
        assert injection.restore().clipboard is ClipboardState.DEFERRED
    os.kill(target.pid, signal.SIGCONT)
    target.await_chat("for the target alone")
    assert manager.line() == '"OLD"'
    assert desk.clipboard() == "OLD"


def test_the_next_injection_finds_the_operator_s_clipboard_behind_ours(
    desk: "Desk", stop: Stop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The text that one target never fetched is not what the operator had copied."""
    monkeypatch.setattr("injectors.injection._fetch_seconds", 0.5)
    silent = desk.window("tk", "koru-silent")
    desk.copy("OLD")
    with desk.injector("x11").locate(Target(pids=frozenset({silent.pid})), stop) as injection:
        os.kill(silent.pid, signal.SIGSTOP)
        with pytest.raises(Lost, match="did not fetch"):
            injection.insert("never fetched")
    assert desk.clipboard() == "never fetched"
    silent.process.kill()
    silent.process.wait()
    target = desk.window("gtk", "koru-target")
    with desk.injector("x11").locate(Target(title="koru-target"), stop) as injection:
        assert injection.insert("the next one").level is Level.VERIFIED
        assert injection.restore().clipboard is ClipboardState.RESTORED
    assert target.chat == "the next one"
    assert desk.clipboard() == "OLD"


def test_a_window_that_dies_under_the_typing(desk: "Desk", stop: Stop) -> None:
    """What stands behind it gets the focus then, and not one character."""
    bystander, target = desk.window("gtk", "koru-bystander"), desk.window("gtk", "koru-target")
    killer = threading.Thread(target=_kill_once_it_holds, args=(target, 40))
    with desk.injector("x11").locate(Target(title="koru-target"), stop) as injection:
        killer.start()
        try:
            outcome = attempt(injection, prose, InsertMethod.TYPE)
        finally:
            killer.join()
    assert isinstance(outcome, Lost), outcome
    assert outcome.blocker in (BlockerWord.TARGET_GONE, BlockerWord.FOCUS_ELSEWHERE)
    assert bystander.chat == ""


def _kill_once_it_holds(window: "ChatWindow", characters: int) -> None:
    while len(window.chat) < characters:
        pass
    window.process.kill()
    window.process.wait()


def test_every_format_comes_back(desk: "Desk", stop: Stop) -> None:
    desk.window("gtk", "koru-target")
    owner = desk.program("own")
    before = desk.run(*reader())
    with desk.injector("x11").locate(Target(title="koru-target"), stop) as injection:
        injection.insert("in between")
        assert injection.restore().clipboard is ClipboardState.RESTORED
    assert owner.line() == "cleared"
    assert desk.run(*reader()) == before
    assert "application/x-koru-test" in before


def test_what_someone_copied_meanwhile_stays(desk: "Desk", stop: Stop) -> None:
    desk.window("gtk", "koru-target")
    desk.copy("OLD")
    with desk.injector("x11").locate(Target(title="koru-target"), stop) as injection:
        injection.insert("in between")
        desk.copy("NEW")
        assert injection.restore().clipboard is ClipboardState.CHANGED_BY_OTHER
    assert desk.clipboard() == "NEW"


def test_an_unsubmitted_text_can_be_taken_back(desk: "Desk", stop: Stop) -> None:
    target = desk.window("gtk", "koru-target")
    with desk.injector("x11").locate(Target(title="koru-target"), stop) as injection:
        injection.insert("second thoughts")
        assert not injection.restore(retract=True).text_left
    assert (target.chat, target.sent) == ("", [])


def test_what_the_operator_added_is_not_taken_back(desk: "Desk", stop: Stop) -> None:
    target = desk.window("gtk", "koru-target")
    with desk.injector("x11").locate(Target(title="koru-target"), stop) as injection:
        injection.insert("ours")
        target.tell(chat="ours and the operator's")
        assert injection.restore(retract=True).text_left
    assert target.chat == "ours and the operator's"


def reader() -> tuple[str, ...]:
    import sys
    from pathlib import Path

    return (sys.executable, str(Path(__file__).parent / "targets" / "clipboard_program.py"), "formats")
