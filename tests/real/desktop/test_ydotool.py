"""Protocol-tested: the real client against a recording daemon. That a kernel would act on it is not shown here."""

import socket
import stat
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from Xlib import X
from Xlib.ext import xtest

from injectors.base import ClipboardState, Level, Stop, Submitted, Target
from injectors.blockers import BlockerWord
from injectors.catalogue import CATALOGUE
from injectors.parts import PASTE, SUBMIT
from injectors.tool import run
from injectors.x11_display import X11Display
from injectors.ydotool import Generation, coded, coded_text, generation, named, socket_path
from tests.real.desktop.conftest import Desk

_record = struct.Struct("<HHi")
_key_event = 1
_first_keycode = 8


@contextmanager
def daemon(path: Path, kind: socket.SocketKind, heard: Callable[[bytes], object]) -> Iterator[None]:
    """Listens like ydotoold of either generation, to one client after another; all of it is heard before the end."""
    over = threading.Event()
    with socket.socket(socket.AF_UNIX, kind) as ear:
        ear.bind(str(path))
        if kind is socket.SOCK_STREAM:
            ear.listen()

        def listen() -> None:
            while kind is socket.SOCK_DGRAM and (data := ear.recv(4096)):
                heard(data)
            while kind is socket.SOCK_STREAM and not over.is_set():
                connection, _ = ear.accept()
                with connection:
                    while data := connection.recv(4096):
                        heard(data)

        thread = threading.Thread(target=listen)
        thread.start()
        try:
            yield
        finally:
            over.set()
            with socket.socket(socket.AF_UNIX, kind) as last:
                last.connect(str(path))
                if kind is socket.SOCK_DGRAM:
                    last.send(b"")
            thread.join(30)
            path.unlink()


@pytest.fixture
def client(bus: dict[str, str], tmp_path: Path, request: pytest.FixtureRequest) -> tuple[dict[str, str], Path, bool]:
    """What the installed client is told, where it looks for its daemon, and whether it is of the old generation."""
    request.getfixturevalue("ydotool_installed")
    environment = {"YDOTOOL_SOCKET": str(tmp_path / "socket")}
    found = generation(bus)
    assert found is not None
    path = socket_path(found, bus | environment)
    assert not path.exists(), "a real ydotoold is running: its keys would reach this desk"
    return environment, path, found is Generation.NAMES


def keys(data: bytes, size: int) -> list[tuple[int, int]]:
    """Key code and value of each key event; the event proper is the last 8 bytes of a record."""
    events = [_record.unpack(data[at + size - 8 : at + size]) for at in range(0, len(data), size)]
    return [(code, value) for kind, code, value in events if kind == _key_event]


def test_the_installed_client_says_which_generation_it_is_and_presses_our_chord(
    bus: dict[str, str], client: tuple[dict[str, str], Path, bool]
) -> None:
    told, path, old = client
    environment = bus | told
    received: list[bytes] = []
    with daemon(path, socket.SOCK_STREAM if old else socket.SOCK_DGRAM, received.append):
        run((named if old else coded)(PASTE), environment)
        if not old:
            run(coded(SUBMIT), environment)
            run(coded_text("A\\"), environment)
    control_v = [(29, 1), (47, 1), (47, 0), (29, 0)]
    pressed = keys(b"".join(received), 8 if old else 24)
    typed = [(42, 1), (30, 1), (30, 0), (42, 0), (43, 1), (43, 0)]
    assert pressed == (control_v if old else [*control_v, (28, 1), (28, 0), *typed])


def test_the_whole_way_with_a_daemon_that_presses_what_it_hears(
    desk: Desk, stop: Stop, client: tuple[dict[str, str], Path, bool]
) -> None:
    """XTEST stands in for the kernel; the client, the focus, the clipboard, the window and the readback are real."""
    told, path, old = client
    window = desk.window("gtk", "koru-target")
    desk.copy("OLD")
    text = "Zażółć 👋🏽 漢字\n\tcode()"
    display = X11Display(desk.environment["DISPLAY"])

    def press(data: bytes) -> None:
        for code, value in keys(data, 8 if old else 24):
            xtest.fake_input(display.raw, X.KeyPress if value else X.KeyRelease, code + _first_keycode)
        display.raw.sync()

    desk.environment = desk.environment | told
    with (
        daemon(path, socket.SOCK_STREAM if old else socket.SOCK_DGRAM, press),
        desk.injector("ydotool").locate(Target(title="koru-target"), stop) as injection,
    ):
        assert "focus can move" in injection.place.gap
        assert injection.insert(text).level is Level.VERIFIED
        result = injection.submit()
        assert injection.restore().clipboard is ClipboardState.RESTORED
    display.close()
    assert isinstance(result, Submitted)
    assert result.level is Level.VERIFIED
    assert window.sent == [text]
    assert desk.clipboard() == "OLD"


@pytest.mark.parametrize(
    ("help_text", "found"),
    [
        ("Available commands:\n  key\nUse environment variable YDOTOOL_SOCKET to specify", Generation.CODES),
        ("Available commands:\n  type\n  recorder\n", Generation.NAMES),
        ("Available commands:\n  dance\n", None),
    ],
)
def test_the_generation_is_read_from_the_help(tmp_path: Path, help_text: str, found: Generation | None) -> None:
    tool = tmp_path / "ydotool"
    tool.write_text(f"#!/bin/sh\ncat <<'END'\n{help_text}\nEND\nexit 1\n", encoding="utf-8")
    tool.chmod(tool.stat().st_mode | stat.S_IXUSR)
    assert generation({"PATH": f"{tmp_path}:/usr/bin:/bin"}) is found


def test_a_client_of_no_known_generation_is_refused(desk: Desk, tmp_path: Path) -> None:
    tool = tmp_path / "ydotool"
    tool.write_text("#!/bin/sh\necho 'Available commands: dance'\n", encoding="utf-8")
    tool.chmod(0o700)
    missing = CATALOGUE["ydotool"](desk.environment | {"PATH": f"{tmp_path}:/usr/bin:/bin"}).needs()
    assert missing is not None
    assert missing.blocker is BlockerWord.TOOL_VERSION
    assert "1.x" in missing.hint


def test_the_words_of_1_x() -> None:
    assert coded(PASTE) == ("ydotool", "key", "29:1", "47:1", "47:0", "29:0")
    assert coded_text("A\\") == ("ydotool", "key", "-d", "2", "42:1", "30:1", "30:0", "42:0", "43:1", "43:0")
