"""A process writes while this one reads: no stale, torn or missing row, at any rate, through any upheaval."""

from __future__ import annotations

import hashlib
import mmap
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from observers.sqlite_snapshot import Database, QueryAnswer, Snapshot, SnapshotReason, Unreadable
from tests.sampling import SOAK

WRITER = Path(__file__).with_name("sqlite_snapshot_writer.py")
KEPT = 150
READ_S = 2
LIMIT_S = 300
MOST_HALVED = 8
# What a read says that found no moment without a write.
WRITTEN_TO = {SnapshotReason.BUSY, SnapshotReason.HOT_JOURNAL, SnapshotReason.TIMEOUT}


class Writer:
    """A running writer; `committed` is the number of its last acknowledged commit."""

    def __init__(self, process: subprocess.Popen[bytes], progress: mmap.mmap) -> None:
        self.process = process
        self._progress = progress

    @property
    def committed(self) -> int:
        assert self.process.poll() is None, "the writer ended by itself"
        return int(struct.unpack("=Q", self._progress[:8])[0])

    def pace(self, *, halved: int) -> None:
        """So often is the rate it was started with halved from now on."""
        self._progress[9] = min(halved, MOST_HALVED)

    def stop(self) -> None:
        self._progress[8] = 1
        assert self.process.wait(30) == 0


@contextmanager
def writing(store: Path, *options: str) -> Iterator[Writer]:
    progress_file = store.parent.parent / "progress"
    progress_file.write_bytes(bytes(10))
    with progress_file.open("r+b") as file, mmap.mmap(file.fileno(), 10) as progress:
        command = [sys.executable, "-P", str(WRITER), str(store), str(progress_file), *options]
        process = subprocess.Popen(command)
        try:
            yield Writer(process, progress)
        finally:
            process.kill()
            process.wait()


def check(snapshot: Snapshot) -> int:
    """The number of the last commit, after every trace of it has been found."""
    pair, log = snapshot.table("pair"), snapshot.table("log")
    counter = pair.get({"key": "counter"})
    assert counter is not None
    number = counter["value"]
    assert isinstance(number, int)
    assert snapshot.table("other").get({"name": "counter"}) == {"name": "counter", "n": number}
    ids = [row["id"] for row in log.rows(["id"])]
    assert ids == list(range(max(1, number - KEPT + 1), number + 1))
    check_bodies(snapshot, number)
    keys = [row["key"] for row in pair.starting_with("key", "body:", ["key"])]
    assert keys == sorted(f"body:{known % KEPT:05}" for known in ids if isinstance(known, int))
    return number


def check_bodies(snapshot: Snapshot, number: int) -> None:
    for row in snapshot.table("log").rows(first=number - 5, reverse=True):
        body, digest, known = row["body"], row["digest"], row["id"]
        assert isinstance(body, bytes) and isinstance(digest, str) and isinstance(known, int)
        assert hashlib.md5(body, usedforsecurity=False).hexdigest() == digest
        copy = snapshot.table("pair").get({"key": f"body:{known % KEPT:05}"})
        assert copy is not None and copy["value"] == digest.encode() + body


def wait_for_first_commit(writer: Writer) -> None:
    limit = time.monotonic() + 30
    while not writer.committed:
        assert time.monotonic() < limit, "the writer never committed"
        time.sleep(0.005)


def watch(store: Path, writer: Writer, commits: int, reads: int) -> None:
    """Read until both numbers are reached, by a Database that lives on, a new one, and incremental polls.

    Nobody can read while the store never rests: a machine that is too slow for the rate says so, and gets a lower one.
    """
    kept, polled = Database(store), Database(store)
    reading: QueryAnswer[int] | None = None
    limit = time.monotonic() + LIMIT_S
    last = done = halved = 0
    while done < reads or writer.committed < commits:
        assert time.monotonic() < limit, f"{done} reads and {writer.committed} commits only"
        writer.pace(halved=0 if done >= reads else halved)
        before = writer.committed
        try:
            if done % 3 == 0:
                found = Database(store).read(check, timeout=READ_S)
            elif done % 3 == 1:
                found = kept.read(check, timeout=READ_S)
            else:
                reading = polled.poll(check, reading, timeout=READ_S)
                found = reading.value
        except Unreadable as refusal:
            assert refusal.reason in WRITTEN_TO
            halved += 1
            continue
        assert found >= before, "stale"
        assert found >= last, "went backwards"
        last = found
        done += 1


WAL = ("--journal_mode", "wal", "--synchronous", "normal")
CASES = {
    "wal-20": (20, 50, 40, (*WAL, "--upheaval", "13")),
    "wal-150": (150, 350, 60, WAL),
    "wal-1500": (1500, 2500, 60, (*WAL, "--largest", "4000")),
    "wal-150-upheaval": (150, 350, 60, (*WAL, "--upheaval", "9")),
    "wal-1500-512": (1500, 1500, 40, (*WAL, "--page_size", "512", "--auto_vacuum", "1", "--upheaval", "211")),
    "wal-150-65536": (150, 250, 40, (*WAL, "--page_size", "65536", "--upheaval", "17", "--encoding", "'UTF-16le'")),
    "wal-150-full-sync": (150, 250, 40, ("--journal_mode", "wal", "--synchronous", "full", "--upheaval", "40")),
    "wal-150-exclusive": (150, 250, 40, (*WAL, "--locking_mode", "exclusive", "--upheaval", "29")),
    "delete-20": (20, 40, 40, ("--journal_mode", "delete", "--upheaval", "7", "--cache_size", "20")),
    "delete-150": (100, 200, 40, ("--journal_mode", "delete", "--synchronous", "off", "--upheaval", "31")),
    "persist-150": (100, 200, 40, ("--journal_mode", "persist", "--synchronous", "off", "--page_size", "1024")),
    "truncate-150": (100, 200, 40, ("--journal_mode", "truncate", "--synchronous", "off", "--upheaval", "31")),
}
# A sample takes this share of the commits and reads, but of the two cases in which every upheaval is seen it takes all.
SHARE = 1.0 if SOAK else 0.3
WHOLE = {"wal-150-upheaval", "delete-20"}


@pytest.mark.sampled
@pytest.mark.parametrize("case", CASES)
def test_reads_beside_a_live_writer(case: str, tmp_path: Path) -> None:
    rate, commits, reads, options = CASES[case]
    if case not in WHOLE:
        commits, reads = round(commits * SHARE), round(reads * SHARE)
    store = tmp_path / "store" / "state.db"
    store.parent.mkdir()
    with writing(store, "--rate", str(rate), *options) as writer:
        wait_for_first_commit(writer)
        watch(store, writer, commits, reads)
        writer.stop()
    assert Database(store).read(check, timeout=20) >= commits
