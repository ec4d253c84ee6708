"""Ledgers to read, change and break, and writers in processes of their own that can be killed."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO

import pytest

from bridge.ledger.store import Ledger, Row

PATIENCE = 60.0
LARGE = "large " * 300

# Appends until it is killed, by an alarm of its own at the latest, so that nobody waits in vain.
# Says each number only once `append` has returned.
WRITER = """
import signal, sys
from pathlib import Path
from bridge.ledger.store import Ledger

signal.alarm({patience})
{prelude}
ledger = Ledger.open(Path(sys.argv[1]))
number = ledger.seq
while True:
    number += 1
    body = {{"n": number, "text": "large " * 300 + str(number) if number % 5 == 0 else "small"}}
    row = ledger.append("fact", body, at_ms=number, drive_id="d")
    assert row.seq == number
    print(number, flush=True)
"""

Fill = Callable[..., list[Row]]


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "ledger"


@pytest.fixture
def fill() -> Fill:
    """Appends `rows` rows, every fourth with a blob, and closes; all rows of the ledger."""

    def fill_ledger(directory: Path, rows: int = 10, key: bytes | None = None) -> list[Row]:
        ledger = Ledger.open(directory, key=key)
        for number in range(rows):
            text = f"{LARGE}{number}" if number % 4 == 0 else "small"
            ledger.append("fact", {"n": number, "text": text}, at_ms=number, drive_id=f"d{number % 3}")
        everything = ledger.rows(limit=1_000_000)
        ledger.close()
        return everything

    return fill_ledger


@pytest.fixture
def copy_of(tmp_path: Path) -> Callable[[Path], Path]:
    """Copies of a ledger's files as they are at this moment, one after another."""
    count = 0

    def copy(source: Path) -> Path:
        nonlocal count
        count += 1
        target = tmp_path / f"copy{count}"
        shutil.copytree(source, target)
        target.chmod(0o700)
        return target

    return copy


class Writer:
    """A process that appends to a ledger."""

    def __init__(self, directory: Path, prelude: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-c", WRITER.format(prelude=prelude, patience=int(PATIENCE)), str(directory)],
            stdout=subprocess.PIPE,
        )

    @property
    def _said(self) -> IO[bytes]:
        assert self.process.stdout is not None
        return self.process.stdout

    def wait_for(self, count: int) -> int:
        """The number of the last of `count` rows whose append has returned; 0 when it ended before."""
        last = 0
        for _ in range(count):
            last = int(self._said.readline() or 0) or last
        return last

    def kill(self) -> int:
        """By SIGKILL; the number of the last row whose append has returned, 0 if none has been said since."""
        self.process.kill()
        return self.ended()

    def ended(self) -> int:
        """After its end, however it came; as `kill`."""
        said = self._said.read()
        self.process.wait(PATIENCE)
        # The last line may be cut off; a number is only said when the line is whole.
        return max((int(line) for line in said.split(b"\n")[:-1]), default=0)


@pytest.fixture
def write(directory: Path) -> Iterator[Callable[..., Writer]]:
    """Starts writers; `prelude` is code that runs in them before they open the ledger."""
    writers: list[Writer] = []

    def start(prelude: str = "") -> Writer:
        writers.append(Writer(directory, prelude))
        return writers[-1]

    yield start
    for writer in writers:
        if writer.process.poll() is None:
            writer.kill()
        if writer.process.stdout is not None:
            writer.process.stdout.close()


def missing(what: str) -> None:
    """A part that a test needs is not there: a failure where everything must be there, else a skip."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what} is needed for this test and is missing")
    pytest.skip(f"{what} is missing here, so this was not tested")


@pytest.fixture
def own_mounts() -> list[str]:
    """The start of a command line for a process that may mount without anybody else seeing it."""
    for command in (["unshare", "--mount"], ["unshare", "--user", "--map-root-user", "--mount"]):
        with suppress(FileNotFoundError):
            if subprocess.run([*command, "true"], capture_output=True, check=False, timeout=PATIENCE).returncode == 0:
                return command
    missing("unshare(1) with the right to mount")
    return []


@pytest.fixture
def part() -> Callable[[str], str]:
    """The path of a program that a test needs."""

    def find(name: str) -> str:
        found = shutil.which(name)
        if found is None:
            missing(name)
        return str(found)

    return find
