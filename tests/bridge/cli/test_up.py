"""`koru up`: it returns when the daemon answers, or says why it does not; one daemon, however many start it."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bridge.client import Client
from bridge.lock import holder

if TYPE_CHECKING:
    from tests.bridge.conftest import DaemonProcess, Home, Koru

PATIENCE = 60.0


@pytest.fixture
def pid(koru: "Koru") -> int:
    """A daemon in the background. That this returns shows that the daemon keeps none of the command's pipes open."""
    done = koru("up", "--json")
    assert done.returncode == 0, done.stdout
    started: int = json.loads(done.stdout)["pid"]
    return started


def test_it_returns_when_the_daemon_answers(home: "Home", koru: "Koru") -> None:
    done = koru("up")
    assert (done.returncode, done.stderr) == (0, "")
    with Client.connect(home.socket) as client:
        pid = client.request("daemon/status", {})["pid"]
    assert done.stdout == f"koru is up (pid {pid}, socket {home.socket}, log {home.log})\n"


def test_it_is_already_up(home: "Home", koru: "Koru", pid: int) -> None:
    done = koru("up")
    assert done.returncode == 0
    assert f"already up (pid {pid}," in done.stdout
    again = json.loads(koru("up", "--json").stdout)
    assert (again["started"], again["pid"], again["socket"], again["log"]) == (
        False,
        pid,
        str(home.socket),
        str(home.log),
    )


