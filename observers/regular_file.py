"""One file of a store, opened O_RDONLY: never written, locked, mapped or created, and no access time left behind."""

from __future__ import annotations

import errno
import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from observers.base import ObserverError, ObserverReason

CHUNK = 1 << 20
# File times on Linux come from a clock that ticks every few milliseconds: two writes can share one time.
CLOCK_TICK_NS = 20_000_000

# O_NONBLOCK: a named pipe in the place of a store must not hang the open. Not every platform has every flag.
_FLAGS = os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_NO_ACCESS_TIME = getattr(os, "O_NOATIME", 0)


@dataclass(frozen=True, slots=True)
class FileStamp:
    """What stat tells about the content of a file; the time in nanoseconds since 1970."""

    device: int
    inode: int
    size: int
    modified: int

    @classmethod
    def of(cls, status: os.stat_result) -> FileStamp:
        return cls(status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)

    def settled(self, now_ns: int | None = None) -> bool:
        """A later write is sure to show. Not true of a time within a clock tick of now, or in the future."""
        return (time.time_ns() if now_ns is None else now_ns) - self.modified > CLOCK_TICK_NS

    def __str__(self) -> str:
        return f"{self.device}:{self.inode}:{self.size}:{self.modified}"


def refusal(error: OSError, path: Path | str) -> ObserverError:
    """The ObserverError for what the system said about a path."""
    if error.errno in {errno.ENOENT, errno.ENOTDIR}:
        return ObserverError(ObserverReason.MISSING, "there is nothing at this path", where=str(path))
    if error.errno in {errno.EACCES, errno.EPERM}:
        hint = "let the user who runs koru read it"
        return ObserverError(ObserverReason.UNREADABLE, "no permission to read", where=str(path), hint=hint)
    return ObserverError(ObserverReason.UNREADABLE, error.strerror or str(error), where=str(path))


def may_be_directory(path: Path) -> bool:
    """False where there is none for sure. True where nobody lets us look, so that listing it says why."""
    try:
        return path.is_dir()
    except OSError:
        return True


def _open(path: Path) -> int:
    try:
        return os.open(path, _FLAGS | _NO_ACCESS_TIME)
    except PermissionError:
        # O_NOATIME is for the owner of a file only.
        return os.open(path, _FLAGS)


@contextmanager
def opened(path: Path) -> Iterator[int]:
    """A descriptor of a regular file. ObserverError `missing` or `unreadable`."""
    try:
        descriptor = _open(path)
    except OSError as error:
        raise refusal(error, path) from error
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise ObserverError(ObserverReason.UNREADABLE, "this is not a regular file", where=str(path))
        yield descriptor
    except OSError as error:
        raise refusal(error, path) from error
    finally:
        os.close(descriptor)


def chunks(descriptor: int, offset: int, end: int) -> Iterator[bytes]:
    """The bytes from `offset` up to `end`, a megabyte at a time; fewer when the file has become shorter."""
    os.lseek(descriptor, offset, os.SEEK_SET)
    while offset < end and (data := os.read(descriptor, min(CHUNK, end - offset))):
        offset += len(data)
        yield data


def now_ms() -> int:
    """Milliseconds since 1970."""
    return time.time_ns() // 1_000_000
