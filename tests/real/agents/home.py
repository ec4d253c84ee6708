"""A home directory that an agent has to itself: its processes, its terminal, and the end of both."""

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.real.agents.guardian import end, go_on, processes, stand_still
from tests.real.vscode.deadline import until

GUARDIAN = Path(__file__).with_name("guardian.py")
PATIENCE = 120.0
ROWS, COLUMNS = 40, 120
# Nothing of ours but this: what a developer has set must not change what an agent does.
OWN = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "TERM": "xterm-256color"}


class Run:
    """One process of an agent on a terminal of its own; what it shows is kept."""

    def __init__(self, process: "subprocess.Popen[bytes]", terminal: int) -> None:
        self.process, self._terminal = process, terminal
        self.shown, self._over = b"", threading.Event()
        self._reader = threading.Thread(target=self._read, name="agent's terminal")
        self._reader.start()

    def kill(self) -> None:
        """SIGKILL, as when the terminal's window is killed."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(PATIENCE)
        self._close()

    def _read(self) -> None:
        # EIO: the last process that had the terminal closed it. A daemon may keep it for longer than its client lives.
        with suppress(OSError):
            while True:
                if select.select([self._terminal], [], [], 0.05)[0]:
                    self.shown += os.read(self._terminal, 65536)
                elif self._over.is_set():
                    return

    def _close(self) -> None:
        if self._terminal >= 0:
            self._over.set()
            self._reader.join()
            os.close(self._terminal)
            self._terminal = -1


class Home:
    """A context manager. Leaving ends every process that was started with it, daemons included, and removes it."""

    def __enter__(self) -> Self:
        self._runs: list[Run] = []
        self.path = Path(tempfile.mkdtemp(prefix="koru-agent-")).resolve()
        command = [sys.executable, "-P", str(GUARDIAN), str(self.path)]
        self._guardian = subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)
        self.workspace = self.path / "work"
        self.workspace.mkdir()
        (self.path / "tmp").mkdir()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._guardian.stdin is not None
        self.end()
        self._guardian.stdin.close()
        self._guardian.wait(PATIENCE)

    def start(self, command: Sequence[str], environment: Mapping[str, str]) -> Run:
        """Starts an agent in the workspace, on a terminal."""
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        try:
            process = subprocess.Popen(
                command,
                cwd=self.workspace,
                env={**OWN, "HOME": str(self.path), "TMPDIR": str(self.path / "tmp"), **environment},
                stdin=theirs,
                stdout=theirs,
                stderr=theirs,
                start_new_session=True,
            )
        finally:
            os.close(theirs)
        self._runs.append(Run(process, ours))
        return self._runs[-1]

    def pause_when(self, condition: Callable[[], bool]) -> None:
        """Stops every process at a moment at which the condition holds while they stand still."""

        def held() -> bool:
            until(lambda: stand_still(str(self.path)), "the agent's processes stood still")
            if condition():
                return True
            go_on(str(self.path))
            return False

        until(held, "the agent paused where it may be ended", PATIENCE)

    def end(self) -> None:
        """SIGKILL for whatever runs with this home, a daemon too; afterwards nothing writes to it any more."""
        for run in self._runs:
            run.kill()
        end(str(self.path))
        until(lambda: not processes(str(self.path)), "the agent's processes ended")
