"""Hyprland's requests against a socket that records them and answers from a table. Protocol-tested: no compositor."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from injectors.base import Declined
from injectors.blockers import BlockerWord
from injectors.hyprland import HyprlandDesk
from injectors.parts import Window
from injectors.wayland_desk import open_desk, wayland_missing

CODE = {"address": "0x55d1c8", "pid": 42, "class": "code", "title": "main.py - shop", "mapped": True}
OTHER = {"address": "0x55d1ff", "pid": 43, "class": "kitty", "title": "sh", "mapped": True}
HIDDEN = {"address": "0x1", "pid": 44, "class": "ghost", "title": "", "mapped": False}
WINDOW = Window(0x55D1C8, 42, "code", "main.py - shop")


@dataclass
class Compositor:
    """Answers one request a connection, as the real one does."""

    path: Path
    answers: dict[str, str]
    asked: list[str] = field(default_factory=list)

    def serve(self, listening: socket.socket) -> None:
        while True:
            try:
                wire, _ = listening.accept()
            except OSError:
                return
            with wire:
                self.asked.append(wire.recv(4096).decode("utf-8"))
                wire.sendall(self.answers.get(self.asked[-1], "unknown request").encode("utf-8"))


@pytest.fixture
def compositor(tmp_path: Path) -> Iterator[Compositor]:
    path = tmp_path / "hypr" / "sig" / ".socket.sock"
    path.parent.mkdir(parents=True)
    known = {"j/clients": json.dumps([CODE, OTHER, HIDDEN]), "j/activewindow": json.dumps(CODE)}
    made = Compositor(path, known | {"dispatch focuswindow address:0x55d1c8": "ok"})
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen()
        thread = threading.Thread(target=made.serve, args=(listening,))
        thread.start()
        try:
            yield made
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            thread.join(30)


def test_the_session_s_socket_is_found(compositor: Compositor, tmp_path: Path) -> None:
    session = {"WAYLAND_DISPLAY": "w", "HYPRLAND_INSTANCE_SIGNATURE": "sig", "XDG_RUNTIME_DIR": str(tmp_path)}
    assert wayland_missing(session) is None
    assert open_desk(session).windows() == [WINDOW, Window(0x55D1FF, 43, "kitty", "sh")]
    gone = wayland_missing(session | {"HYPRLAND_INSTANCE_SIGNATURE": "another"})
    assert gone is not None
    assert gone.blocker is BlockerWord.DISPLAY_DEAD


def test_the_focus_is_asked_for_and_proven(compositor: Compositor) -> None:
    desk = HyprlandDesk(compositor.path)
    desk.activate(WINDOW)
    desk.prove(WINDOW)
    assert compositor.asked == ["dispatch focuswindow address:0x55d1c8", "j/locked", "j/activewindow"]


@pytest.mark.parametrize(("said", "refused"), [('{"locked": true}', True), ('{"locked": false}', False)])
def test_a_locked_screen(compositor: Compositor, said: str, refused: bool) -> None:
    compositor.answers["j/locked"] = said
    with pytest.raises(Declined, match="locked") if refused else nullcontext():
        HyprlandDesk(compositor.path).prove(WINDOW)


@pytest.mark.parametrize(
    ("front", "blocker"),
    [
        (json.dumps(OTHER), BlockerWord.FOCUS_ELSEWHERE),
        ("{}", BlockerWord.FOCUS_ELSEWHERE),
        (json.dumps(CODE | {"pid": 99}), BlockerWord.TARGET_GONE),
        ("not json", BlockerWord.DISPLAY_DEAD),
        ("", BlockerWord.DISPLAY_DEAD),
    ],
)
def test_what_is_not_proven_is_declined(compositor: Compositor, front: str, blocker: BlockerWord) -> None:
    compositor.answers["j/activewindow"] = front
    with pytest.raises(Declined) as refused:
        HyprlandDesk(compositor.path).prove(WINDOW)
    assert refused.value.blocker is blocker
    assert refused.value.hint


def test_a_refused_focus_and_a_dead_socket(compositor: Compositor, tmp_path: Path) -> None:
    compositor.answers.clear()
    with pytest.raises(Declined) as refused:
        HyprlandDesk(compositor.path).activate(WINDOW)
    assert refused.value.blocker is BlockerWord.FOCUS_REFUSED
    with pytest.raises(Declined) as dead:
        HyprlandDesk(tmp_path / "nothing").windows()
    assert dead.value.blocker is BlockerWord.DISPLAY_DEAD


@pytest.mark.parametrize("desktop", ["ubuntu:GNOME", "KDE", "Unity", ""])
def test_a_closed_desktop_is_told_which_route_there_would_be(desktop: str) -> None:
    missing = wayland_missing({"WAYLAND_DISPLAY": "wayland-0", "XDG_CURRENT_DESKTOP": desktop})
    assert missing is not None
    assert missing.blocker is BlockerWord.DESK_UNSUPPORTED
    assert "portal" in missing.hint
    assert "libei" in missing.hint
