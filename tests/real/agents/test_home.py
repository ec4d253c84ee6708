"""What a test started ends with it: also a daemon in a session of its own, also when the test is killed."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.real.agents.guardian import go_on, processes
from tests.real.agents.home import Home
from tests.real.vscode.deadline import until

ROOT = Path(__file__).parents[3]
DAEMON = ["setsid", "--fork", "sleep", "1000"]
KILLED = """
import signal, sys
from tests.real.agents.home import Home
with Home() as home:
    home.start({command!r}, {{}})
    print(home.path, flush=True)
    signal.pause()
"""


def test_leaving_ends_a_daemon_and_removes_the_home() -> None:
    with Home() as home:
        home.start(DAEMON, {})
        until(lambda: processes(str(home.path)), "the daemon ran")
    assert not home.path.exists()
    assert not processes(str(home.path))


def test_what_an_agent_shows_is_kept() -> None:
    with Home() as home:
        run = home.start(["sh", "-c", 'echo "$HOME $PWD"; tty'], {})
        until(lambda: b"/dev/pts/" in run.shown, "it was shown")
        assert run.shown.decode().split()[:2] == [str(home.path), str(home.workspace)]


def test_a_developer_s_settings_do_not_reach_an_agent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "a real one")
    with Home() as home:
        run = home.start(["sh", "-c", 'echo "key: ${ANTHROPIC_API_KEY-none}"'], {})
        until(lambda: b"key: none" in run.shown, "it was shown")


def test_a_test_that_is_killed_leaves_nothing_behind() -> None:
    killed = subprocess.Popen(
        [sys.executable, "-c", KILLED.format(command=DAEMON)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert killed.stdout is not None
    home = killed.stdout.readline().strip()
    until(lambda: processes(home), "the daemon ran")
    os.kill(killed.pid, signal.SIGKILL)
    killed.wait(30)
    killed.stdout.close()
    until(lambda: not processes(home) and not Path(home).exists(), "nothing was left")


def test_an_agent_is_paused_where_a_condition_holds(tmp_path: Path) -> None:
    """One that empties a file and fills it again, over and over, is never caught with the file empty."""
    file = tmp_path / "state"
    loop = f'while :; do : > "{file}"; echo whole > "{file}"; done'
    with Home() as home:
        home.start(["sh", "-c", loop], {})
        until(file.exists, "it wrote")
        for _ in range(5):
            home.pause_when(lambda: file.read_text("utf-8") == "whole\n")
            assert file.read_text("utf-8") == "whole\n"
            go_on(str(home.path))
        home.pause_when(lambda: file.read_text("utf-8") == "whole\n")
    assert file.read_text("utf-8") == "whole\n"
