"""What a power loss can leave is intact, and is told apart from what only a hand can do.

The model: nothing of a write is promised before its flush, so any of its sectors may be missing; what was flushed
before is there. `append` flushes the log, then the tip.
"""

import itertools
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given, seed, settings
from hypothesis import strategies as st

from bridge.ledger.chain import Row
from bridge.ledger.store import Ledger
from bridge.ledger.verdict import VerifiedLedger, verify
from tests.sampling import SEED, count

SECTOR = 512
CHECKPOINT_PAGES = 20
LOG = "ledger.sqlite3-wal"
SLOT_BYTES = 162
SLOT_SPACING = 4096


@dataclass(frozen=True)
class Append:
    """The files before and after one append of a running writer; `at` is where they are put together anew."""

    at: Path
    rows: int
    last: Row
    log_before: bytes
    log_after: bytes
    tip_before: bytes
    tip_after: bytes

    def verdict(self, log: bytes, tip: bytes) -> VerifiedLedger:
        (self.at / LOG).write_bytes(log)
        (self.at / "tip").write_bytes(tip)
        return verify(self.at)

    def torn_log(self, kept: list[bool]) -> bytes:
        """The new log with only some of the sectors that the append changed."""
        log = bytearray(self.log_after)
        old = self.log_before.ljust(len(log), b"\0")
        changed = [at for at in range(0, len(log), SECTOR) if log[at : at + SECTOR] != old[at : at + SECTOR]]
        for at, keep in zip(changed, kept, strict=False):
            if not keep:
                log[at : at + SECTOR] = old[at : at + SECTOR]
        return bytes(log)


def state(directory: Path) -> tuple[bytes, bytes]:
    return (directory / LOG).read_bytes(), (directory / "tip").read_bytes()


def record(root: Path, *, rows: int) -> Append:
    directory = root / "ledger"
    ledger = Ledger.open(directory)
    ledger._database.connection.execute(f"PRAGMA wal_autocheckpoint={CHECKPOINT_PAGES}")
    while ledger.seq < rows:
        ledger.append("fact", {"n": ledger.seq, "text": "x" * 900}, at_ms=1, drive_id="d")
    before = state(directory)
    files = {path.name: path.read_bytes() for path in directory.iterdir()}
    last = ledger.append("fact", {"text": "y" * 900}, at_ms=2, drive_id="d")
    after = state(directory)
    ledger.close()
    at = root / "copy"
    at.mkdir(mode=0o700)
    for name, content in files.items():
        (at / name).write_bytes(content)
        (at / name).chmod(0o600)
    return Append(at, rows, last, before[0], after[0], before[1], after[1])


