"""What the kernel saw: read-only opens, no lock, nothing mapped, no file made, not one byte or time changed."""

from __future__ import annotations

import ctypes
import os
import re
import shutil
import sqlite3
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from observers.sqlite_snapshot import Database, Snapshot, Unreadable

HERE = Path(__file__).parent
REPOSITORY = HERE.parents[1]
HARMLESS_CALLS = {"openat", "pread64", "fstat", "newfstatat", "lstat", "stat", "statx", "readlink", "close", "execve"}
HARMLESS_FLAGS = {"O_RDONLY", "O_CLOEXEC", "O_NONBLOCK", "O_NOATIME"}
# IN_ACCESS, IN_OPEN and IN_CLOSE_NOWRITE: what reading causes.
HARMLESS_EVENTS = 0x1 | 0x20 | 0x10
EVERY_EVENT = 0xFFF
IN_CREATE = 0x100


def contents(snapshot: Snapshot) -> dict[str, list[object]]:
    return {name: [list(row.values()) for row in snapshot.table(name).rows()] for name in snapshot.tables}


def fill(connection: sqlite3.Connection) -> None:
    connection.execute("CREATE TABLE note(id INTEGER PRIMARY KEY, body BLOB)")
    connection.executemany("INSERT INTO note(body) VALUES(?)", [(bytes(size),) for size in range(1, 9000, 700)])


def killed(store: Path, *orders: str) -> None:
    """Leave what a killed program leaves: its files are copied while it has them open."""
    origin = store.with_name("origin")
    origin.mkdir()
    with closing(sqlite3.connect(origin / store.name, isolation_level=None)) as connection:
        for order in orders:
            connection.execute(order).fetchall()
        fill(connection)
        if "PRAGMA journal_mode=delete" in orders:
            connection.execute("PRAGMA cache_size=2")
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("UPDATE note SET body = zeroblob(5000)")
        for path in origin.iterdir():
            shutil.copy2(path, store.parent)
    shutil.rmtree(origin)


