"""The SQLite file under the rows: made, opened for its one writer, and told apart from a newer one."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bridge.files import open_private
from bridge.ledger.chain import SCHEMA_VERSION, Row
from bridge.ledger.directory import Directory
from bridge.ledger.snapshot import FILE_NAME, hold, let_go
from bridge.protocol.errors import BridgeError, Reason

TABLE = (
    "CREATE TABLE rows (seq INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, kind TEXT NOT NULL, drive_id TEXT, "
    "body TEXT NOT NULL, prev TEXT NOT NULL, hash TEXT NOT NULL) STRICT"
)
BUSY_S = 2.0

# What reading a damaged file raises; the second when SQLite's own complaint quotes bytes that are no text.
DAMAGE = (sqlite3.Error, UnicodeDecodeError)


class LedgerDatabase:
    """Locked against every other program, in WAL mode, each commit flushed, until `close`."""

    def __init__(self, directory: Directory) -> None:
        """Raises OSError, sqlite3.Error, and BridgeError LEDGER_UNREADABLE for a newer schema."""
        path = directory.path / FILE_NAME
        # SQLite gives the files it makes beside it the mode of this one.
        self._descriptor = open_private(path, os.O_RDWR | os.O_CREAT)
        hold(self._descriptor)
        directory.sync()
        # The daemon's calls come one at a time, though not always from the same thread.
        self.connection = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
        try:
            self.connection.execute("PRAGMA locking_mode=EXCLUSIVE")
            check_version(self.connection, path)
            for pragma in ("journal_mode=WAL", "synchronous=FULL", "fullfsync=ON", "checkpoint_fullfsync=ON"):
                self.connection.execute(f"PRAGMA {pragma}")
        except BaseException:
            self.close()
            raise

    @property
    def is_new(self) -> bool:
        return self.connection.execute("SELECT 1 FROM sqlite_schema").fetchone() is None

    def begin(self, first: Row) -> None:
        """Make the table with its first row, in one transaction. Raises sqlite3.Error."""
        with self.connection:
            self.connection.execute("BEGIN IMMEDIATE")
            self.connection.execute(TABLE)
            self.connection.execute(f"PRAGMA user_version={SCHEMA_VERSION}")
            self.insert(first)

    def insert(self, row: Row) -> None:
        """On disk when it returns, unless within `begin`. Raises sqlite3.Error; then the row is not in."""
        self.connection.execute(
            "INSERT INTO rows VALUES (?, ?, ?, ?, ?, ?, ?)",
            (row.seq, row.at_ms, row.kind, row.drive_id, row.body, row.prev, row.hash),
        )

    def close(self) -> None:
        self.connection.close()
        let_go(self._descriptor)


def check_version(connection: sqlite3.Connection, path: Path) -> None:
    """Raises BridgeError LEDGER_UNREADABLE when a newer Koru wrote it; nothing has been changed then."""
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > SCHEMA_VERSION:
        raise BridgeError(
            Reason.LEDGER_UNREADABLE,
            f"the ledger was written by a newer Koru (schema {version}, this one reads up to {SCHEMA_VERSION})",
            where=str(path),
            hint="nothing is damaged: use the newer Koru, or move the ledger's directory away to begin another",
        )


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """What SQLite and the system say while a row is written, as LEDGER_UNWRITABLE or LEDGER_UNREADABLE."""
    try:
        yield
    except (OSError, sqlite3.OperationalError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        hint = "make room on that disk and see that the directory is yours to write; rows so far are kept"
        message = f"the ledger cannot be written: {why}"
        raise BridgeError(Reason.LEDGER_UNWRITABLE, message, where=str(path), hint=hint, retry=True) from error
    except DAMAGE as error:
        raise damaged(path, error) from error


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """What SQLite says while rows are read, as LEDGER_UNREADABLE."""
    try:
        yield
    except DAMAGE as error:
        raise damaged(path, error) from error


def damaged(path: Path, error: Exception) -> BridgeError:
    hint = "see what is left: koru ledger verify; then move the directory away to begin another"
    return BridgeError(Reason.LEDGER_UNREADABLE, f"the ledger cannot be read: {error}", where=str(path), hint=hint)