# Once enough pages are checkpointed the log is begun anew over its old content, so both kinds of ends occur.
@pytest.fixture(scope="module", params=[6, 40], ids=["growing log", "log begun anew"])
def append(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Append:
    made = record(tmp_path_factory.mktemp("append"), rows=request.param)
    assert (len(made.log_after) > len(made.log_before)) == (request.param == 6)
    return made


def assert_intact(verdict: VerifiedLedger, rows: range) -> None:
    assert verdict.verdict == "intact", verdict
    assert verdict.rows in rows


@pytest.mark.sampled
@seed(SEED)
@settings(max_examples=count(40, 2_000), deadline=None)
@given(kept=st.lists(st.booleans(), min_size=32, max_size=32))
def test_any_sectors_of_the_log_are_missing(append: Append, kept: list[bool]) -> None:
    verdict = append.verdict(append.torn_log(kept), append.tip_before)
    assert_intact(verdict, range(append.rows, append.rows + 2))
    assert verdict.torn_tail or verdict.rows == append.rows


def test_the_log_ends_anywhere(append: Append) -> None:
    first = min(len(append.log_before), len(append.log_after))
    for end in {*range(first, len(append.log_after), 101), len(append.log_after) - 1, len(append.log_after)}:
        verdict = append.verdict(append.log_after[:end], append.tip_before)
        assert_intact(verdict, range(append.rows, append.rows + 2))
        assert verdict.torn_tail is (end > len(append.log_before) or verdict.rows > append.rows), end


def test_the_row_is_there_and_its_tip_is_not(append: Append) -> None:
    verdict = append.verdict(append.log_after, append.tip_before)
    assert_intact(verdict, range(append.rows + 1, append.rows + 2))
    assert verdict.torn_tail is True


def test_the_tip_is_torn_anywhere(append: Append) -> None:
    slot = (append.last.seq % 2) * SLOT_SPACING
    for end in range(SLOT_BYTES + 1):
        tip = append.tip_after[: slot + end] + append.tip_before[slot + end :]
        verdict = append.verdict(append.log_after, tip)
        assert_intact(verdict, range(append.rows + 1, append.rows + 2))
        assert verdict.torn_tail is (tip != append.tip_after)


def test_a_hand_that_cuts_the_log_is_told_apart(append: Append) -> None:
    """The same log as after a torn write; but the tip says that the row had been flushed."""
    verdict = append.verdict(append.torn_log([False] * 32), append.tip_after)
    assert (verdict.verdict, verdict.seq) == ("tampered", append.rows + 1)


def test_a_hand_that_cuts_two_rows_is_told_apart(append: Append) -> None:
    verdict = append.verdict(b"", append.tip_before)
    assert verdict.verdict == "tampered"


@pytest.mark.parametrize("kept", [[False] * 32, [True] * 32, [True, False] * 16])
def test_the_writer_goes_on_after_it(append: Append, kept: list[bool], copy_of: Callable[[Path], Path]) -> None:
    append.verdict(append.torn_log(kept), append.tip_before)
    directory = copy_of(append.at)
    ledger = Ledger.open(directory)
    assert verify(directory).torn_tail is False
    row = ledger.append("fact", {}, at_ms=3)
    assert row.seq in {append.rows + 1, append.rows + 2}
    ledger.close()
    verdict = verify(directory)
    assert (verdict.verdict, verdict.torn_tail, verdict.rows) == ("intact", False, row.seq)


# Between the two words: one append whose value is large enough for a blob.
ONE_APPEND = """
import os, sys
from pathlib import Path
from bridge.ledger.store import Ledger
ledger = Ledger.open(Path(sys.argv[1]))
os.write(1, b"BEGIN")
ledger.append("fact", {"text": "x" * 2000}, at_ms=1)
os.write(1, b"END")
ledger.close()
"""
CALL = re.compile(r"^\d+ +(write|pwrite64|fsync|fdatasync|rename)\((?:\d+<([^>]*)>|\"([^\"]*)\")", re.MULTILINE)


def test_the_model_is_what_the_system_is_asked_for(directory: Path, tmp_path: Path, part: Callable[[str], str]) -> None:
    """Every write is flushed before the next step begins: blob, its name, row, tip."""
    log = tmp_path / "calls"
    watched = [sys.executable, "-P", "-c", ONE_APPEND, str(directory)]
    trace = "trace=write,pwrite64,fsync,fdatasync,rename"
    subprocess.run(
        [part("strace"), "-f", "-y", "-e", trace, "-o", str(log), *watched],
        check=True,
        capture_output=True,
        timeout=60,
    )
    between = log.read_text(encoding="utf-8").split('"BEGIN"')[1].split('"END"')[0]
    calls = [(match[1], Path(match[2] or match[3])) for match in CALL.finditer(between)][:-1]
    files = [(call, "blob" if path.parent.name == "blobs" else path.name) for call, path in calls]
    steps = [step for step, _ in itertools.groupby(files)]
    assert steps == [
        ("fsync", "ledger"),
        ("write", "blob"),
        ("fsync", "blob"),
        ("rename", "blob"),
        ("fsync", "blobs"),
        ("pwrite64", LOG),
        ("fdatasync", LOG),
        ("pwrite64", "tip"),
        ("fdatasync", "tip"),
    ]
