"""Another process acts between two looks of one query: a harmed snapshot is thrown away, an unharmed one is kept."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from observers import file_stamp
from observers.sqlite_snapshot import Database, Snapshot, SnapshotReason, Unreadable

CONSOLE = Path(__file__).with_name("sqlite_snapshot_console.py")
# Both counters change in one transaction; the filler puts them on pages far apart and makes spilling easy.
CREATE = (
    "CREATE TABLE a(id INTEGER PRIMARY KEY, n INTEGER)",
    "CREATE TABLE filler(id INTEGER PRIMARY KEY, body BLOB)",
    "CREATE TABLE b(id INTEGER PRIMARY KEY, n INTEGER)",
    "INSERT INTO a VALUES(1, 0)",
    "INSERT INTO b VALUES(1, 0)",
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400) "
    "INSERT INTO filler SELECT i, randomblob(1500) FROM n",
)
COMMIT = ("BEGIN", "UPDATE a SET n = n + 1", "UPDATE b SET n = n + 1", "COMMIT")
# The spill puts the changed page of b into the file before the transaction ends.
SPILL = (
    "PRAGMA cache_size = 10",
    "BEGIN IMMEDIATE",
    "UPDATE b SET n = n + 1000",
    "UPDATE a SET n = n + 1000",
    "UPDATE filler SET body = randomblob(1500)",
)


class Console:
    """The other process."""

    def __init__(self) -> None:
        command = [sys.executable, "-P", str(CONSOLE)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def do(self, *orders: str) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        for order in orders:
            self._process.stdin.write(order.encode() + b"\n")
            self._process.stdin.flush()
            assert self._process.stdout.readline() == b"ok\n", order

    def kill(self) -> None:
        with self._process:
            self._process.kill()


@pytest.fixture(scope="module")
def shared_console() -> Iterator[Console]:
    console = Console()
    yield console
    console.kill()


@pytest.fixture
def other(shared_console: Console) -> Iterator[Console]:
    """A process that outlives the test, with its connection closed after it."""
    yield shared_console
    shared_console.do("!close")


@contextmanager
def killable(store: Path, *orders: str) -> Iterator[Console]:
    """A process of its own."""
    console = Console()
    try:
        console.do(f"!store {store}", *orders)
        yield console
    finally:
        console.kill()


class Query:
    """Reads one counter, lets something happen the first time, reads the other counter."""

    def __init__(self, meanwhile: Callable[[], object]) -> None:
        self._meanwhile = meanwhile
        self.runs = 0

    def __call__(self, snapshot: Snapshot) -> tuple[object, object]:
        self.runs += 1
        left = snapshot.table("a").row(1)
        if self.runs == 1:
            self._meanwhile()
        right = snapshot.table("b").row(1)
        assert left is not None and right is not None
        return left["n"], right["n"]


WAL = ("!open", "PRAGMA journal_mode=wal", *CREATE, *COMMIT)
CHECKPOINTED = (*WAL, "PRAGMA wal_checkpoint(TRUNCATE)")
# What the store is before, what happens between the two looks, the number both counters show, how often it is read.
IN_A_LOG = {
    "a commit": (WAL, COMMIT, 1, 1),
    "a commit and its checkpoint": (WAL, (*COMMIT, "PRAGMA wal_checkpoint(PASSIVE)"), 2, 2),
    "a checkpoint of what is read": (WAL, ("PRAGMA wal_checkpoint(PASSIVE)",), 1, 1),
    "a log that starts again": (WAL, ("PRAGMA wal_checkpoint(PASSIVE)", *COMMIT), 2, 2),
    "a log that may start again": (WAL, (*COMMIT, "PRAGMA wal_checkpoint(RESTART)"), 2, 2),
    "a first commit after a restart": ((*WAL, "PRAGMA wal_checkpoint(RESTART)"), COMMIT, 2, 2),
    "a log that is cut": (WAL, ("PRAGMA wal_checkpoint(TRUNCATE)",), 1, 2),
    "a log that is cut and grows": (WAL, ("PRAGMA wal_checkpoint(TRUNCATE)", *COMMIT), 2, 2),
    "a log that is cut and copied back": (
        WAL,
        ("PRAGMA wal_checkpoint(TRUNCATE)", *COMMIT, "PRAGMA wal_checkpoint(TRUNCATE)"),
        2,
        2,
    ),
    "a first commit after a cut": (CHECKPOINTED, COMMIT, 2, 2),
    "a commit and a cut after a cut": (CHECKPOINTED, (*COMMIT, "PRAGMA wal_checkpoint(TRUNCATE)"), 2, 2),
    "a spill": (WAL, SPILL, 1, 1),
    "a spill taken back": (WAL, (*SPILL, "ROLLBACK"), 1, 1),
    "VACUUM": (WAL, ("VACUUM",), 1, 1),
    "VACUUM and its checkpoint": (WAL, ("VACUUM", "PRAGMA wal_checkpoint(PASSIVE)"), 1, 2),
    "the last connection closing": (WAL, (*COMMIT, "!close"), 2, 2),
    "another journal mode": (WAL, ("PRAGMA journal_mode=delete", *COMMIT), 2, 2),
}


def expect(store: Path, happens: Callable[[], object], number: int, runs: int) -> None:
    query = Query(happens)
    reader = Database(store)
    assert reader.read(query, timeout=20) == (number, number)
    assert query.runs == runs
    latest = reader.read(query, timeout=20)
    assert latest == Database(store).read(query, timeout=20)
    assert latest[0] == latest[1]


@pytest.mark.parametrize("case", IN_A_LOG)
def test_a_log_with_live_connections(case: str, tmp_path: Path, other: Console) -> None:
    before, meanwhile, number, runs = IN_A_LOG[case]
    store = tmp_path / "state.db"
    other.do(f"!store {store}", *before)
    expect(store, lambda: other.do(*meanwhile), number, runs)


@pytest.mark.parametrize("case", IN_A_LOG)
def test_a_log_of_a_process_that_shares_nothing(case: str, tmp_path: Path, other: Console) -> None:
    """locking_mode=EXCLUSIVE keeps the wal-index in memory: there is no -shm to look at."""
    before, meanwhile, number, runs = IN_A_LOG[case]
    store = tmp_path / "state.db"
    other.do(f"!store {store}", "!open PRAGMA locking_mode=exclusive", *before[1:])
    assert not store.with_name("state.db-shm").exists()
    query = Query(lambda: other.do(*meanwhile))
    assert Database(store).read(query, timeout=20) == (number, number)
    assert query.runs >= runs


ROLLBACK = ("!open", "PRAGMA journal_mode=delete", *CREATE, *COMMIT)
IN_THE_FILE = {
    "nothing": (ROLLBACK, (), 1, 1),
    "a commit": (ROLLBACK, COMMIT, 2, 2),
    "a spill taken back": (ROLLBACK, (*SPILL, "ROLLBACK"), 1, 2),
    "VACUUM": (ROLLBACK, ("VACUUM",), 1, 2),
    "a log": (ROLLBACK, ("PRAGMA journal_mode=wal", *COMMIT), 2, 2),
    "an exclusive writer": (("!open PRAGMA locking_mode=exclusive", *ROLLBACK[1:]), COMMIT, 2, 2),
    "a kept journal": (("!open", "PRAGMA journal_mode=persist", *CREATE, *COMMIT), COMMIT, 2, 2),
    "a cut journal": (("!open", "PRAGMA journal_mode=truncate", *CREATE, *COMMIT), COMMIT, 2, 2),
    "a journal in memory": (("!open", "PRAGMA journal_mode=memory", *CREATE, *COMMIT), COMMIT, 2, 2),
}


@pytest.mark.parametrize("case", IN_THE_FILE)
def test_a_rollback_database(case: str, tmp_path: Path, other: Console) -> None:
    before, meanwhile, number, runs = IN_THE_FILE[case]
    store = tmp_path / "state.db"
    other.do(f"!store {store}", *before)
    expect(store, lambda: other.do(*meanwhile), number, runs)


def test_an_unfinished_transaction_is_refused_and_then_read(tmp_path: Path, other: Console) -> None:
    store = tmp_path / "state.db"
    other.do(f"!store {store}", *ROLLBACK)
    other.do(*SPILL)
    query = Query(lambda: None)
    with pytest.raises(Unreadable) as refusal:
        Database(store).read(query, timeout=0.1)
    assert refusal.value.reason == SnapshotReason.HOT_JOURNAL
    assert query.runs == 0
    other.do("ROLLBACK")
    assert Database(store).read(query, timeout=20) == (1, 1)
    with pytest.raises(Unreadable):
        Database(store).read(Query(lambda: other.do(*SPILL)), timeout=0.5)


def test_a_journal_left_by_a_killed_writer_is_refused(tmp_path: Path) -> None:
    store = tmp_path / "state.db"
    with killable(store, *ROLLBACK, *SPILL) as other:
        other.kill()
    before = store.read_bytes()
    with pytest.raises(Unreadable, match="rollback journal is unfinished") as refusal:
        Database(store).read(Query(lambda: None), timeout=0.1)
    assert refusal.value.reason == SnapshotReason.HOT_JOURNAL
    assert store.read_bytes() == before
    with killable(store, "!open", "SELECT count(*) FROM a"):
        assert Database(store).read(Query(lambda: None), timeout=20) == (1, 1)


def test_another_database_under_the_same_name(tmp_path: Path) -> None:
    store, spare = tmp_path / "state.db", tmp_path / "spare.db"
    with killable(store, *WAL, "!close"), killable(spare, *WAL, *COMMIT, *COMMIT, "!close"):
        expect(store, lambda: spare.replace(store), 3, 2)


def test_a_store_that_moves_away(tmp_path: Path) -> None:
    store = tmp_path / "state.db"
    with killable(store, *ROLLBACK):
        with pytest.raises(Unreadable) as refusal:
            Database(store).read(Query(lambda: store.replace(tmp_path / "elsewhere.db")), timeout=5)
        assert refusal.value.reason == SnapshotReason.MISSING


def test_an_opener_that_recovers_and_checkpoints(tmp_path: Path) -> None:
    """The log of a killed program, without its index; meanwhile the program starts again."""
    store = tmp_path / "state.db"
    with killable(store, *WAL, *COMMIT) as other:
        other.kill()
    store.with_name("state.db-shm").unlink()
    with killable(store) as other:
        restart = ("!open", *COMMIT, "PRAGMA wal_checkpoint(PASSIVE)")
        expect(store, lambda: other.do(*restart), 3, 2)


def test_a_killed_program_that_starts_again(tmp_path: Path) -> None:
    """The same with the index left behind: its first opener cuts it and builds it anew."""
    store = tmp_path / "state.db"
    with killable(store, *WAL, *COMMIT) as other:
        other.kill()
    with killable(store) as other:
        expect(store, lambda: other.do("!open", *COMMIT, "PRAGMA wal_checkpoint(PASSIVE)"), 3, 2)


def test_an_index_left_behind_does_not_hide_commits(tmp_path: Path) -> None:
    """A program is killed, and one that keeps its index in memory goes on with the same log."""
    store = tmp_path / "state.db"
    with killable(store, *WAL) as other:
        other.kill()
    with killable(store, "!open PRAGMA locking_mode=exclusive", *COMMIT, *COMMIT, *COMMIT) as other:
        assert store.with_name("state.db-shm").exists()
        expect(store, lambda: None, 4, 1)
        expect(store, lambda: other.do(*COMMIT, "PRAGMA wal_checkpoint(PASSIVE)"), 5, 2)


def test_an_opener_that_ignores_an_index_left_behind(tmp_path: Path) -> None:
    store = tmp_path / "state.db"
    with killable(store, *WAL) as other:
        other.kill()
    with killable(store) as other:
        opening = "!open PRAGMA locking_mode=exclusive"
        expect(store, lambda: other.do(opening, *COMMIT, "PRAGMA wal_checkpoint(PASSIVE)"), 2, 2)


def test_a_restarted_index_left_behind_does_not_hide_commits(tmp_path: Path) -> None:
    store = tmp_path / "state.db"
    with killable(store, *WAL, "PRAGMA wal_checkpoint(RESTART)") as other:
        other.kill()
    with killable(store, "!open PRAGMA locking_mode=exclusive", *COMMIT) as other:
        expect(store, lambda: None, 2, 1)
        expect(store, lambda: other.do(*COMMIT, "PRAGMA wal_checkpoint(PASSIVE)"), 3, 2)


def test_a_file_written_this_very_moment_is_left_to_settle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Within one tick of the file clock a second write would not show in the file's time."""
    store = tmp_path / "state.db"
    query = Query(lambda: None)
    with killable(store, *ROLLBACK):
        moment = time.time_ns() + 600_000_000_000
        os.utime(store, ns=(moment, moment))
        with monkeypatch.context() as patch, pytest.raises(Unreadable) as refusal:
            # However long this takes, the moment is not over.
            patch.setattr(file_stamp, "_MOST_AHEAD_NS", 2 * 600_000_000_000)
            Database(store).read(query, timeout=0.05)
        assert refusal.value.reason == SnapshotReason.BUSY
        assert query.runs == 0
        moment = time.time_ns() + 50_000_000
        os.utime(store, ns=(moment, moment))
        assert Database(store).read(query, timeout=20) == (1, 1)
        # A clock that was set back must not lock a store for ever.
        moment = time.time_ns() + 3_600_000_000_000
        os.utime(store, ns=(moment, moment))
        assert Database(store).read(query, timeout=20) == (1, 1)


def test_a_commit_that_never_became_official_is_not_remembered(tmp_path: Path) -> None:
    """After a kill the end of the log is written over, with the same salts: what was known of it must go."""
    store, copy = tmp_path / "state.db", tmp_path / "copy.db"
    wal = store.with_name("state.db-wal")
    with killable(store, *WAL) as other:
        for suffix in ("", "-wal"):
            shutil.copy(f"{store}{suffix}", f"{copy}{suffix}")
        other.do("BEGIN", "UPDATE a SET n = 77", "UPDATE b SET n = 77", "COMMIT")
        other.kill()
    store.with_name("state.db-shm").unlink()
    reader = Database(store)
    query = Query(lambda: None)
    reading = reader.poll(query, None, timeout=20)
    assert reading.value == (77, 77)
    with killable(copy, "!open", *COMMIT, *COMMIT) as other:
        other.kill()
    other_wal = copy.with_name("copy.db-wal").read_bytes()
    assert other_wal[16:24] == wal.read_bytes()[16:24]
    wal.write_bytes(other_wal)
    assert reader.read(query, timeout=20) == (3, 3)
    assert reader.poll(query, reading, timeout=20).value == (3, 3)
