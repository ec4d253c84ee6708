"""Processes forked from one that is loaded already (see `forkserver.py`), to be held like those of `subprocess`."""

import atexit
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import weakref
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Literal

Program = Literal["daemon", "fakeide"]
ROOT = Path(__file__).parent.parent


class Forked:
    """A process that the fork server started; the part of `subprocess.Popen` that tests need."""

    def __init__(self, pid: int, end: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._end = end
        self._reading = threading.Lock()
        weakref.finalize(self, os.close, end)

    def poll(self) -> int | None:
        """The exit status, negative for a signal; None while it runs."""
        return self._ended(0)

    def wait(self, timeout: float | None = None) -> int:
        """The exit status; subprocess.TimeoutExpired."""
        status = self._ended(timeout)
        if status is None:
            raise subprocess.TimeoutExpired(f"process {self.pid}", timeout or 0)
        return status

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def _ended(self, timeout: float | None) -> int | None:
        """Waits without the lock: one thread may wait for the end while another asks whether it has come."""
        if self.returncode is None:
            waiting = select.poll()
            waiting.register(self._end, select.POLLIN)
            if waiting.poll(None if timeout is None else timeout * 1000):
                with self._reading:
                    self._read()
        return self.returncode

    def _read(self) -> None:
        if self.returncode is None:
            said = os.read(self._end, 16)
            assert said, "the fork server ended"
            self.returncode = int(said)


class _ForkServer:
    """The other end of `forkserver.py`."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "tests.forkserver", str(theirs.fileno())],
                env={**os.environ, "PYTHONPATH": str(ROOT)},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        self._orders = ours
        self._answers = ours.makefile("rb")
        self._ordering = threading.Lock()
        atexit.register(self.close)

    def order(self, order: Mapping[str, object], given: Sequence[int]) -> Forked:
        ended, end = os.pipe()
        with self._ordering:
            line = json.dumps(order).encode() + b"\n"
            sent = socket.send_fds(self._orders, [line], [end, *given])
            self._orders.sendall(line[sent:])
            os.close(end)
            said = self._answers.readline()
        assert said, "the fork server ended"
        return Forked(int(said), ended)

    def close(self) -> None:
        """Ends the fork server and all that it started."""
        self._answers.close()
        self._orders.close()
        self._process.wait(timeout=10)


@cache
def _fork_server() -> _ForkServer:
    """One for the whole test run, started when it is first needed."""
    return _ForkServer()


def fork(
    program: Program,
    arguments: Sequence[str],
    *,
    environment: Mapping[str, str],
    cwd: Path | None = None,
    output: int = subprocess.DEVNULL,
    pass_fds: Sequence[int] = (),
    new_session: bool = False,
) -> Forked:
    """Start a program with this environment; what it prints, errors too, goes to `output`, a descriptor."""
    nothing = os.open(os.devnull, os.O_RDWR)
    try:
        out = nothing if output == subprocess.DEVNULL else output
        order = {
            "program": program,
            "arguments": list(arguments),
            "environment": dict(environment),
            "cwd": str(cwd or Path.cwd()),
            "descriptors": [0, 1, 2, *pass_fds],
            "new_session": new_session,
        }
        return _fork_server().order(order, [nothing, out, out, *pass_fds])
    finally:
        os.close(nothing)
