"""What people see of a goal: the page, the bars, the live picture, and an answer typed at a terminal."""

import io
import os
import pty
import re
import select
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from bridge.cli.goals import progress as goal_progress
from bridge.cli.goals.follower import exit_status
from bridge.cli.goals.progress import Live, bar, line, page

VIEW: dict[str, Any] = {
    "goal_id": "g",
    "state": "running",
    "text": "make it\nwork\x1b[2J",
    "turn": 2,
    "activity": "runs the checks",
    "pausing": False,
    "budget": {"turns": 8, "ms": 600_000, "tokens": 1000, "microdollars": 2_000_000},
    "spent": {"turns": 2, "ms": 61_000, "tokens": 500, "microdollars": 500_000},
    "checks": [
        {"name": "tests", "state": "fail", "ms": 1, "failing": 3, "stable": True},
        {"name": "lint", "state": "pass", "ms": 1, "stable": False},
        {"name": "slow", "state": "unknown", "ms": 1, "why": "it did not end within 1 s", "stable": True},
    ],
}


def test_the_page_says_what_is_known() -> None:
    text = "\n".join(page(VIEW, 0))
    for part in (
        "turn 2, running: runs the checks",
        "tests (3 failing)",
        "lint  (files changed meanwhile)",
        "slow  it did not end within 1 s",
        "turns   [#####...............] 2 of 8",
        "time    [##..................] 1 min 1 s of 10 min",
        "tokens  [##########..........] 500 of 1000",
        "money   [#####...............] 0.5000 of 2 US dollars",
    ):
        assert part in text
    assert "\x1b" not in text, "the goal's text moved the cursor"


def test_a_question_a_wait_and_an_end_are_shown() -> None:
    question = {"question_id": "q1", "kind": "reply", "text": "Which?", "asked_at_ms": 0, "expires_at_ms": 9}
    assert "  asks (reply): Which?" in page({**VIEW, "state": "asking", "question": question}, 0)
    assert "  goes on in 5 s" in page({**VIEW, "state": "waiting", "wakes_at_ms": 6000}, 1000)
    ended = page({**VIEW, "state": "stopped", "cause": "budget", "reason": "used up"}, 0)
    assert "  because: used up" in ended
    assert "turn 2, stopped (budget)" in ended[1]


@pytest.mark.parametrize(("part", "whole", "filled"), [(0, 8, 0), (4, 8, 10), (8, 8, 20), (9, 8, 20), (0, 0, 20)])
def test_bars(part: int, whole: int, filled: int) -> None:
    assert bar(part, whole).count("#") == filled
    assert len(bar(part, whole)) == 22


@pytest.mark.parametrize(
    ("state", "cause", "status"),
    [
        ("accepted", None, 0),
        ("asking", None, 7),
        ("running", None, 7),
        *(("stopped", cause, status) for cause, status in
          {"budget": 9, "blocked": 1, "failed": 8, "repeat": 8, "regression": 8, "operator": 130}.items()),
    ],
)  # fmt: skip
def test_exit_status(state: str, cause: str | None, status: int) -> None:
    assert exit_status({"state": state, "cause": cause}) == status


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True

    def fileno(self) -> int:
        raise OSError


def test_a_terminal_is_drawn_in_place_and_a_pipe_gets_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(goal_progress, "_width", lambda stream: 40)
    terminal, pipe = Terminal(), io.StringIO()
    for live in (Live(terminal), Live(pipe)):
        live.show(VIEW)
        live.show(VIEW)
        live.show({**VIEW, "turn": 3})
    drawn = terminal.getvalue()
    height = len(page(VIEW, 0))
    assert drawn.count(f"\x1b[{height}F") == 2, "drawn over what was there"
    plain = re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", drawn)
    assert max(map(len, plain.split("\n"))) <= 40, "no line is wrapped"
    assert pipe.getvalue() == f"{line(VIEW)}\n{line({**VIEW, 'turn': 3})}\n"