def test_the_daemon_is_detached(home: "Home", pid: int) -> None:
    proc = Path(f"/proc/{pid}")
    session = int((proc / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()[3])
    assert session == pid, "a session of its own, so that no terminal can end it"
    assert (proc / "cwd").readlink() == Path("/"), "it keeps no folder busy"
    assert [(proc / "fd" / number).readlink() for number in "012"] == [Path("/dev/null"), home.log, home.log]
    environment = (proc / "environ").read_bytes().split(b"\0")
    assert b"PYTHONSAFEPATH=1" in environment
    assert b"-P" in (proc / "cmdline").read_bytes().split(b"\0")


def test_twenty_at_once_start_one(home: "Home", koru: "Koru") -> None:
    with ThreadPoolExecutor(20) as pool:
        done = list(pool.map(lambda _: koru("up", "--json"), range(20)))
    assert [each.returncode for each in done] == [0] * 20, [each.stdout for each in done]
    said = [json.loads(each.stdout) for each in done]
    assert len({each["pid"] for each in said}) == 1
    assert sum(each["started"] for each in said) == 1
    assert daemons_of(home) == [said[0]["pid"]]


def daemons_of(home: "Home") -> list[int]:
    """Every process that is a daemon in this home."""
    found = []
    for proc in Path("/proc").iterdir():
        try:
            words = (proc / "cmdline").read_bytes().split(b"\0")
            environment = (proc / "environ").read_bytes().split(b"\0")
        except (OSError, NotADirectoryError):
            continue
        if b"bridge.daemon" in words and f"HOME={home.root}".encode() in environment:
            found.append(int(proc.name))
    return found


def test_after_kill_9_it_comes_up_again(koru: "Koru", pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    said = json.loads(koru("up", "--json").stdout)
    assert said["started"]
    assert said["pid"] != pid


def test_it_waits_for_one_that_is_about_to_end(home: "Home", koru: "Koru", daemon: "DaemonProcess") -> None:
    """The old one holds the lock for a while, and its socket is gone."""
    home.socket.unlink()
    with subprocess.Popen(
        [sys.executable, "-P", "-m", "bridge.cli", "up", "--json"], env=home.environment(), stdout=subprocess.PIPE
    ) as up:
        assert daemon.stop() == 0
        out, _ = up.communicate(timeout=2 * PATIENCE)
    assert json.loads(out)["started"] is True


def test_a_relative_socket_is_the_same_for_both(home: "Home", koru: "Koru") -> None:
    assert koru("up", KORU_SOCKET="run/s").returncode == 0
    assert (home.root / "run" / "s").is_socket()
    assert koru("status", KORU_SOCKET="run/s").returncode == 0


def test_a_workspace_that_looks_like_us_is_not_run(home: "Home", koru: "Koru") -> None:
    (home.root / "bridge").mkdir()
    (home.root / "bridge" / "__init__.py").write_text("raise SystemExit('the workspace ran')", encoding="utf-8")
    assert koru("up").returncode == 0


# --- the foreground --------------------------------------------------------------------------------------------------


@pytest.fixture
def foreground(home: "Home") -> Iterator["subprocess.Popen[str]"]:
    """`koru up --foreground`, once it says that it is ready."""
    with subprocess.Popen(
        [sys.executable, "-P", "-m", "bridge.cli", "up", "--foreground"],
        env=home.environment(),
        stderr=subprocess.PIPE,
        encoding="utf-8",
    ) as process:
        assert process.stderr is not None
        while "ready" not in process.stderr.readline():
            assert process.poll() is None
        yield process
        process.kill()


def test_in_the_foreground_ctrl_c_ends_it(home: "Home", foreground: "subprocess.Popen[str]") -> None:
    with Client.connect(home.socket) as client:
        assert client.request("daemon/status", {})["pid"] == foreground.pid
    foreground.send_signal(signal.SIGINT)
    assert foreground.wait(PATIENCE) == 0
    assert not home.socket.exists()


def test_in_the_foreground_too_there_is_one(home: "Home", koru: "Koru", foreground: "subprocess.Popen[str]") -> None:
    done = koru("up", "--foreground")
    assert done.returncode == 1
    assert f"already running (pid {foreground.pid}" in done.stderr


# --- why it does not start -------------------------------------------------------------------------------------------


def test_the_daemons_own_reason_is_told_with_the_log(home: "Home", koru: "Koru") -> None:
    home.socket.parent.mkdir(mode=0o700)
    home.socket.write_text("in the way", encoding="utf-8")
    done = koru("up")
    assert done.returncode == 1
    assert "the daemon did not start: the path is not a socket" in done.stderr
    assert str(home.socket) in done.stderr
    assert f"log: {home.log}" in done.stderr
    error = json.loads(koru("up", "--json").stdout)["error"]
    assert (error["reason"], error["where"]) == ("socket_unsafe", str(home.socket))


def test_a_state_that_cannot_be_written_is_told_though_there_can_be_no_log(home: "Home", koru: "Koru") -> None:
    (home.root / "state").write_text("in the way", encoding="utf-8")
    error = json.loads(koru("up", "--json").stdout)["error"]
    assert error["reason"] == "state_unwritable"
    assert str(home.state) in error["where"]


def test_a_daemon_that_dies_without_a_word_is_told_by_the_end_of_its_log(home: "Home", koru: "Koru") -> None:
    done = koru("up", PYTHONHOME="/nonexistent-for-the-daemon")
    assert done.returncode != 0
    broken = home.root / "broken"
    broken.mkdir()
    (broken / "sitecustomize.py").write_text(
        "import sys\nif '-m' in sys.orig_argv and 'bridge.daemon' in sys.orig_argv:\n"
        "    sys.stderr.write('it cannot live like this\\n'); sys.stderr.flush()\n    import os; os._exit(7)\n",
        encoding="utf-8",
    )
    done = koru("up", PYTHONPATH=str(broken))
    assert done.returncode == 1
    assert "the daemon did not start: it ended with status 7" in done.stderr
    assert "it cannot live like this" in done.stderr
    assert str(home.log) in done.stderr


def test_a_daemon_that_does_not_become_ready_is_ended(
    home: "Home", koru: "Koru", monkeypatch: pytest.MonkeyPatch
) -> None:
    stuck = home.root / "stuck"
    stuck.mkdir()
    (stuck / "sitecustomize.py").write_text(
        "import sys\nif 'bridge.daemon' in sys.orig_argv:\n    import signal; signal.pause()\n"
        "import bridge.cli.daemon.up; bridge.cli.daemon.up.START_SECONDS = 1.0\n",
        encoding="utf-8",
    )
    done = koru("up", PYTHONPATH=str(stuck))
    assert done.returncode == 1
    assert "not ready within 1 s" in done.stderr
    assert daemons_of(home) == []


def test_somebody_elses_socket_is_not_asked(home: "Home", koru: "Koru") -> None:
    """What listens there is no daemon: it never answers, and is left alone."""
    home.socket.parent.mkdir(mode=0o700)
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(home.socket))
        other.listen()
        answering = ThreadPoolExecutor(1)
        answering.submit(hang_up_on_everybody, other)
        done = koru("up")
        other.shutdown(socket.SHUT_RDWR)
        answering.shutdown()
        assert done.returncode == 1
        assert "already listens there" in done.stderr
        assert holder(f"{home.socket}.lock") is None
        home.socket.unlink()


def hang_up_on_everybody(listening: socket.socket) -> None:
    while True:
        try:
            listening.accept()[0].close()
        except OSError:
            return
