"""Protocol-tested: the real client against a recording daemon. That a kernel would act on it is not shown here."""

import socket
import stat
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from injectors.parts import PASTE, SUBMIT
from injectors.tool import run
from injectors.ydotool import Generation, coded, coded_text, generation, named, socket_path

_record = struct.Struct("<HHi")
_key_event = 1


@contextmanager
def daemon(path: Path, kind: socket.SocketKind) -> Iterator[list[bytes]]:
    """Listens like ydotoold of either generation and keeps what came; ends when the client has gone."""
    received: list[bytes] = []
    with socket.socket(socket.AF_UNIX, kind) as ear:
        ear.bind(str(path))
        ear.settimeout(10)
        if kind is socket.SOCK_STREAM:
            ear.listen()

        def listen() -> None:
            if kind is socket.SOCK_DGRAM:
                while data := ear.recv(4096):
                    received.append(data)
                return
            connection, _ = ear.accept()
            with connection:
                while data := connection.recv(4096):
                    received.append(data)

        thread = threading.Thread(target=listen)
        thread.start()
        try:
            yield received
        finally:
            if kind is socket.SOCK_DGRAM:
                with socket.socket(socket.AF_UNIX, kind) as last:
                    last.sendto(b"", str(path))
            thread.join(10)
            path.unlink()


def keys(data: bytes, size: int) -> list[tuple[int, int]]:
    """Key code and value of each key event; the event proper is the last 8 bytes of a record."""
    events = [_record.unpack(data[at + size - 8 : at + size]) for at in range(0, len(data), size)]
    return [(code, value) for kind, code, value in events if kind == _key_event]


def test_the_installed_client_says_which_generation_it_is_and_presses_our_chord(
    bus: dict[str, str], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    request.getfixturevalue("ydotool_installed")
    found = generation(bus)
    assert found is not None
    environment = bus | {"YDOTOOL_SOCKET": str(tmp_path / "socket")}
    path = socket_path(found, environment)
    assert not path.exists(), "a real ydotoold is running: its keys would reach this desk"
    old = found is Generation.NAMES
    with daemon(path, socket.SOCK_STREAM if old else socket.SOCK_DGRAM) as received:
        run((named if old else coded)(PASTE), environment)
        if not old:
            run(coded(SUBMIT), environment)
    control_v = [(29, 1), (47, 1), (47, 0), (29, 0)]
    pressed = keys(b"".join(received), 8 if old else 24)
    assert pressed == (control_v if old else [*control_v, (28, 1), (28, 0)])


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


def test_the_words_of_1_x() -> None:
    assert coded(PASTE) == ("ydotool", "key", "29:1", "47:1", "47:0", "29:0")
    assert coded_text("A\\") == ("ydotool", "key", "-d", "2", "42:1", "30:1", "30:0", "42:0", "43:1", "43:0")