def closed(store: Path) -> None:
    with closing(sqlite3.connect(store, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=wal")
        fill(connection)


def crashed(store: Path) -> None:
    killed(store, "PRAGMA journal_mode=wal")


def crashed_without_index(store: Path) -> None:
    killed(store, "PRAGMA journal_mode=wal")
    store.with_name("state.db-shm").unlink()


def hot(store: Path) -> None:
    killed(store, "PRAGMA journal_mode=delete")
    assert store.with_name("state.db-journal").read_bytes()[:1] == b"\xd9"


STATES: dict[str, Callable[[Path], None]] = {
    "closed": closed,
    "crashed": crashed,
    "crashed without index": crashed_without_index,
    "hot journal": hot,
}


def fingerprint(folder: Path) -> dict[str, tuple[object, ...]]:
    """Names, contents and every time of every file; of the folder itself too."""
    found: dict[str, tuple[object, ...]] = {}
    for path in (folder, *sorted(folder.iterdir())):
        status = path.stat()
        times = (status.st_atime_ns, status.st_mtime_ns, status.st_ctime_ns)
        found[path.name] = (status.st_ino, status.st_mode, status.st_size, *(times if path != folder else times[1:]))
    return found


@contextmanager
def inotify(folder: Path) -> Iterator[Callable[[], list[tuple[int, str]]]]:
    libc = ctypes.CDLL(None, use_errno=True)
    descriptor = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
    assert descriptor >= 0
    assert libc.inotify_add_watch(descriptor, os.fsencode(folder), EVERY_EVENT) >= 0

    def events() -> list[tuple[int, str]]:
        found: list[tuple[int, str]] = []
        try:
            data = os.read(descriptor, 1 << 20)
        except BlockingIOError:
            return found
        while data:
            _, mask, _, length = struct.unpack_from("iIII", data)
            found.append((mask, data[16 : 16 + length].rstrip(b"\0").decode()))
            data = data[16 + length :]
        return found

    try:
        yield events
    finally:
        os.close(descriptor)


@pytest.mark.parametrize("state", STATES)
def test_a_store_at_rest_is_left_as_it_was(state: str, tmp_path: Path) -> None:
    store = tmp_path / "state.db"
    STATES[state](store)
    bytes_before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    # Reading the bytes has set access times.
    for path in tmp_path.iterdir():
        os.utime(path, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns))
    before = fingerprint(tmp_path)
    with inotify(tmp_path) as events:
        for reader in (Database(store), Database(store)):
            for _ in range(3):
                try:
                    timeout = 0.3 if state == "hot journal" else 20
                    assert len(reader.read(contents, timeout=timeout)["note"]) == 13
                    assert state != "hot journal"
                except Unreadable:
                    assert state == "hot journal"
        seen = events()
        assert {name for _, name in seen} >= {"state.db"}
        assert [(mask, name) for mask, name in seen if mask & ~HARMLESS_EVENTS & EVERY_EVENT] == []
        assert fingerprint(tmp_path) == before
        assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == bytes_before
        if state in ("closed", "crashed without index"):
            with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as connection:
                connection.execute("SELECT * FROM note").fetchall()
            assert any(mask & IN_CREATE for mask, _ in events()), "the watch does not see what mode=ro makes"


def tool(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        message = f"{name} is not installed: what the reader asks of the kernel cannot be seen"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    return path


def traced(store: Path, reads: int, timeout: float, log: Path) -> tuple[int, int, list[str]]:
    """Answers, refusals, and every call of the reading process that names a file of the store or its descriptor."""
    reader = [sys.executable, "-P", str(HERE / "sqlite_snapshot_reader.py"), str(reads), str(store), str(timeout)]
    command = [tool("strace"), "-f", "-qq", "-y", "-s", "200", "-o", str(log), *reader]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600, check=True)
    answers, refusals = done.stdout.split()
    folder = str(store.parent)
    return int(answers), int(refusals), [line for line in log.read_text("utf-8").splitlines() if folder in line]


def offences(calls: list[str]) -> list[str]:
    found = []
    for line in calls:
        call = re.match(r"\d+ +(?:<\.\.\. )?(\w+)", line)
        flags = re.search(r"openat\([^,]*, \"[^\"]*\", ([A-Z_|]+)", line)
        if call is None or call[1] not in HARMLESS_CALLS:
            found.append(line)
        if call and call[1] == "openat" and (flags is None or set(flags[1].split("|")) - HARMLESS_FLAGS):
            found.append(line)
    return found


@pytest.mark.parametrize("state", STATES)
def test_the_calls_made_on_a_store_at_rest(state: str, tmp_path: Path) -> None:
    store = tmp_path / "store" / "state.db"
    store.parent.mkdir()
    STATES[state](store)
    answers, refusals, calls = traced(store, 3, 0.3 if state == "hot journal" else 20, tmp_path / "calls")
    assert (answers, refusals) == ((0, 3) if state == "hot journal" else (3, 0))
    assert any(re.search(r"pread64\(\d+<[^>]*state\.db>", line) for line in calls)
    assert offences(calls) == []


@pytest.mark.parametrize("journal", ["wal", "delete"])
def test_the_calls_made_beside_a_live_writer(journal: str, tmp_path: Path) -> None:
    store = tmp_path / "store" / "state.db"
    store.parent.mkdir()
    progress = tmp_path / "progress"
    progress.write_bytes(bytes(10))
    options = ["--journal_mode", journal, "--synchronous", "off", "--rate", "6", "--upheaval", "10"]
    command = [sys.executable, "-P", str(HERE / "sqlite_snapshot_writer.py"), str(store), str(progress), *options]
    with subprocess.Popen(command) as writer:
        try:
            limit = time.monotonic() + 30
            while not any(progress.read_bytes()):
                assert time.monotonic() < limit, "the writer never committed"
                time.sleep(0.01)
            answers, _, calls = traced(store, 25, 20, tmp_path / "calls")
            assert writer.poll() is None
        finally:
            writer.kill()
    assert answers > 15
    opened = {match[1] for line in calls if (match := re.search(r"state\.db(-\w+)?\", O_RDONLY[^=]*= \d", line))}
    assert opened >= ({None, "-wal", "-shm"} if journal == "wal" else {None})
    assert offences(calls) == []


def test_the_offences_of_sqlite_itself_are_seen(tmp_path: Path) -> None:
    """The judge of the tests above finds what mode=ro does."""
    store = tmp_path / "state.db"
    crashed(store)
    log = tmp_path.with_name("calls")
    script = "import sys, sqlite3; sqlite3.connect(sys.argv[1], uri=True).execute('SELECT * FROM note').fetchall()"
    subprocess.run(
        [tool("strace"), "-f", "-qq", "-y", "-o", str(log), sys.executable, "-c", script, f"file:{store}?mode=ro"],
        check=True,
    )
    found = "\n".join(offences([line for line in log.read_text("utf-8").splitlines() if str(tmp_path) in line]))
    assert "F_SETLK" in found
    assert "MAP_SHARED" in found
    assert "O_CREAT" in found
