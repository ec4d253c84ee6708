"""Headless sway with a real GTK field. Who fetched cannot be known on Wayland, so only a readback proves anything."""

import json
import signal
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import pytest

from injectors.base import ClipboardState, Declined, InsertMethod, Level, Lost, Stop, Submitted, Target
from injectors.blockers import BlockerWord
from injectors.wayland_wire import VirtualKeyboard
from tests.real.desktop.conftest import require, until

if TYPE_CHECKING:
    from tests.real.desktop.conftest import Desk


@pytest.fixture
def swaylock_installed() -> None:
    require("swaylock")


mixed = "Zażółć gęślą jaźń 👋🏽 漢字\n\tcode('x')\n"
ascii_text = "".join(map(chr, range(32, 127)))


@pytest.mark.parametrize("text", [mixed, mixed * 2000], ids=["mixed", "100 KB"])
def test_paste_is_exact_verified_and_submitted(wayland_desk: "Desk", stop: Stop, text: str) -> None:
    window = wayland_desk.window("gtk", "koru-target")
    with wayland_desk.injector("wayland_keyboard").locate(Target(title="koru-target"), stop) as injection:
        assert injection.place.gap
        inserted = injection.insert(text)
        assert inserted.level is Level.VERIFIED
        window.await_chat(text)
        result = injection.submit()
        assert injection.restore().clipboard is ClipboardState.RESTORED
    assert isinstance(result, Submitted)
    assert result.level is Level.VERIFIED
    assert [sent.rstrip("\n") for sent in window.sent] == [text.rstrip("\n")]


def test_typing_is_exact_and_newlines_do_not_send(wayland_desk: "Desk", stop: Stop) -> None:
    window = wayland_desk.window("gtk", "koru-target")
    text = ascii_text + "\nsecond line\n\nthird"
    with wayland_desk.injector("wayland_keyboard").locate(Target(title="koru-target"), stop) as injection:
        with pytest.raises(Declined) as refused:
            injection.insert("żółw", InsertMethod.TYPE)
        assert refused.value.blocker is BlockerWord.TEXT_UNSUPPORTED
        assert injection.insert(text, InsertMethod.TYPE).level is Level.VERIFIED
    assert window.chat == text
    assert window.sent == []


def test_focus_comes_to_the_target_and_the_bystander_stays_empty(wayland_desk: "Desk", stop: Stop) -> None:
    target = wayland_desk.window("gtk", "koru-target")
    bystander = wayland_desk.window("gtk", "koru-bystander")
    with wayland_desk.injector("wayland_keyboard").locate(Target(title="koru-target"), stop) as injection:
        injection.insert(mixed)
    target.await_chat(mixed)
    assert bystander.chat == ""


def test_a_draft_is_never_overwritten(wayland_desk: "Desk", stop: Stop) -> None:
    window = wayland_desk.window("gtk", "koru-target")
    window.tell(chat="the operator's draft")
    injection = wayland_desk.injector("wayland_keyboard").locate(Target(title="koru-target"), stop)
    with pytest.raises(Declined) as refused, injection:
        injection.insert(mixed)
    assert refused.value.blocker is BlockerWord.INPUT_BUSY
    assert window.chat == "the operator's draft"


def test_a_locked_screen(wayland_desk: "Desk", stop: Stop, swaylock_installed: None) -> None:
    """Keys would go into its password."""
    window = wayland_desk.window("gtk", "koru-target")
    injector = wayland_desk.injector("wayland_keyboard")
    with locked(wayland_desk):
        for method in InsertMethod:
            with (
                pytest.raises(Declined, match="lock screen") as refused,
                injector.locate(Target(title="koru-target"), stop) as injection,
            ):
                injection.insert("not a password", method)
            assert refused.value.blocker is BlockerWord.FOCUS_ELSEWHERE
            assert "unlock" in refused.value.hint
    assert window.chat == ""
    with injector.locate(Target(title="koru-target"), stop) as injection:
        assert injection.insert("after the lock").level is Level.VERIFIED


@contextmanager
def locked(desk: "Desk") -> Iterator[None]:
    """A real lock screen. The compositor stays locked unless the program itself unlocks it."""
    lock = desk.start("swaylock", "--color", "000000")
    try:
        until(lambda: json.loads(desk.run("swaymsg", "-r", "-t", "get_seats"))[0]["focus"] == 0, "the screen is locked")
        yield
    finally:
        lock.send_signal(signal.SIGUSR1)
        assert lock.wait(30) == 0


def test_wtype_is_never_believed(wayland_desk: "Desk", stop: Stop) -> None:
    """GTK ignores its paste keys: the exit code is 0 all the same, and only the readback tells.

    The seat has another keyboard, as every real desk has; with none at all GTK does not even feel focused.
    """
    with closing(VirtualKeyboard(wayland_desk.environment)):
        wtype_against_gtk(wayland_desk, stop)


def wtype_against_gtk(wayland_desk: "Desk", stop: Stop) -> None:
    window = wayland_desk.window("gtk", "koru-target")
    injector = wayland_desk.injector("wtype")
    assert "wayland_keyboard is better" in injector.caution
    with injector.locate(Target(title="koru-target"), stop) as injection:
        try:
            inserted = injection.insert("does it paste?")
        except Lost as lost:
            assert lost.blocker is BlockerWord.TEXT_DIFFERS
            assert window.chat == ""
        else:
            assert inserted.level is Level.VERIFIED
            window.await_chat("does it paste?")


@pytest.mark.parametrize(("desktop", "word"), [("ubuntu:GNOME", "GNOME"), ("KDE", "KWin"), ("", "unknown")])
def test_a_desk_whose_focus_cannot_be_read_is_refused(wayland_desk: "Desk", desktop: str, word: str) -> None:
    from injectors.catalogue import CATALOGUE

    environment = {k: v for k, v in wayland_desk.environment.items() if k != "SWAYSOCK"}
    environment["XDG_CURRENT_DESKTOP"] = desktop
    for name in ("wayland_keyboard", "wtype"):
        missing = CATALOGUE[name](environment).needs()
        assert missing is not None
        assert missing.blocker is BlockerWord.DESK_UNSUPPORTED
        assert word in missing.message


def test_the_clipboard_injector_leaves_the_rest_to_the_operator(wayland_desk: "Desk", stop: Stop) -> None:
    with wayland_desk.injector("clipboard").locate(Target(), stop) as injection:
        assert injection.insert(mixed).level is Level.SENT
        assert not isinstance(injection.submit(Level.SENT), Submitted)
        assert injection.restore().clipboard is ClipboardState.KEPT
    assert wayland_desk.run("wl-paste", "--no-newline") == mixed
