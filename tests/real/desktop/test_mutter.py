"""Headless Mutter, the compositor of GNOME: no injector may press keys there, and the clipboard still gets through.

The operator's hands are Mutter's own remote desktop, which only a session of its own may use without being asked.
"""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from jeepney import DBusAddress, message_bus, new_method_call  # type: ignore[import-untyped]
from jeepney.io.blocking import DBusConnection, open_dbus_connection  # type: ignore[import-untyped]
from jeepney.wrappers import unwrap_msg  # type: ignore[import-untyped]

from injectors.base import ClipboardState, Level, Stop, Submitted, Target
from injectors.blockers import BlockerWord
from injectors.catalogue import CATALOGUE
from injectors.evdev_keys import CODES
from tests.real.desktop.conftest import ChatWindow, Desk, require, running, session_bus, until

mixed = "Zażółć gęślą jaźń 👋🏽 漢字\n\tcode('x')\n"
_remote = "org.gnome.Mutter.RemoteDesktop"
_answer_seconds = 30.0


class Hands:
    """Keys at real positions, pressed by the compositor itself. Closing the connection takes the keyboard away."""

    def __init__(self, connection: DBusConnection) -> None:
        self._connection = connection
        self._session = self._call("/org/gnome/Mutter/RemoteDesktop", _remote, "CreateSession")[0]
        self._act("Start")
        self.press("Shift_L")  # the keyboard is there from the first key on, and without one no window is active

    def press(self, *keys: str) -> None:
        codes = [CODES[key] for key in keys]
        for down, order in ((True, codes), (False, codes[::-1])):
            for code in order:
                self._act("NotifyKeyboardKeycode", "ub", (code, down))

    def _act(self, method: str, signature: str | None = None, body: tuple[object, ...] = ()) -> None:
        self._call(self._session, f"{_remote}.Session", method, signature, body)

    def _call(
        self, path: str, interface: str, method: str, signature: str | None = None, body: tuple[object, ...] = ()
    ) -> Any:
        call = new_method_call(DBusAddress(path, _remote, interface), method, signature, body)
        return unwrap_msg(self._connection.send_and_get_reply(call, timeout=_answer_seconds))


@pytest.fixture(scope="module")
def mutter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The compositor on a bus of its own, for it answers to fixed names there."""
    require("mutter")
    with tempfile.TemporaryDirectory(prefix="koru-mutter-") as place, session_bus(Path(place)) as bus:
        environment = bus | {"XDG_CURRENT_DESKTOP": "GNOME", "XDG_SESSION_TYPE": "wayland", "GDK_BACKEND": "wayland"}
        command = ["mutter", "--headless", "--wayland", "--no-x11", "--wayland-display", "koru-0"]
        with running([*command, "--virtual-monitor", "1024x768"], environment):
            until((Path(place) / "koru-0").is_socket, "mutter")
            with open_dbus_connection(bus=bus["DBUS_SESSION_BUS_ADDRESS"]) as connection:
                until(lambda: _is_served(connection, _remote), "mutter's remote desktop")
            yield environment | {"WAYLAND_DISPLAY": "koru-0"}


def _is_served(connection: DBusConnection, name: str) -> bool:
    """The socket is there before the service is."""
    answer = connection.send_and_get_reply(message_bus.NameHasOwner(name), timeout=_answer_seconds)
    return bool(unwrap_msg(answer)[0])


@pytest.fixture
def hands(mutter: dict[str, str]) -> Iterator[Hands]:
    with open_dbus_connection(bus=mutter["DBUS_SESSION_BUS_ADDRESS"]) as connection:
        yield Hands(connection)


@contextmanager
def chat(environment: dict[str, str]) -> Iterator[tuple[Desk, ChatWindow]]:
    with ExitStack() as stack:
        desk = Desk(environment, stack)
        script = str(Path(__file__).parent / "targets" / "gtk_window.py")
        window = ChatWindow(desk.start("/usr/bin/python3", script, "koru-target"), "koru-target")
        until(lambda: bool(window.tell()["active"]), "the window is active")
        yield desk, window


@pytest.mark.parametrize("text", [mixed, mixed * 2000], ids=["mixed", "100 KB"])
def test_what_is_put_on_the_clipboard_is_what_the_operator_pastes(
    mutter: dict[str, str], hands: Hands, stop: Stop, text: str
) -> None:
    with chat(mutter) as (desk, window), desk.injector("clipboard").locate(Target(), stop) as injection:
        assert injection.insert(text).level is Level.SENT
        assert not isinstance(injection.submit(Level.SENT), Submitted)
        until(lambda: bool(window.tell()["active"]), "the window is active again")
        hands.press("Control_L", "v")
        window.await_chat(text)
        assert window.sent == []
        assert injection.restore().clipboard is ClipboardState.KEPT


def test_the_operator_s_clipboard_returns(mutter: dict[str, str], hands: Hands, stop: Stop) -> None:
    with chat(mutter) as (desk, window), desk.injector("clipboard").locate(Target(), stop) as injection:
        injection.insert("OLD")
        with desk.injector("clipboard").locate(Target(), stop) as second:
            second.insert("second thoughts")
            assert second.restore(retract=True).clipboard is ClipboardState.RESTORED
        until(lambda: bool(window.tell()["active"]), "the window is active again")
        hands.press("Control_L", "v")
        window.await_chat("OLD")


@pytest.mark.parametrize("name", ["wayland_keyboard", "wtype"])
def test_no_key_is_pressed_where_the_focus_cannot_be_known(mutter: dict[str, str], name: str) -> None:
    missing = CATALOGUE[name](mutter).needs()
    assert missing is not None
    assert missing.blocker is BlockerWord.DESK_UNSUPPORTED
    assert "GNOME" in missing.message
    assert "libei" in missing.hint
