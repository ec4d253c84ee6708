"""A verify beside a writer at work: it sees one moment, disturbs nothing, and reports no false alarm."""

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import pytest

from bridge.ledger.chain import Row, Tip
from bridge.ledger.snapshot import snapshot
from bridge.ledger.store import Ledger
from bridge.ledger.tip import TipFile
from bridge.ledger.verdict import verify
from bridge.protocol.errors import BridgeError, Reason

VERIFIES = 12
BETWEEN = 30

# The log is begun anew every 50 rows or so, not every 500, so that this happens often enough while copies are taken.
SHORT_LOG = """
from bridge.ledger.database import LedgerDatabase
init = LedgerDatabase.__init__
def short(self, directory):
    init(self, directory)
    self.connection.execute("PRAGMA wal_autocheckpoint=100")
LedgerDatabase.__init__ = short
"""


class Writer(Protocol):
    """A process that appends; see conftest.py."""

    def wait_for(self, count: int) -> int: ...
    def kill(self) -> int: ...


def test_it_sees_whole_rows_and_no_torn_tail(directory: Path, write: Callable[..., Writer]) -> None:
    writer = write(SHORT_LOG)
    seen = 0
    for _ in range(VERIFIES):
        said = writer.wait_for(BETWEEN)
        verdict = verify(directory)
        assert (verdict.verdict, verdict.torn_tail) == ("intact", False), verdict
        assert verdict.rows >= said > seen
        seen = said
    said = max(seen, writer.kill())
    assert verify(directory).rows in {said, said + 1}


def test_a_write_that_is_under_way_is_not_torn(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The row is there and its tip is not yet, as after a crash; but the writer lives."""
    ledger = Ledger.open(directory)
    write_tip = TipFile.write
    seen = []

    def look_first(self: TipFile, tip: Tip) -> None:
        seen.append(verify(directory))
        write_tip(self, tip)

    monkeypatch.setattr(TipFile, "write", look_first)
    ledger.append("fact", {}, at_ms=1)
    ledger.close()
    assert [(verdict.verdict, verdict.rows, verdict.torn_tail) for verdict in seen] == [("intact", 2, False)]


def test_reading_makes_and_changes_nothing(directory: Path, fill: Callable[..., list[Row]]) -> None:
    fill(directory, 5)
    ledger = Ledger.open(directory)
    ledger.append("fact", {}, at_ms=1)

    def files() -> dict[Path, tuple[int, int]]:
        found = [directory, *directory.rglob("*")]
        return {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in found}

    before = files()
    assert verify(directory).verdict == "intact"
    assert files() == before
    ledger.close()
    before = files()
    assert verify(directory).verdict == "intact"
    assert files() == before


def test_a_copy_is_taken_again_when_the_log_was_begun_anew_meanwhile(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the copies of database and log: pages that were only in the old log would be in neither."""
    from bridge.ledger import snapshot as module

    ledger = Ledger.open(directory)
    ledger._database.connection.execute("PRAGMA wal_autocheckpoint=10")
    copy_wal = module._copy_wal
    copies: list[Path] = []

    def write_first(source: Path, target: Path) -> None:
        if not copies:
            for number in range(50):
                ledger.append("fact", {"text": "x" * 900}, at_ms=number)
        copies.append(target)
        copy_wal(source, target)

    monkeypatch.setattr(module, "_copy_wal", write_first)
    with snapshot(directory) as shot:
        assert shot.connection.execute("SELECT count(*) FROM rows").fetchone() == (51,)
    assert len(copies) == 2
    ledger.close()


def test_a_ledger_that_never_rests_is_given_up(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Ledger.open(directory).close()
    database = directory / "ledger.sqlite3"
    from bridge.ledger import snapshot as module

    copy_wal = module._copy_wal

    def touch(source: Path, target: Path) -> None:
        os.utime(database, ns=(1, database.stat().st_mtime_ns + 1))
        copy_wal(source, target)

    monkeypatch.setattr(module, "_copy_wal", touch)
    with pytest.raises(BridgeError) as caught, snapshot(directory):
        pass
    assert (caught.value.reason, caught.value.retry) == (Reason.LEDGER_UNREADABLE, True)


def test_a_tip_that_cannot_be_written_denies_no_row_and_lets_no_second_follow(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = Ledger.open(directory)
    ledger.append("fact", {"n": 1}, at_ms=1)

    def fail(descriptor: int) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as broken:
        broken.setattr("bridge.ledger.tip.flush", fail)
        broken.setattr("bridge.ledger.tip.os.pwrite", lambda *_: 0)
        row = ledger.append("fact", {"n": 2}, at_ms=2)
        with pytest.raises(BridgeError) as caught:
            ledger.append("fact", {"n": 3}, at_ms=3)
        assert caught.value.reason is Reason.LEDGER_UNWRITABLE
        assert ledger.rows()[-1] == row
        assert verify(directory).verdict == "intact"
    assert ledger.append("fact", {"n": 3}, at_ms=3).prev == row.hash
    ledger.close()
    assert (verify(directory).verdict, verify(directory).rows) == ("intact", 4)


def test_another_program_that_holds_the_database_is_named(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bridge.ledger.database.BUSY_S", 0.05)
    Ledger.open(directory).close()
    other = sqlite3.connect(directory / "ledger.sqlite3", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    try:
        with pytest.raises(BridgeError) as caught:
            Ledger.open(directory)
    finally:
        other.close()
    assert caught.value.reason is Reason.LEDGER_UNWRITABLE
    assert "locked" in caught.value.message
