"""`koru watch` on a terminal, in a pipe and as NDJSON, beside chats that are written to."""

import json
import os
import re
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from bridge.chats.chat import listed
from bridge.chats.watcher import Update
from bridge.cli.chats.watch.screen import WatchScreen
from bridge.cli.columns import width
from bridge.cli.main import main
from observers.base import ChatSession, Store
from tests.bridge.cli.terminal import PATIENCE, Running, Start, koru_process, screen
from tests.bridge.cli.test_history import Output, chat
from tests.bridge.conftest import Home
from tests.bridge.conftest import Start as StartDaemon

__all__ = ["koru_process"]


@pytest.fixture
def chats(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The chats of one folder in VS Code, of which there are none yet. No daemon runs."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    for name in ("XDG_CONFIG_HOME", "VSCODE_PORTABLE", "KORU_SOCKET", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    storage = tmp_path / ".config" / "Code" / "User" / "workspaceStorage" / "w1"
    (storage / "chatSessions").mkdir(parents=True)
    named = json.dumps({"folder": (tmp_path / "project").as_uri()})
    (storage / "workspace.json").write_text(named, encoding="utf-8")
    return storage / "chatSessions"


def shown(running: Running, wanted: str) -> list[str]:
    """The first whole picture on which this can be read."""
    end = time.monotonic() + PATIENCE
    while True:
        running.until("\x1b[J")
        lines = screen(running.seen[: running.passed].decode("utf-8", "replace"))
        if any(wanted in line for line in lines):
            return lines
        assert time.monotonic() < end, lines


def events(running: Running, kind: str) -> dict[str, Any]:
    """The next event of this kind."""
    while True:
        event: dict[str, Any] = json.loads(running.line())
        if event["event"] == kind:
            return event


def test_a_terminal_shows_a_table_that_lives(chats: Path, koru_process: Start) -> None:
    chat(chats / "a.jsonl", "fix the tests", state=0, age_s=0)
    running = koru_process("watch", terminal=True)
    lines = shown(running, "fix the tests")
    assert "1 chats: 1 working" in lines[0]
    assert lines[2].split()[:4] == ["STATE", "WRITTEN", "LATE", "PRODUCT"]
    assert re.match(r"working +\S+ s +8 s|working +\S+ s +65 s", lines[3])
    assert "~/project" in lines[3]
    chat(chats / "a.jsonl", "fix the tests", state=4, age_s=0)
    chat(chats / "b.jsonl", "another one", state=1, age_s=0)
    lines = shown(running, "another one")
    while not any(line.startswith("needs_input") for line in lines):
        lines = shown(running, "fix the tests")
    states = [line.split()[0] for line in lines[3:5]]
    assert states == ["needs_input", "done"], "what waits for a person comes first"
    assert running.interrupt() == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_terminal_is_left_as_it_was(chats: Path, koru_process: Start, number: signal.Signals) -> None:
    running = koru_process("watch", terminal=True)
    shown(running, "no chat was written to")
    assert running.interrupt(number) == 0
    assert running.seen.startswith(b"\x1b[?1049h\x1b[?7l\x1b[?25l")
    assert running.seen.endswith(b"\x1b[?25h\x1b[?7h\x1b[?1049l")
    assert running.process.stderr is not None
    assert running.process.stderr.read() == b""


def test_no_line_is_wider_and_no_picture_taller_than_the_terminal(chats: Path, koru_process: Start) -> None:
    for number in range(60):
        chat(chats / f"{number}.jsonl", f"prompt {number} 漢字 \x1b[2J" + "x" * 200, age_s=number)
    running = koru_process("watch", terminal=True)
    for lines, columns in ((24, 120), (10, 60), (50, 200)):
        running.resize(lines, columns)
        end, picture = time.monotonic() + PATIENCE, [""]
        # Of the sizes before, pictures are still on their way.
        while len(picture) != lines or max(map(width, picture)) != columns:
            assert time.monotonic() < end, picture
            picture = shown(running, "60 chats")
        assert any(re.fullmatch(r"\d+ more", line) for line in picture)


def test_a_busy_chat_is_drawn_four_times_a_second_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]
    monkeypatch.setattr("bridge.cli.chats.watch.screen.time.monotonic", lambda: clock[0])
    screen = WatchScreen()
    busy, idle = Update(gone=(listed(ChatSession(Store("s", Path("/s")), "a", 1)),)), Update()
    drawn = 0
    for _ in range(1000):
        clock[0] += 0.01
        drawn += screen.due(busy)
    assert drawn == pytest.approx(40, abs=2)
    assert not screen.due(idle)
    clock[0] += 0.3
    assert screen.due(busy), "what came in between is drawn in the end"
    clock[0] += 0.3
    assert not screen.due(idle), "nothing is new but the time"
    clock[0] += 0.8
    assert screen.due(idle)


