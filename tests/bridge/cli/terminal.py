"""The command as a process of its own, with its output in a pipe or on a terminal; what is read is waited for."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass

import pytest

PATIENCE = 60.0
Start = Callable[..., "Running"]


@dataclass
class Running:
    """A command that runs; `output` is where it is read."""

    process: "subprocess.Popen[bytes]"
    output: int
    seen: bytes = b""
    passed: int = 0

    def until(self, wanted: str) -> str:
        """Everything since the last call up to this text, which is waited for."""
        end = time.monotonic() + PATIENCE
        while (at := self.seen.find(wanted.encode("utf-8"), self.passed)) < 0:
            assert time.monotonic() < end, f"{wanted!r} did not come in {self.seen[self.passed :]!r}"
            self._read(end)
        begin, self.passed = self.passed, at + len(wanted.encode("utf-8"))
        return self.seen[begin : self.passed].decode("utf-8", "replace")

    def ready(self) -> str:
        """Wait for the first words beside the output."""
        assert self.process.stderr is not None
        poll = select.poll()
        poll.register(self.process.stderr, select.POLLIN)
        assert poll.poll(PATIENCE * 1000), "nothing was said"
        return self.process.stderr.readline().decode("utf-8")

    def line(self) -> str:
        return self.until("\n")

    def interrupt(self, number: signal.Signals = signal.SIGINT) -> int:
        """Send a signal and wait for the end; the exit status. Reads what is left."""
        self.process.send_signal(number)
        end = time.monotonic() + PATIENCE
        while self.process.poll() is None:
            assert time.monotonic() < end, "it does not end"
            self._read(time.monotonic() + 0.1)
        while self._read(time.monotonic()):
            pass
        return self.process.returncode

    def rest(self) -> str:
        return self.seen[self.passed :].decode("utf-8", "replace")

    def resize(self, lines: int, columns: int) -> None:
        fcntl.ioctl(self.output, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def _read(self, end: float) -> bool:
        poll = select.poll()
        poll.register(self.output, select.POLLIN)
        if not poll.poll(max(0.0, end - time.monotonic()) * 1000):
            return False
        try:
            data = os.read(self.output, 65_536)
        except OSError:  # the other side of the terminal was closed
            data = b""
        self.seen += data
        assert data or self.process.wait(PATIENCE) is not None
        return bool(data)


@pytest.fixture
def koru_process() -> Iterator[Start]:
    """Starts the command; with `terminal` on one of 24 lines and 120 columns."""
    started: list[Running] = []

    def start(*words: str, terminal: bool = False, **environment: str) -> Running:
        reading, writing = pty.openpty() if terminal else os.pipe()
        if terminal:
            fcntl.ioctl(writing, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 120, 0, 0))
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "bridge.cli", *words],
            env={**os.environ, "PYTHONUNBUFFERED": "1", **environment},
            stdin=subprocess.DEVNULL,
            stdout=writing,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        os.close(writing)
        started.append(Running(process, reading))
        return started[-1]

    yield start
    for running in started:
        if running.process.poll() is None:
            running.process.kill()
        running.process.communicate()
        with suppress(OSError):
            os.close(running.output)


def screen(text: str) -> list[str]:
    """The lines of the last whole picture in what a terminal was sent, without colours."""
    picture = text.split("\x1b[H")[-1]
    return [re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", line).rstrip() for line in picture.split("\r\n")]
