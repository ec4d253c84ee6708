"""Writers of each form killed at random moments: what is read is what SQLite itself recovers from a copy."""

from __future__ import annotations

import mmap
import os
import random
import shutil
import signal
import sqlite3
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from observers.sqlite_snapshot import Database, Snapshot, SnapshotReason, Unreadable
from tests.sampling import SEED, count

WRITER = Path(__file__).with_name("sqlite_snapshot_writer.py")
ROUNDS = count(20, 100)
# A killed process loses nothing that it has written, so syncing would cost time and change nothing.
FORMS = {
    "wal": ("--journal_mode", "wal", "--wal_autocheckpoint", "300"),
    "wal-short": ("--journal_mode", "wal", "--wal_autocheckpoint", "15", "--upheaval", "5"),
    "wal-512": ("--journal_mode", "wal", "--page_size", "512", "--wal_autocheckpoint", "200", "--auto_vacuum", "1"),
    "delete": ("--journal_mode", "delete", "--cache_size", "5", "--upheaval", "4", "--rate", "300"),
    "persist": ("--journal_mode", "persist", "--rate", "300"),
}
Contents = tuple[list[tuple[object, ...]], ...]


class Nursery:
    """Starts writers on one store, and kills them."""

    def __init__(self, process: subprocess.Popen[bytes], progress: mmap.mmap) -> None:
        self._process = process
        self._progress = progress

    @property
    def committed(self) -> int:
        return int(struct.unpack("=Q", self._progress[:8])[0])

    def _ask(self) -> bytes:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(b"\n")
        self._process.stdin.flush()
        return self._process.stdout.readline()

    def write_until_killed(self, commits: int, delay: float) -> None:
        """Kill a new writer `delay` seconds after it has committed so often."""
        target = self.committed + commits
        writer = int(self._ask())
        limit = time.monotonic() + 60
        while self.committed < target:
            assert time.monotonic() < limit, "the writer does not commit"
            time.sleep(0.0002)
        # The moment of the kill is what varies; nothing is awaited here.
        time.sleep(delay)
        os.kill(writer, signal.SIGKILL)
        assert self._ask() == b"gone\n"


@contextmanager
def nursery(store: Path, *options: str) -> Iterator[Nursery]:
    progress_file = store.parent.parent / "progress"
    progress_file.write_bytes(bytes(10))
    with progress_file.open("r+b") as file, mmap.mmap(file.fileno(), 10) as progress:
        command = [sys.executable, "-P", str(WRITER), str(store), str(progress_file), "--nursery", *options]
        command += ["--largest", "2500", "--synchronous", "off"]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
            try:
                yield Nursery(process, progress)
            finally:
                process.kill()


def contents(snapshot: Snapshot) -> Contents:
    pair = snapshot.table("pair").rows()
    other = snapshot.table("other").rows()
    log = snapshot.table("log").rows()
    return tuple([tuple(row.values()) for row in table] for table in (pair, other, log))


def recovered(store: Path) -> Contents:
    """What SQLite makes of the store; it may change the files."""
    with closing(sqlite3.connect(store)) as connection:
        connection.execute("PRAGMA synchronous=OFF")
        tables = ("pair ORDER BY rowid", "other", "log ORDER BY id")
        found = tuple(connection.execute(f"SELECT * FROM {table}").fetchall() for table in tables)  # noqa: S608
        if connection.execute("PRAGMA integrity_check").fetchall() != [("ok",)]:
            raise sqlite3.DatabaseError("integrity_check")
    return found


def copy(store: Path, folder: Path, *suffixes: str) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for suffix in suffixes:
        if (source := Path(f"{store}{suffix}")).exists():
            shutil.copy2(source, folder)
    return folder / store.name


def state(folder: Path) -> dict[str, tuple[int, int, int, bytes]]:
    found = {}
    for path in sorted(folder.iterdir()):
        status = path.stat()
        found[path.name] = (status.st_ino, status.st_size, status.st_mtime_ns, path.read_bytes())
    return found


def check_round(store: Path, reader: Database, acknowledged: int, scratch: Path) -> bool:
    """Whether the store could be read."""
    before = state(store.parent)
    truth = recovered(copy(store, scratch, "", "-wal", "-journal"))
    # Only a writer that was killed while it changed the file itself leaves a journal with a header.
    journal = Path(f"{store}-journal")
    hot = journal.exists() and journal.read_bytes()[:1] not in (b"", b"\0")
    if hot:
        with pytest.raises(Unreadable) as refusal:
            reader.read(contents, timeout=0.02)
        assert refusal.value.reason == SnapshotReason.HOT_JOURNAL
    else:
        assert reader.read(contents, timeout=20) == truth
    assert state(store.parent) == before
    assert acknowledged <= len(truth[2]) - 1 + int(str(truth[2][0][0])) <= acknowledged + 1
    return not hot


def check_damaged(store: Path, scratch: Path, chance: random.Random) -> None:
    """A log that lost its end, or a byte, and has no index: both stop at the last whole transaction."""
    if not Path(f"{store}-wal").exists() or Path(f"{store}-wal").stat().st_size < 100:
        return
    damaged = copy(store, scratch, "", "-wal")
    log = bytearray(Path(f"{damaged}-wal").read_bytes())
    if chance.random() < 0.5:
        del log[chance.randrange(32, len(log)) :]
    else:
        log[chance.randrange(len(log))] ^= 1 << chance.randrange(8)
    Path(f"{damaged}-wal").write_bytes(log)
    try:
        truth = recovered(copy(damaged, scratch.with_name("recovered"), "", "-wal"))
    except sqlite3.DatabaseError:
        # What was lost had already been copied in part. Corruption has its own tests.
        return
    assert Database(damaged).read(contents, timeout=20) == truth


@pytest.mark.sampled
@pytest.mark.parametrize("form", FORMS)
def test_what_killed_writers_leave(form: str, tmp_path: Path) -> None:
    store = tmp_path / "store" / "state.db"
    store.parent.mkdir()
    chance = random.Random(f"{SEED} {form}")  # noqa: S311
    reader = Database(store)
    answers = 0
    with nursery(store, *FORMS[form]) as writers:
        for number in range(ROUNDS):
            writers.write_until_killed(chance.randrange(1, 9), chance.choice((0.0, chance.random() * 0.002)))
            answers += check_round(store, reader, writers.committed, tmp_path / "copy")
            if number % 4 == 0:
                check_damaged(store, tmp_path / "damaged", chance)
    # Most of the writers of a rollback journal are killed between two transactions.
    assert answers == ROUNDS if "wal" in form else answers > ROUNDS // 10
