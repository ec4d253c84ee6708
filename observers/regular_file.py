"""One file of a store, opened O_RDONLY: never written, locked, mapped or created, and no access time left behind."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from observers.base import ObserverError, ObserverReason
from observers.file_stamp import open_untouched

CHUNK = 1 << 20


def refusal(error: OSError, path: Path | str) -> ObserverError:
    """The ObserverError for what the system said about a path."""
    if error.errno in {errno.ENOENT, errno.ENOTDIR}:
        return ObserverError(ObserverReason.MISSING, "there is nothing at this path", where=str(path))
    if error.errno in {errno.EACCES, errno.EPERM}:
        hint = "let the user who runs koru read it"
        return ObserverError(ObserverReason.UNREADABLE, "no permission to read", where=str(path), hint=hint)
    return ObserverError(ObserverReason.UNREADABLE, error.strerror or str(error), where=str(path))


def may_be_directory(path: Path) -> bool:
    """False where there is none for sure. True where it cannot be looked at, so that listing it says why."""
    try:
        return path.is_dir()
    except OSError:
        return True


@contextmanager
def opened(path: Path) -> Iterator[int]:
    """A descriptor of a regular file. ObserverError `missing` or `unreadable`."""
    try:
        descriptor = open_untouched(path)
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
    """The bytes from `offset` up to `end`, 1 MiB at a time; fewer when the file has become shorter. OSError."""
    os.lseek(descriptor, offset, os.SEEK_SET)
    while offset < end and (data := os.read(descriptor, min(CHUNK, end - offset))):
        offset += len(data)
        yield data
