"""The ledger's directory: 0700, ours, not a link, and locked by the one process that writes."""

import errno
import fcntl
import os
import stat
import sys
import time
from contextlib import suppress
from pathlib import Path

from bridge.protocol.errors import BridgeError, Reason

# A verify looks at the lock for an instant, by taking it shared; only who holds it longer is a writer.
LOCK_WAIT_S = 0.5
LOCK_RETRY_S = 0.01


class Directory:
    """An open directory. Everything in it is named relative to `path`."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self.descriptor = descriptor

    @classmethod
    def prepare(cls, path: Path) -> "Directory":
        """Open it, made if it is missing. Raises BridgeError STATE_UNWRITABLE."""
        try:
            for missing in reversed([each for each in (path, *path.parents) if not os.path.lexists(each)]):
                make_private(missing)
        except OSError as error:
            raise _unwritable(path, f"cannot make the directory: {error.strerror}") from error
        if path.is_symlink():
            raise _unwritable(path, "the directory is a symbolic link")
        try:
            directory = cls(path, os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC))
        except OSError as error:
            raise _unwritable(path, f"cannot open the directory: {error.strerror}") from error
        try:
            directory._check()
        except BridgeError:
            directory.close()
            raise
        return directory

    def _check(self) -> None:
        found = os.fstat(self.descriptor)
        if found.st_uid != os.geteuid():
            raise _unwritable(self.path, f"the directory belongs to another user (uid {found.st_uid})")
        if found.st_mode & 0o077:
            mode = stat.S_IMODE(found.st_mode)
            raise _unwritable(self.path, f"others can enter the directory (mode {mode:04o})", f"chmod 700 {self.path}")

    def lock(self) -> None:
        """Become the writer, until `close`. Raises BridgeError LEDGER_UNWRITABLE when there is one."""
        deadline = time.monotonic() + LOCK_WAIT_S
        while not _try_lock(self.descriptor, fcntl.LOCK_EX):
            if time.monotonic() > deadline:
                raise BridgeError(
                    Reason.LEDGER_UNWRITABLE,
                    "another process is writing this ledger",
                    where=str(self.path),
                    hint="a daemon is running: koru status",
                )
            time.sleep(LOCK_RETRY_S)

    def sync(self) -> None:
        """Names made or changed in it are on disk afterwards."""
        os.fsync(self.descriptor)

    def close(self) -> None:
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1


def has_writer(path: Path) -> bool:
    """Whether a process is writing the ledger right now."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        return not _try_lock(descriptor, fcntl.LOCK_SH)
    finally:
        os.close(descriptor)


def make_private(path: Path) -> None:
    """One directory, 0700 if this makes it, whose name is on disk. Raises OSError."""
    with suppress(FileExistsError):
        path.mkdir(mode=0o700)
    parent = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(parent)
    finally:
        os.close(parent)


def open_private(path: Path, flags: int) -> int:
    """Open a plain file of ours (0600 where this makes it), never through a link. Raises OSError."""
    descriptor = os.open(path, flags | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK, 0o600)
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return descriptor
    os.close(descriptor)
    raise OSError(errno.EINVAL, "not a plain file", str(path))


def flush(descriptor: int) -> None:
    """The content of the file is on disk afterwards. Raises OSError."""
    if sys.platform == "darwin":
        fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)
    else:
        os.fdatasync(descriptor)


def _try_lock(descriptor: int, how: int) -> bool:
    try:
        fcntl.flock(descriptor, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _unwritable(path: Path, message: str, hint: str | None = None) -> BridgeError:
    fallback = "give it to yourself, or choose another place by XDG_STATE_HOME"
    return BridgeError(Reason.STATE_UNWRITABLE, message, where=str(path), hint=hint or fallback)