# A terminal turns Ctrl-C into a signal only for those whose own terminal it is.
OWN = "import fcntl, os, sys, termios\nfcntl.ioctl(0, termios.TIOCSCTTY, 0)\nos.execv(sys.argv[1], sys.argv[1:])\n"


def at_terminal(command: list[str], environment: dict[str, str], steps: list[tuple[str, str]]) -> tuple[str, int]:
    """Runs it on a terminal of its own, and types each text when the words were seen after what was typed before."""
    ours, theirs = pty.openpty()
    own = [sys.executable, "-I", "-S", "-c", OWN, *command]
    with subprocess.Popen(
        own, env=environment, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
    ) as process:
        os.close(theirs)
        seen, typed_at, end = "", 0, time.monotonic() + 90
        waiting = list(steps)
        while time.monotonic() < end:
            if select.select([ours], [], [], 0.2)[0]:
                try:
                    data = os.read(ours, 65536)
                except OSError:  # the other side is closed
                    break
                seen += data.decode("utf-8", "replace")
            if waiting and waiting[0][0] in seen[typed_at:]:
                typed_at = len(seen)
                os.write(ours, waiting.pop(0)[1].encode())
            if process.poll() is not None and not select.select([ours], [], [], 0)[0]:
                break
        with suppress(subprocess.TimeoutExpired):
            process.wait(max(end - time.monotonic(), 0))
        process.kill()
    os.close(ours)
    assert not waiting, f"never seen: {waiting[0][0]!r} in\n{seen}"
    return seen, process.returncode


@pytest.fixture
def shop(tmp_path: Path, request: pytest.FixtureRequest) -> Any:
    from tests.daemon import Daemon, eventually
    from tests.fakeide.conftest import Ide
    from tests.fakeide.goals import Shop

    daemon = Daemon(tmp_path)
    daemon.start()
    request.addfinalizer(daemon.stop)

    def start(script: Path, storage: Path, *, window: str, workspace: str) -> Ide:
        ide = Ide(script, daemon.socket, storage, workspace)
        request.addfinalizer(ide.stop)
        ide.start()
        with daemon.client() as client:
            eventually(lambda: bool(client.request("sessions/list", {})["sessions"]), "the fake IDE is attached")
        return ide

    return Shop(daemon, tmp_path / "shop", start)


def command(*words: str) -> list[str]:
    return [str(Path(sys.executable).with_name("koru")), "run", "x", "--check", "python3 check.py", *words]


@pytest.mark.parametrize(
    ("steps", "status", "words"),
    [
        ([("answer (one line): ", "The first one.\n")], 0, "accepted: every check passes"),
        ([("answer (one line): ", "\x03"), ("anything else goes on", "y\n")], 130, "stopped: a person stopped it"),
        ([("answer (one line): ", "\x03"), ("anything else goes on", "\x03")], 130, "stopped: a person stopped it"),
        ([("answer (one line): ", "\x03"), ("anything else goes on", "d\n")], 7, "the goal goes on in the daemon"),
        (
            [
                ("answer (one line): ", "\x03"),
                ("anything else goes on", "n\n"),
                ("answer (one line): ", "The first one.\n"),
            ],
            0,
            "accepted: every check passes",
        ),
    ],
    ids=["answer", "stop", "stop by a second Ctrl-C", "leave", "go on"],
)
def test_a_person_at_the_terminal(
    steps: list[tuple[str, str]], status: int, words: str, shop: Any, request: pytest.FixtureRequest
) -> None:
    from tests.fakeide.goals import turn

    shop.open(turn(2, "Which one?"), turn(0))
    environment = {**shop.daemon.environment, "TERM": "xterm"}
    seen, returned = at_terminal(command("--id", "g"), environment, steps)
    assert (returned, words in seen) == (status, True), seen
    assert "\x1b[J" in seen, "the terminal was not drawn"
    asked = sum(words.startswith("answer") for words, _ in steps)
    assert seen.count("answer (one line): ") == asked, "it asks when it has nothing to ask"
    if status == 0:
        assert "The first one." in shop.prompts()[1]
