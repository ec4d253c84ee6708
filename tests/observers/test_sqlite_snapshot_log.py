"""The log read without its index: checksums of both byte orders, and what a loss of power leaves."""

from __future__ import annotations

import os
import shutil
import sqlite3
import struct
import sys
from contextlib import closing
from pathlib import Path

import pytest

from observers.sqlite_snapshot import Database, Snapshot


def rows(snapshot: Snapshot) -> list[object]:
    return [row["n"] for row in snapshot.table("item").rows()]


def recovered(store: Path, scratch: Path) -> list[object]:
    """What SQLite makes of a copy."""
    scratch.mkdir()
    for suffix in ("", "-wal"):
        shutil.copy(f"{store}{suffix}", scratch)
    with closing(sqlite3.connect(scratch / store.name)) as connection:
        return [row[0] for row in connection.execute("SELECT n FROM item ORDER BY rowid")]


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A store as a killed program leaves it: ten commits in the log, and its index."""
    path, origin = tmp_path / "state.db", tmp_path / "origin.db"
    with closing(sqlite3.connect(origin, isolation_level=None)) as connection:
        connection.execute("PRAGMA page_size=1024")
        connection.execute("PRAGMA journal_mode=wal")
        connection.execute("CREATE TABLE item(id INTEGER PRIMARY KEY, n, body BLOB)")
        for number in range(10):
            connection.execute("INSERT INTO item(n, body) VALUES(?, zeroblob(700))", (number,))
        for suffix in ("", "-wal", "-shm"):
            shutil.copy(f"{origin}{suffix}", f"{path}{suffix}")
    return path


def summed(data: bytes, order: str, first: int, second: int) -> tuple[int, int]:
    """The checksum as the file format describes it."""
    words = struct.unpack(f"{order}{len(data) // 4}I", data)
    for left, right in zip(words[::2], words[1::2], strict=True):
        first = (first + left + second) % 2**32
        second = (second + right + first) % 2**32
    return first, second


def rewritten(log: bytes, order: str) -> bytes:
    """The same log as a machine of the other byte order would have written it."""
    header = struct.pack(">I", 0x377F0682 | (order == ">")) + log[4:24]
    sums = summed(header, order, 0, 0)
    out = header + struct.pack(">II", *sums)
    for at in range(32, len(log), 24 + 1024):
        start, page = log[at : at + 16], log[at + 24 : at + 24 + 1024]
        sums = summed(page, order, *summed(start[:8], order, *sums))
        out += start + struct.pack(">II", *sums) + page
    return out


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("index", ["kept", "gone"])
def test_checksums_of_either_byte_order(order: str, index: str, store: Path, tmp_path: Path) -> None:
    wal = Path(f"{store}-wal")
    wal.write_bytes(rewritten(wal.read_bytes(), order))
    if index == "gone":
        Path(f"{store}-shm").unlink()
    # SQLite agrees that this is a whole log.
    assert recovered(store, tmp_path / "copy") == list(range(10))
    assert Database(store).read(rows, timeout=20) == list(range(10))


def test_every_cut_of_the_log_ends_at_a_commit(store: Path, tmp_path: Path) -> None:
    Path(f"{store}-shm").unlink()
    wal = Path(f"{store}-wal")
    log = wal.read_bytes()
    reader = Database(store)
    seen = set()
    for length in range(len(log), 32 + 2 * 1048, -523):
        wal.write_bytes(log[:length])
        truth = recovered(store, tmp_path / str(length))
        assert reader.read(rows, timeout=20) == Database(store).read(rows, timeout=20) == truth
        seen.add(len(truth))
    assert len(seen) > 5


def test_an_index_from_before_the_last_boot_is_not_believed(store: Path, tmp_path: Path) -> None:
    """Power was lost: the index tells of frames that never reached the disk."""
    wal = Path(f"{store}-wal")
    log = bytearray(wal.read_bytes())
    starts = range(32, len(log), 24 + 1024)
    numbers = [log[at : at + 4] for at in starts]
    # A frame that a later one replaces: no query ever looks at it.
    lost = next(at for at, number in zip(starts[4:], numbers[4:], strict=True) if numbers.count(number) > 5)
    log[lost + 24 : lost + 1048] = bytes(1024)
    wal.write_bytes(log)
    truth = recovered(store, tmp_path / "copy")
    assert 0 < len(truth) < 10
    os.utime(f"{store}-shm", ns=(0, 0))
    assert Database(store).read(rows, timeout=20) == truth


def restarted(index: bytes) -> bytes:
    """The index in the moment in which a new generation has begun there, and not yet in the log."""
    salt = bytes(byte ^ 0x55 for byte in index[32:40])
    header = index[:16] + bytes(4) + index[20:32] + salt
    order = "<" if sys.byteorder == "little" else ">"
    header += struct.pack("=II", *summed(header, order, 0, 0))
    return header * 2 + bytes(4) + index[100:128] + bytes(4) + index[132:]


def test_an_index_that_is_ahead_of_the_log(store: Path) -> None:
    """A restart shows in the index first; what the log holds stays true until its own header changes."""
    index = Path(f"{store}-shm")
    runs = []

    def query(snapshot: Snapshot) -> list[object]:
        runs.append(rows(snapshot))
        if len(runs) == 1:
            index.write_bytes(restarted(index.read_bytes()))
        return runs[-1]

    assert Database(store).read(query, timeout=20) == list(range(10))
    assert len(runs) == 2
    assert Database(store).read(rows, timeout=20) == list(range(10))


def test_leftovers_of_an_earlier_generation_are_ignored(tmp_path: Path) -> None:
    """After a restart the log is written over from its start, and keeps its old length."""
    store = tmp_path / "state.db"
    with closing(sqlite3.connect(store, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=wal")
        connection.execute("CREATE TABLE item(id INTEGER PRIMARY KEY, n)")
        reader = Database(store)
        for number in range(200):
            connection.execute("INSERT INTO item(n) VALUES(?)", (number,))
            if number % 20 == 0:
                connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
            if number % 7 == 0:
                for kind in ("kept", "gone"):
                    copy = tmp_path / f"{kind}{number}.db"
                    for suffix in ("", "-wal", "-shm")[: 3 if kind == "kept" else 2]:
                        shutil.copy(f"{store}{suffix}", f"{copy}{suffix}")
                    assert Database(copy).read(rows, timeout=20) == list(range(number + 1))
                assert reader.read(rows, timeout=20) == list(range(number + 1))
