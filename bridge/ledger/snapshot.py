"""The rows as they were at one moment, for reading: a private copy, so that nothing beside the ledger is written.

SQLite itself cannot promise that: it makes files beside a database in WAL mode, and its writer here holds it locked.
"""

import os
import sqlite3
import tempfile
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bridge.files import open_private
from bridge.ledger.chain import Row
from bridge.protocol.errors import BridgeError, Reason

FILE_NAME = "ledger.sqlite3"
WAL_NAME = FILE_NAME + "-wal"
COLUMNS = "seq, at_ms, kind, drive_id, body, prev, hash"
ATTEMPTS = 10

_CHUNK = 1 << 20
_WAL_HEADER = 32
_FRAME_HEADER = 24

# Closing any descriptor of a file drops all POSIX locks this process has on it, SQLite's too. So the file of a
# ledger that this process writes is read through a descriptor that stays open as long as the ledger does.
_held: dict[tuple[int, int], int] = {}
_held_guard = threading.Lock()


@dataclass(frozen=True, slots=True)
class LedgerSnapshot:
    """`cut_off`: the write-ahead log ends in a write that never became a row."""

    connection: sqlite3.Connection
    cut_off: bool


def hold(descriptor: int) -> None:
    """Read this open database file through the descriptor from now on. To be called before SQLite opens it."""
    with _held_guard:
        _held[_identity(descriptor)] = descriptor


def let_go(descriptor: int) -> None:
    """Close it. To be called after SQLite closed the database."""
    with _held_guard:
        _held.pop(_identity(descriptor), None)
        os.close(descriptor)


@contextmanager
def snapshot(directory: Path) -> Iterator[LedgerSnapshot]:
    """Copy and open it. Raises BridgeError LEDGER_UNREADABLE, and sqlite3.DatabaseError when it is damaged."""
    with tempfile.TemporaryDirectory(prefix="koru-ledger-") as private:
        copy = Path(private)
        try:
            _copy(directory, copy)
        except OSError as error:
            raise _unreadable(directory, f"the ledger cannot be copied for reading: {error.strerror}") from error
        with closing(sqlite3.connect(copy / FILE_NAME, isolation_level=None)) as connection:
            connection.execute("PRAGMA locking_mode=EXCLUSIVE")
            connection.execute("PRAGMA trusted_schema=OFF")
            yield LedgerSnapshot(connection, _is_cut_off(connection, copy / WAL_NAME))


def read_rows(connection: sqlite3.Connection, condition: str, *values: object) -> Iterator[Row]:
    """Rows by an SQL condition (a constant of ours, never input). Raises sqlite3.DatabaseError."""
    for row in connection.execute(f"SELECT {COLUMNS} FROM rows {condition}", values):  # noqa: S608
        yield Row(*row)


def last_rows(
    connection: sqlite3.Connection, *, after_seq: int | None, limit: int, drive_id: str | None = None
) -> list[Row]:
    """Rows after `after_seq`, oldest first; without it the last `limit` rows. With `drive_id` only that drive's."""
    whose = "" if drive_id is None else "AND drive_id = ?"
    values = () if drive_id is None else (drive_id,)
    if after_seq is not None:
        return list(read_rows(connection, f"WHERE seq > ? {whose} ORDER BY seq LIMIT ?", after_seq, *values, limit))
    newest_first = read_rows(connection, f"WHERE seq > 0 {whose} ORDER BY seq DESC LIMIT ?", *values, limit)
    return list(newest_first)[::-1]


def _copy(directory: Path, copy: Path) -> None:
    for _ in range(ATTEMPTS):
        before = _generation(directory)
        if before is None:
            raise _unreadable(directory, "there is no ledger")
        _copy_database(directory / FILE_NAME, copy / FILE_NAME)
        _copy_wal(directory / WAL_NAME, copy / WAL_NAME)
        # Pages that a checkpoint moved in the meantime are in the log as well, unless the log was begun anew.
        if _generation(directory) == before:
            return
    raise BridgeError(
        Reason.LEDGER_UNREADABLE,
        "the ledger changed faster than it could be copied",
        where=str(directory),
        hint="try again",
        retry=True,
    )


def _generation(directory: Path) -> tuple[object, ...] | None:
    """Equal as long as the log was not begun anew and, without a log, the database not written. None: no ledger."""
    try:
        database = os.lstat(directory / FILE_NAME)
    except FileNotFoundError:
        return None
    try:
        wal = open_private(directory / WAL_NAME, os.O_RDONLY)
    except FileNotFoundError:
        return (database.st_ino, database.st_size, database.st_mtime_ns)
    try:
        return (database.st_ino, os.pread(wal, _WAL_HEADER, 0))
    finally:
        os.close(wal)


def _copy_database(source: Path, target: Path) -> None:
    with _held_guard:
        found = os.lstat(source)
        held = _held.get((found.st_dev, found.st_ino))
        descriptor = open_private(source, os.O_RDONLY) if held is None else held
        try:
            _copy_bytes(descriptor, target)
        finally:
            if held is None:
                os.close(descriptor)


def _copy_wal(source: Path, target: Path) -> None:
    target.unlink(missing_ok=True)
    try:
        descriptor = open_private(source, os.O_RDONLY)
    except FileNotFoundError:
        return
    try:
        _copy_bytes(descriptor, target)
    finally:
        os.close(descriptor)


def _copy_bytes(descriptor: int, target: Path) -> None:
    offset = 0
    with os.fdopen(open_private(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), "wb") as file:
        while chunk := os.pread(descriptor, _CHUNK, offset):
            file.write(chunk)
            offset += len(chunk)


def _is_cut_off(connection: sqlite3.Connection, wal: Path) -> bool:
    """Whether there is more of this generation in the log than SQLite could take as committed."""
    try:
        size = wal.stat().st_size
    except FileNotFoundError:
        return False
    page = connection.execute("PRAGMA page_size").fetchone()[0]
    frames = max(connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()[1], 0)
    end = _WAL_HEADER + frames * (_FRAME_HEADER + page)
    with wal.open("rb") as file:
        salt = file.read(_WAL_HEADER)[16:24]
        file.seek(min(end, size))
        rest = file.read(_FRAME_HEADER)
    return bool(rest) and (len(rest) < _FRAME_HEADER or rest[8:16] in (salt, bytes(8)))


def _identity(descriptor: int) -> tuple[int, int]:
    found = os.fstat(descriptor)
    return found.st_dev, found.st_ino


def _unreadable(directory: Path, message: str) -> BridgeError:
    hint = "name the right directory, or start the daemon once: koru up"
    return BridgeError(Reason.LEDGER_UNREADABLE, message, where=str(directory), hint=hint)
