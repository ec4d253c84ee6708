"""`koru inject`, `calibrate` and `stop` as an operator runs them, against a real daemon and a real window."""

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.daemon import Daemon, eventually

if TYPE_CHECKING:
    from tests.real.desktop.conftest import ChatWindow, Desk

Koru = Callable[..., tuple[int, dict[str, Any]]]
PROSE = "The quick brown fox jumps over the lazy dog. " * 400


@contextmanager
def running(display: dict[str, str], home: Path) -> Iterator[Daemon]:
    names = ("DISPLAY", "DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR", "ACCESSIBILITY_ENABLED")
    daemon = Daemon(home, more={name: display[name] for name in names})
    daemon.start()
    try:
        yield daemon
    finally:
        daemon.stop()


@pytest.fixture(scope="module")
def daemon(display: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    with running(display, tmp_path_factory.mktemp("koru")) as shared:
        yield shared


@pytest.fixture
def own_daemon(display: dict[str, str], tmp_path: Path) -> Iterator[Daemon]:
    """For a test that stops it."""
    with running(display, tmp_path) as own:
        yield own


@pytest.fixture
def koru(daemon: Daemon) -> Koru:
    return lambda *words, text=None: command(daemon, words, text)


def command(daemon: Daemon, words: tuple[str, ...], text: str | None = None) -> tuple[int, dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, "-P", "-m", "bridge.cli", *words, "--json"],
        env=daemon.environment,
        input=None if text is None else text.encode("utf-8"),
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert done.stdout, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return done.returncode, answer


@pytest.fixture
def window(desk: "Desk") -> "ChatWindow":
    return desk.window("gtk", "koru-target")


def test_each_step_is_shown_and_none_done(desk: "Desk", koru: Koru, window: "ChatWindow") -> None:
    desk.copy("OLD")
    status, answer = koru("inject", "--target", "title=koru-target", "--text", "hello", "--submit", "--dry-run")
    assert (status, answer["outcome"]) == (0, "rehearsed"), answer
    told = {step["step"]: step["state"] for step in answer["steps"]}
    assert told["focus"] == "done"
    assert told["draft"] == "done"
    assert told["insert"] == told["submit"] == "would"
    assert (window.chat, window.sent, desk.clipboard()) == ("", [], "OLD")
    window.tell(chat="a draft")
    status, answer = koru("inject", "--target", "title=koru-target", "--text", "hello", "--dry-run")
    assert status == 1
    assert {step["step"] for step in answer["steps"] if step["state"] == "refused"} == {"draft"}


def test_it_is_put_in_read_back_and_sent(desk: "Desk", koru: Koru, daemon: Daemon, window: "ChatWindow") -> None:
    desk.copy("OLD")
    status, answer = koru("inject", "--target", f"pid={window.pid}", "-", "--submit", text="zażółć 👋\r\n\tcode")
    assert (status, answer["outcome"], answer["level"]) == (0, "submitted", "verified"), answer
    assert window.sent == ["zażółć 👋\n\tcode"]
    assert desk.clipboard() == "OLD"
    with daemon.client() as client:
        rows = client.request("ledger/tail", {"limit": 10})["rows"]
    assert [row["kind"] for row in rows][-2:] == ["inject_acting", "inject_done"]
    assert "zażółć" not in json.dumps(rows, ensure_ascii=False)


@pytest.mark.parametrize(
    ("words", "text", "blocker"),
    [
        (("--target", "title=no such window"), "x", "target_missing"),
        (("--target", "app=Gtk_window.py,title=koru-t"), "x", "target_ambiguous"),
        (("--target", "title=koru-target"), "tab\tand\tmore żółw", "text_unsupported"),
    ],
)
def test_what_cannot_be_meant_is_declined(
    desk: "Desk", koru: Koru, window: "ChatWindow", words: tuple[str, ...], text: str, blocker: str
) -> None:
    second = desk.window("gtk", "koru-twin")
    status, answer = koru("inject", *words, "--type", "-", text=text)
    assert (status, answer["outcome"], answer["blocker"]) == (1, "declined", blocker), answer
    assert answer["hint"]
    assert (window.chat, second.chat) == ("", "")


@pytest.mark.parametrize(
    ("text", "reason"),
    [("nul\x00", "prompt_control_character"), ("x" * 10_000_000, "prompt_too_large"), (" ", "prompt_empty")],
)
def test_what_no_chat_can_take_is_refused(koru: Koru, window: "ChatWindow", text: str, reason: str) -> None:
    status, answer = koru("inject", "--target", "title=koru-target", "-", text=text)
    assert (status, answer["error"]["reason"]) == (2, reason)
    assert answer["error"]["hint"]
    assert window.chat == ""


@pytest.mark.parametrize("target", ["", "title=", "title=a,shape=round", "pid=-1", "pid=x"])
def test_a_target_that_names_nothing(koru: Koru, target: str) -> None:
    status, answer = koru("inject", "--target", target, "x")
    assert (status, answer["error"]["reason"]) == (2, "usage")


def test_the_stop_ends_the_typing_and_leaves_no_key_down(desk: "Desk", daemon: Daemon, window: "ChatWindow") -> None:
    answers: list[tuple[int, dict[str, Any]]] = []
    words = ("inject", "--target", "title=koru-target", "--type", "-")
    thread = threading.Thread(target=lambda: answers.append(command(daemon, words, PROSE)))
    thread.start()
    try:
        eventually(lambda: len(window.chat) > 20, "some of it was typed", 60)
        status, stopped = command(daemon, ("stop",))
    finally:
        thread.join(120)
    assert status == 0
    assert len(stopped["stopped"]) == 1
    assert stopped["running"] == []
    [(status, answer)] = answers
    assert (status, answer["outcome"], answer["blocker"]) == (5, "lost", "stopped"), answer
    typed = int(answer["message"].partition("after ")[2].split()[0])
    window.await_chat(PROSE[:typed])
    assert typed < len(PROSE)
    assert _keys_down(desk) == 0


def _keys_down(desk: "Desk") -> int:
    from injectors.x11_display import X11Display

    display = X11Display(desk.environment["DISPLAY"])
    try:
        return sum(bin(byte).count("1") for byte in display.raw.query_keymap())
    finally:
        display.close()


def test_the_stop_without_anything_to_stop(own_daemon: Daemon) -> None:
    assert command(own_daemon, ("stop",)) == (0, {"stopped": [], "running": []})
    own_daemon.stop()
    assert command(own_daemon, ("stop",)) == (0, {"stopped": [], "running": []})


def test_the_input_is_calibrated_by_its_name(koru: Koru, daemon: Daemon, window: "ChatWindow") -> None:
    where = ("--target", "title=koru-target", "--product", "demo", "--version", "1")
    status, found = koru("calibrate", *where)
    assert (status, found.get("role"), found.get("name")) == (0, "text", "chat-input"), found
    assert Path(found["picture"]).read_bytes().startswith(b"\x89PNG")
    assert window.chat == ""


def test_the_input_is_calibrated_by_the_pointer(desk: "Desk", koru: Koru, window: "ChatWindow") -> None:
    window.tell(focus="plain")
    where = desk.run("xdotool", "search", "--name", "koru-target").split()[-1]
    desk.run("xdotool", "mousemove", "--window", where, "60", "40")
    known = ("--target", "title=koru-target", "--product", "demo", "--version", "2")
    status, found = koru("calibrate", *known, "--pointer", "0")
    assert status == 0, found
    assert (found["left"], found["height"] - found["from_bottom"]) == (60, 40)
    assert found["name"] == "chat-input"  # what was clicked there has the focus now
    desk.run("xdotool", "mousemove", "1000", "700")
    status, answer = koru("calibrate", *known, "--pointer", "0")
    assert (status, answer["error"]["where"]) == (1, "field_unknown")


def test_without_a_desktop_it_says_what_is_missing(own_daemon: Daemon) -> None:
    own_daemon.stop()
    own_daemon.more |= {"DISPLAY": "", "WAYLAND_DISPLAY": ""}
    own_daemon.start()
    status, answer = command(own_daemon, ("inject", "--target", "title=x", "x"))
    assert (status, answer["error"]["reason"]) == (1, "tool_missing")
    assert "no_display" in answer["error"]["message"]
    own_daemon.stop()
    own_daemon.more |= {"DISPLAY": ":4711"}
    own_daemon.start()
    status, answer = command(own_daemon, ("inject", "--target", "title=x", "--via", "os_injector_x11", "x"))
    assert status == 1
    assert "display_dead" in answer["error"]["message"]
