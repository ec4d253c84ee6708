"""One lane as a process: started, followed, and ended with all that it started."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from tests.lanes.plan import Lane
from tests.lanes.tally import Done, Tally

ROOT = Path(__file__).parents[2]
# For fixtures that stop an IDE, a desktop, a daemon.
GRACE_S = 30.0
PYTEST_ENDS = {0: "all passed", 1: "tests failed", 2: "interrupted", 3: "pytest failed", 4: "usage", 5: "no tests"}


class Running:
    """A lane that was started. Its pytest prints into `printed`, and tells of tests in a log that is read here."""

    def __init__(self, lane: Lane, folder: Path) -> None:
        self.lane = lane
        self.tally = Tally(lane.name)
        self.printed = folder / f"{lane.name}.out"
        self._started = self._heard = time.monotonic()
        self.taken = 0.0
        self.over = False
        self.cpu = 0.0
        self.stopped: str | None = None
        log = folder / f"{lane.name}.jsonl"
        log.write_bytes(b"")
        self._log = log.open("rb", buffering=0)
        self._unread = b""
        plugin = ["-p", "tests.lanes.plugin", "--lane-log", str(log)]
        # Every Python that a test starts would else compile all it imports, where the environment forbids caches.
        kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        with self.printed.open("wb") as printed:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "pytest", "-q", *plugin, *lane.arguments],
                cwd=ROOT,
                env={**kept, "PYTHONPYCACHEPREFIX": str(ROOT / "build" / "pycache"), **lane.environment},
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=printed,
                start_new_session=True,
            )

    def follow(self) -> Iterator[Done]:
        """The tests that ended since the last look. Notes the end of the process, and ends one that hangs."""
        over = self._waited()
        *lines, self._unread = (self._unread + self._log.read()).split(b"\n")
        for line in lines:
            self._heard = time.monotonic()
            if done := self.tally.take(line):
                yield done
        if over:
            self.over, self.taken = True, time.monotonic() - self._started
            self._log.close()
        elif self.stopped is None and time.monotonic() - self._heard > self.lane.silent_s_most:
            self.stop(f"nothing for {self.lane.silent_s_most:.0f} s")

    def fault(self) -> str | None:
        """Why the lane does not count, beyond the tests that failed; None when it ended as it should."""
        status = self._process.returncode
        if self.stopped is not None:
            return self.stopped
        if status == 1 and self.tally.failed:
            return None
        if status != 0:
            return f"ended with {status}, {PYTEST_ENDS.get(status, 'crashed')}"
        if self.tally.ended is None or len(self.tally.done) < self.tally.collected or not self.tally.done:
            return f"reported {len(self.tally.done)} of {self.tally.collected} tests"
        return None

    def stop(self, why: str) -> None:
        """End the lane: as by Ctrl-C first, so that the fixtures clear up, then all its processes by force."""
        if self.over:
            return
        self.stopped = why
        with suppress(ProcessLookupError):
            os.kill(self._process.pid, signal.SIGINT)
        end = time.monotonic() + GRACE_S
        while not self._waited() and time.monotonic() < end:
            time.sleep(0.05)
        if self._process.returncode is None:
            for pid in [*_descendants(self._process.pid), self._process.pid]:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            while not self._waited():
                time.sleep(0.05)
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def _waited(self) -> bool:
        """Take the exit status and the CPU seconds of the process and of all children that it waited for."""
        if self._process.returncode is None:
            pid, status, used = os.wait4(self._process.pid, os.WNOHANG)
            if pid:
                self._process.returncode = os.waitstatus_to_exitcode(status)
                self.cpu = used.ru_utime + used.ru_stime
        return self._process.returncode is not None


def _descendants(pid: int) -> list[int]:
    """The process's children and theirs, where the system has /proc; others end with their parents or their group."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            for child in task.read_text(encoding="ascii").split():
                found += [int(child), *_descendants(int(child))]
    return found
