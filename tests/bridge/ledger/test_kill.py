"""SIGKILL at any moment: every row whose append had returned is there, and what is left is intact."""

import json
import random
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import pytest

from bridge.ledger.snapshot import read_rows, snapshot
from bridge.ledger.store import Ledger
from bridge.ledger.verdict import VerifiedLedger, verify
from tests.sampling import SEED, count


class Writer(Protocol):
    """A process that appends; see conftest.py."""

    process: "subprocess.Popen[bytes]"

    def wait_for(self, count: int) -> int: ...
    def kill(self) -> int: ...
    def ended(self) -> int: ...


Write = Callable[..., Writer]

ROUNDS = count(10, 200)

# Each of these makes the writer kill itself at one point of its n-th append.
DIE = "import os, signal\ndef die(): os.kill(os.getpid(), signal.SIGKILL)\n"
BEFORE_TIP = f"""{DIE}
from bridge.ledger.tip import TipFile
write = TipFile.write
TipFile.write = lambda self, tip: die() if tip.seq == 7 else write(self, tip)
"""
WITHIN_TIP = f"""{DIE}
from bridge.ledger import tip as module
def write(self, tip):
    line = module._encode(tip, self._seal)
    os.pwrite(self._descriptor, line[:100] if tip.seq == 7 else line, tip.seq % 2 * module.SLOT_SPACING)
    if tip.seq == 7: die()
module.TipFile.write = write
"""
BEFORE_ROW = f"""{DIE}
from bridge.ledger.database import LedgerDatabase
insert = LedgerDatabase.insert
LedgerDatabase.insert = lambda self, row: die() if row.seq == 7 else insert(self, row)
"""
WITHIN_BLOB = f"""{DIE}
from pathlib import Path
Path.replace = lambda self, target: die()
"""
AFTER_BLOB = f"""{DIE}
from bridge.ledger.database import LedgerDatabase
insert = LedgerDatabase.insert
LedgerDatabase.insert = lambda self, row: die() if "$blob" in row.body else insert(self, row)
"""
WITHIN_CREATION = f"""{DIE}
from bridge.ledger.database import LedgerDatabase
LedgerDatabase.begin = lambda self, first: die()
"""
AFTER_CREATION = f"""{DIE}
from bridge.ledger.store import Ledger
Ledger._take_up = lambda self: die()
"""

# Point -> the code, how many rows are there afterwards, whether the last write shows as torn.
POINTS: dict[str, tuple[str, int, bool]] = {
    "row without tip": (BEFORE_TIP, 7, True),
    "tip torn": (WITHIN_TIP, 7, True),
    "before the row": (BEFORE_ROW, 6, False),
    "blob half made": (WITHIN_BLOB, 4, False),
    "blob without row": (AFTER_BLOB, 4, False),
    "first row without tip": (AFTER_CREATION, 1, True),
}


def assert_nothing_lost(directory: Path, said: int) -> VerifiedLedger:
    verdict = verify(directory)
    assert verdict.verdict == "intact", verdict
    assert verdict.rows in {said, said + 1}
    with snapshot(directory) as shot:
        rows = list(read_rows(shot.connection, "WHERE kind = 'fact' ORDER BY seq"))
    assert [json.loads(row.body)["n"] for row in rows] == list(range(2, verdict.rows + 1))
    return verdict


@pytest.mark.sampled
def test_kill_at_random_points(directory: Path, write: Write) -> None:
    chance = random.Random(SEED)  # noqa: S311
    said = 1
    for _ in range(ROUNDS):
        writer = write()
        said = max(said, writer.wait_for(chance.randint(0, 40)))
        said = max(said, writer.kill())
        if said == 1 and verify(directory).rows == 0:
            continue  # killed before the ledger was made
        said = assert_nothing_lost(directory, said).rows
    assert said > ROUNDS * 5
    ledger = Ledger.open(directory)
    assert all(ledger.expand(row.body)["n"] == row.seq for row in ledger.drive_rows())
    ledger.close()


@pytest.mark.parametrize("point", POINTS)
def test_kill_at_a_fault_point(directory: Path, write: Write, point: str) -> None:
    prelude, rows, torn = POINTS[point]
    writer = write(prelude)
    said = max(writer.ended(), 1)
    assert writer.process.returncode == -signal.SIGKILL
    verdict = assert_nothing_lost(directory, said)
    assert (verdict.rows, verdict.torn_tail) == (rows, torn)
    ledger = Ledger.open(directory)
    assert ledger.append("fact", {"n": rows + 1, "text": "large " * 300 + "5"}, at_ms=1).seq == rows + 1
    ledger.close()
    after = assert_nothing_lost(directory, rows + 1)
    assert (after.rows, after.torn_tail) == (rows + 1, False)


def test_kill_within_the_creation(directory: Path, write: Write) -> None:
    assert write(WITHIN_CREATION).ended() == 0
    assert verify(directory).verdict == "unreadable"
    Ledger.open(directory).close()
    assert verify(directory).verdict == "intact"
