"""One holder at a time, and a name for exactly that process."""

import errno
import fcntl
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from bridge.lock import Lock, holder, process_start
from bridge.protocol.errors import BridgeError, Reason

HOLD = """
import sys
from bridge.lock import Lock
lock = Lock.take(sys.argv[1], socket="/run/s", version="1")
print("held", flush=True)
sys.stdin.read()
"""


def take(path: Path) -> Lock:
    return Lock.take(str(path), socket="/run/s", version="1")


def hold_elsewhere(path: Path) -> "subprocess.Popen[bytes]":
    process = subprocess.Popen(
        [sys.executable, "-P", "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"held\n"
    return process


def test_the_second_is_refused_and_told_who_the_first_is(tmp_path: Path) -> None:
    with hold_elsewhere(tmp_path / "lock") as process:
        with pytest.raises(BridgeError, match=f"pid {process.pid}, socket /run/s") as error:
            take(tmp_path / "lock")
        assert error.value.reason is Reason.DAEMON_RUNNING
        found = holder(str(tmp_path / "lock"))
        assert found is not None
        assert (found.pid, found.socket, found.version) == (process.pid, "/run/s", "1")
        process.kill()


def test_a_killed_holder_holds_nothing_and_is_nobody(tmp_path: Path) -> None:
    with hold_elsewhere(tmp_path / "lock") as process:
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert (tmp_path / "lock").read_bytes(), "what it wrote is still there"
    assert holder(str(tmp_path / "lock")) is None
    take(tmp_path / "lock").release()


def test_a_dead_holder_that_nobody_has_waited_for_is_nobody(tmp_path: Path) -> None:
    with hold_elsewhere(tmp_path / "lock") as process:
        process.kill()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        assert process_start(process.pid) is None
        assert holder(str(tmp_path / "lock")) is None


def test_another_process_with_the_same_pid_is_not_the_holder(tmp_path: Path) -> None:
    content = {"pid": os.getpid(), "started": "of an earlier boot:123", "socket": "/run/s", "version": "1"}
    (tmp_path / "lock").write_text(json.dumps(content), encoding="utf-8")
    assert holder(str(tmp_path / "lock")) is None


@pytest.mark.parametrize("content", ["", "{", "[]", '{"pid": "x"}', '{"pid": 1}', "\xff\x00"])
def test_content_that_says_nothing_names_nobody(tmp_path: Path, content: str) -> None:
    (tmp_path / "lock").write_text(content, encoding="latin-1")
    assert holder(str(tmp_path / "lock")) is None
    take(tmp_path / "lock").release()


def test_a_released_lock_can_be_taken_and_names_nobody(tmp_path: Path) -> None:
    first = take(tmp_path / "lock")
    assert holder(str(tmp_path / "lock")) is not None
    first.release()
    first.release()
    assert holder(str(tmp_path / "lock")) is None
    take(tmp_path / "lock").release()


def test_looking_does_not_disturb_taking(tmp_path: Path) -> None:
    """Readers must not hold the lock for an instant: a daemon that starts just then would be refused."""
    (tmp_path / "lock").touch()
    look = "import sys\nfrom bridge.lock import holder\nwhile True: holder(sys.argv[1])"
    looking = subprocess.Popen([sys.executable, "-P", "-c", look, str(tmp_path / "lock")])
    try:
        for _ in range(300):
            take(tmp_path / "lock").release()
    finally:
        looking.kill()
        looking.wait()


def test_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "real").touch()
    (tmp_path / "lock").symlink_to(tmp_path / "real")
    with pytest.raises(BridgeError, match="symbolic link") as error:
        take(tmp_path / "lock")
    assert error.value.reason is Reason.SOCKET_UNSAFE


def test_a_lock_that_cannot_be_made_says_where(tmp_path: Path) -> None:
    with pytest.raises(BridgeError) as error:
        take(tmp_path / "missing" / "lock")
    assert error.value.reason is Reason.STATE_UNWRITABLE
    assert error.value.where == str(tmp_path / "missing" / "lock")


def test_a_lock_that_is_removed_while_it_is_taken_is_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else two would hold a lock: one on the removed file, one on the new."""
    lock = fcntl.flock

    def remove_then_lock(descriptor: int, operation: int) -> None:
        (tmp_path / "lock").unlink()
        lock(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", remove_then_lock)
    with pytest.raises(BridgeError, match="removed") as error:
        take(tmp_path / "lock")
    assert error.value.retry


def test_a_disk_that_cannot_lock_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_locks(descriptor: int, operation: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", no_locks)
    with pytest.raises(BridgeError, match="No locks available") as error:
        take(tmp_path / "lock")
    assert (error.value.reason, error.value.where) == (Reason.STATE_UNWRITABLE, str(tmp_path / "lock"))


def test_the_start_of_a_process_is_its_own_and_does_not_change() -> None:
    ours = process_start(os.getpid())
    assert ours
    assert process_start(os.getpid()) == ours
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        assert process_start(child.pid) not in (None, ours)
        child.kill()


def test_a_process_that_ends_while_it_is_looked_at_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """Linux opens /proc/PID/stat of a process that is still there, and then refuses to read it."""

    def ended(path: str, mode: str = "r", encoding: str | None = None) -> None:
        raise ProcessLookupError(errno.ESRCH, "No such process")

    monkeypatch.setattr("builtins.open", ended)
    assert process_start(os.getpid()) is None
