"""The files of one database, opened O_RDONLY and nothing else: no lock, no file made, nothing mapped.

Closing a descriptor drops the POSIX locks this process holds on that file, so never point this at a database
that the same process has open through sqlite3.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Self

from observers.file_stamp import FileStamp, open_untouched
from observers.sqlite_snapshot.failure import SnapshotReason, Unreadable


def _open_regular(path: str) -> int:
    try:
        descriptor = open_untouched(path)
    except FileNotFoundError as error:
        raise Unreadable(SnapshotReason.MISSING, f"no file {path}") from error
    except PermissionError as error:
        raise Unreadable(SnapshotReason.DENIED, f"no permission to read {path}") from error
    except OSError as error:
        raise Unreadable(SnapshotReason.NOT_A_FILE, f"{path} cannot be opened: {error.strerror}") from error
    try:
        if not stat.S_ISREG(status(descriptor).st_mode):
            raise Unreadable(SnapshotReason.NOT_A_FILE, f"{path} is not a regular file")
    except Unreadable:
        os.close(descriptor)
        raise
    return descriptor


def _open_companion(path: str, ignored: frozenset[SnapshotReason]) -> int | None:
    try:
        return _open_regular(path)
    except Unreadable as failure:
        if failure.reason in ignored:
            return None
        raise


class StoreFiles:
    """Open descriptors of a database, its `-wal` and its `-shm` (None where there is none), closed on exit."""

    def __init__(self, path: str) -> None:
        # SQLite puts the companions beside the real file, not beside a link to it.
        self.path = os.path.realpath(path)
        self.wal: int | None = None
        self.shm: int | None = None
        self.database = _open_regular(self.path)
        try:
            # A log that cannot be read hides commits, so only its absence is fine; the index is merely a short cut.
            self.wal = _open_companion(self.path + "-wal", frozenset({SnapshotReason.MISSING}))
            if self.wal is not None:
                self.shm = _open_companion(self.path + "-shm", frozenset(SnapshotReason))
        except Unreadable:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        for descriptor in (self.database, self.wal, self.shm):
            if descriptor is not None:
                os.close(descriptor)

    def stamp(self) -> FileStamp:
        return FileStamp.of(status(self.database))

    def in_place(self, suffix: str, descriptor: int) -> bool:
        """The name still leads to the file that was opened."""
        try:
            named = Path(self.path + suffix).stat()
        except OSError:
            return False
        opened = status(descriptor)
        return (named.st_dev, named.st_ino) == (opened.st_dev, opened.st_ino)

    def wal_holds_data(self) -> bool:
        """There is, now, a `-wal` with at least a whole header under that name."""
        try:
            return Path(self.path + "-wal").stat().st_size >= 32
        except OSError:
            return False

    def journal_is_hot(self) -> bool:
        """A rollback journal with a header: the database may be in the middle of a transaction."""
        try:
            descriptor = open_untouched(self.path + "-journal")
        except FileNotFoundError:
            return False
        except OSError:
            return True
        try:
            return read(descriptor, 1, 0) not in (b"", b"\0")
        finally:
            os.close(descriptor)


def status(descriptor: int) -> os.stat_result:
    """What the system says of an open file."""
    try:
        return os.fstat(descriptor)
    except OSError as error:
        raise Unreadable(SnapshotReason.IO, f"an open file is gone: {error.strerror}") from error


def read(descriptor: int, size: int, offset: int) -> bytes:
    """Up to `size` bytes at `offset`."""
    try:
        return os.pread(descriptor, size, offset)
    except OSError as error:
        raise Unreadable(SnapshotReason.IO, f"reading failed at byte {offset}: {error.strerror}") from error
