"""`koru run` and `koru goals`: what they print, their exit codes, and Ctrl-C."""

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.daemon import Daemon
from tests.fakeide.goals import END_S, Shop, koru, turn

SECRET = "ghp_" + "a1B2c3D4e5" * 4


@pytest.fixture(scope="module")
def idle(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    """A daemon to which nothing is connected."""
    running = Daemon(tmp_path_factory.mktemp("idle"))
    running.start()
    yield running
    running.stop()


def test_the_command_line_pursues_and_tells(shop: Shop) -> None:
    shop.open(turn(2, "Which one?"), turn(0))
    check = "python3 check.py"
    asked = koru(shop.daemon, "run", "leave nothing", "--check", check, "--id", "cli", "--window", shop.window)
    assert asked.returncode == 7, asked.stderr
    assert 'koru goals answer cli "…"' in asked.stdout
    assert "running: drives the prompt" in asked.stderr, "progress is told"
    listed = koru(shop.daemon, "goals", "list")
    assert listed.stdout.startswith("cli\tasking\t1\t")
    shown = koru(shop.daemon, "goals", "show", "cli").stdout
    assert "asks (reply): Which one?" in shown
    assert "turns   [##" in shown
    assert koru(shop.daemon, "goals", "answer", "cli", "The first.").returncode == 0
    followed = koru(shop.daemon, "goals", "follow", "cli", "--json")
    assert followed.returncode == 0, followed.stderr
    assert json.loads(followed.stdout.strip().split("\n")[-1])["goal"]["state"] == "accepted"
    report = koru(shop.daemon, "goals", "report", "cli")
    assert "turn 2: accept: every check passes" in report.stdout
    written = koru(shop.daemon, "goals", "report", "cli", "--html", str(shop.folder / "r.html"), "--json")
    assert json.loads(written.stdout)["rows"] > 10
    assert (shop.folder / "r.html").stat().st_mode & 0o777 == 0o600


def test_json_is_one_object(shop: Shop) -> None:
    shop.open(turn(0))
    done = koru(shop.daemon, "run", "leave nothing", "--check", "python3 check.py", "--json")
    view = json.loads(done.stdout)
    assert (done.returncode, view["exit"], view["state"]) == (0, 0, "accepted")


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["run"], 2, "goal: Field required"),
        (["run", "x"], 2, "checks: give at least one"),
        (["run", "x", "--check", "a && b"], 2, "no shell runs this"),
        (["run", "x", "--check", "true", "--turns", "-1"], 2, "budget.turns"),
        (["run", "x", "--check", "true", "--reviewer", "gpt"], 2, "reviewer: give none, openai:MODEL"),
        (["run", "x", "--protect", "tests"], 2, "belong to --check"),
        (["run", "--file", "/nowhere.yaml"], 2, "/nowhere.yaml"),
        (["run", "x", "--check", "true"], 1, "no IDE is connected"),
        (["goals", "show", "nothing"], 2, "no goal has the id nothing"),
        (["goals", "answer", "nothing", "x"], 2, "no goal has the id nothing"),
        (["goals", "report", "nothing"], 2, "the ledger has no row of that"),
    ],
)
def test_bad_input_is_told_in_words(arguments: list[str], status: int, words: str, idle: Daemon) -> None:
    done = koru(idle, *arguments)
    assert (done.returncode, words in done.stderr) == (status, True), done.stderr
    assert "Traceback" not in done.stderr


def test_the_schema_is_printed(idle: Daemon) -> None:
    assert json.loads(koru(idle, "run", "--schema").stdout)["title"] == "Goal"


def test_ctrl_c_asks_once_and_then_stops(shop: Shop) -> None:
    endless: list[dict[str, Any]] = [{"turn": {"state": 0, "reply": ""}}]
    shop.open([*endless, {"answer": {"disposition": "pending", "facts": []}}])
    command = [str(Path(sys.executable).with_name("koru")), "run", "x", "--check", "python3 check.py", "--id", "g"]
    with (
        subprocess.Popen(
            command, env=shop.daemon.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process,
        killed_after(END_S, process),
    ):
        read_until(process, "waits for the end")
        process.send_signal(signal.SIGINT)
        read_until(process, "Ctrl-C again stops the goal")
        assert shop.ask("get")["state"] == "running", "the first Ctrl-C stops nothing"
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        assert process.returncode == 130
    assert shop.end()["cause"] == "operator"


def read_until(process: "subprocess.Popen[str]", words: str) -> None:
    assert process.stderr is not None
    told: list[str] = []
    while words not in (line := process.stderr.readline()):
        assert line, told
        told.append(line)


@contextmanager
def killed_after(seconds: float, process: "subprocess.Popen[str]") -> Iterator[None]:
    """Who reads what a process says does not wait for ever."""
    timer = threading.Timer(seconds, process.kill)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