def test_a_pipe_gets_a_line_a_change(chats: Path, koru_process: Start) -> None:
    chat(chats / "a.jsonl", "hello", state=1)
    running = koru_process("watch")
    assert "watching 1 stores" in running.ready()
    assert running.line().split("\t")[1:5] == ["done", "code", "~/project", "a"]
    chat(chats / "a.jsonl", "hello", "again", state=0, age_s=0)
    assert running.line().split("\t")[1] == "working"
    chat(chats / "a.jsonl", "hello", "again", state=3, age_s=0)
    assert running.line().split("\t")[1] == "error"
    assert "\x1b" not in running.seen.decode("utf-8")
    assert running.interrupt() == 0


def test_programs_get_events(chats: Path, koru_process: Start) -> None:
    running = koru_process("watch", "--json")
    assert events(running, "ready")["stores"] == 1
    chat(chats / "a.jsonl", "hello", state=4, age_s=0)
    event = events(running, "chat")
    assert (event["session"], event["state"], event["drive"]) == ("a", "needs_input", None)
    assert event["flush_horizon_s"] in (8.0, 65.0)
    (chats / "b.jsonl").write_text('{"kind":0,"v":{"version":99}}\n', encoding="utf-8")
    assert events(running, "fault")["reason"] == "schema_changed"
    assert running.interrupt() == 0


def test_only_what_is_meant_is_told_and_when_it_ends(chats: Path, koru_process: Start) -> None:
    running = koru_process("watch", "--json", "--state", "needs_input")
    events(running, "ready")
    chat(chats / "other.jsonl", "hello", state=0, age_s=0)
    chat(chats / "a.jsonl", "hello", state=4, age_s=0)
    assert events(running, "chat")["session"] == "a"
    chat(chats / "a.jsonl", "hello", state=1, age_s=0)
    event = events(running, "chat")
    assert (event["session"], event["state"]) == ("a", "done")


def test_once_prints_how_things_stand(chats: Path, capsys: Output) -> None:
    assert main(["watch", "--once"]) == 0
    assert capsys.readouterr().out == "no chat was written to in this time\n"
    chat(chats / "a.jsonl", "hello", state=1)
    chat(chats / "old.jsonl", "hello", age_s=2 * 24 * 3600)
    assert main(["watch", "--once", "--json"]) == 0
    assert [json.loads(line)["session"] for line in capsys.readouterr().out.splitlines()] == ["a"]
    assert main(["watch", "--once", "--json", "--since", "7d"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 2


def test_the_drive_of_a_chat_is_named(start: StartDaemon, home: Home, chats: Path, koru_process: Start) -> None:
    """With a daemon that has driven nothing there is none, and asking it costs the table nothing."""
    start()
    chat(chats / "a.jsonl", "hello", state=1)
    running = koru_process("watch", "--once", "--json", KORU_SOCKET=str(home.socket))
    assert json.loads(running.line())["drive"] is None
    assert running.process.wait(PATIENCE) == 0


def test_the_shapes_of_a_table_need_no_terminal(chats: Path, capsys: Output) -> None:
    chat(chats / "a.jsonl", "hello\ttab", state=1)
    assert main(["watch", "--once"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert len(line.split("\t")) == 8
    assert os.environ["HOME"] not in line
