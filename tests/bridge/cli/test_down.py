"""`koru down`: it returns when the process has ended, and ends no other."""

import json
import os
import signal
from typing import TYPE_CHECKING

import pytest

from bridge.cli.daemon import down
from bridge.lock import Holder, process_start

if TYPE_CHECKING:
    from tests.bridge.conftest import DaemonProcess, Home, Koru

PATIENCE = 60.0


def test_it_returns_when_the_process_has_ended(koru: "Koru", daemon: "DaemonProcess") -> None:
    done = koru("down")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"koru is down (was pid {daemon.pid})\n", "")
    assert process_start(daemon.pid) is None
    assert daemon.process.wait(PATIENCE) == 0
    assert not daemon.home.socket.exists()


def test_it_says_so_as_json(koru: "Koru", daemon: "DaemonProcess") -> None:
    assert json.loads(koru("down", "--json").stdout) == {"stopped": True, "pid": daemon.pid}
    assert json.loads(koru("down", "--json").stdout) == {"stopped": False}


def test_nothing_to_stop_is_success(koru: "Koru") -> None:
    done = koru("down")
    assert (done.returncode, done.stdout) == (0, "koru is not running\n")


def test_what_a_killed_daemon_left_is_nothing_to_stop(koru: "Koru", daemon: "DaemonProcess") -> None:
    daemon.stop(signal.SIGKILL)
    assert koru("down").stdout == "koru is not running\n"


def test_a_daemon_whose_socket_was_taken_away_is_stopped(koru: "Koru", daemon: "DaemonProcess") -> None:
    daemon.home.socket.unlink()
    assert koru("down").returncode == 0
    assert daemon.process.wait(PATIENCE) == 0


def test_a_daemon_on_a_socket_of_other_days_is_stopped(koru: "Koru", daemon: "DaemonProcess") -> None:
    (daemon.home.root / "run2").mkdir()
    done = koru("down", XDG_RUNTIME_DIR=str(daemon.home.root / "run2"))
    assert f"was pid {daemon.pid}" in done.stdout
    assert daemon.process.wait(PATIENCE) == 0


def test_a_daemon_that_hangs_is_named_and_ended_only_by_force(
    daemon: "DaemonProcess", monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from bridge.cli.main import main

    for name, value in daemon.home.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("KORU_SOCKET", raising=False)
    monkeypatch.setattr(down, "ANSWER_SECONDS", 0.1)
    monkeypatch.setattr(down, "END_SECONDS", 0.1)
    daemon.process.send_signal(signal.SIGSTOP)
    assert main(["down"]) == 1
    said = capsys.readouterr().err
    assert f"pid {daemon.pid}" in said
    assert "koru down --force" in said
    assert main(["down", "--force"]) == 0
    assert daemon.process.wait(PATIENCE) == -signal.SIGKILL


def test_a_process_that_has_the_pid_by_chance_is_not_touched(home: "Home") -> None:
    survivors = []
    for started in ("an earlier boot:1", ""):
        by_chance = Holder(os.getpid(), started, str(home.socket), "1")
        down._signal(by_chance, signal.SIGKILL)
        survivors.append(started)
    assert len(survivors) == 2


def test_a_process_that_is_gone_is_no_error(home: "Home") -> None:
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    down._signal(Holder(child, "x", str(home.socket), "1"), signal.SIGTERM)
