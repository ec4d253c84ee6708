"""The ledger's directory: 0700, ours, not a link, and locked by the one process that writes."""

import fcntl
import os
import stat
import sys
import time
from pathlib import Path
from typing import assert_never

from bridge.files import NotPrivate, private_directory
from bridge.protocol.errors import BridgeError, Reason

# Seconds to wait for the lock: a verify takes it shared for an instant, and only a writer holds it longer.
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
            return cls(path, private_directory(path))
        except NotPrivate as unsafe:
            raise _refusal(path, unsafe) from None
        except OSError as error:
            raise _unwritable(path, f"cannot make or open the directory: {error.strerror}") from error

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


def _refusal(path: Path, unsafe: NotPrivate) -> BridgeError:
    match unsafe.fault:
        case "link":
            return _unwritable(path, "the directory is a symbolic link")
        case "kind":
            return _unwritable(path, "this is not a directory")
        case "owner":
            return _unwritable(path, f"the directory belongs to another user (uid {unsafe.found.st_uid})")
        case "mode":
            mode = stat.S_IMODE(unsafe.found.st_mode)
            return _unwritable(path, f"others can enter the directory (mode {mode:04o})", f"chmod 700 {path}")
        case _ as never:
            assert_never(never)


def _unwritable(path: Path, message: str, hint: str | None = None) -> BridgeError:
    fallback = "give it to yourself, or choose another place by XDG_STATE_HOME"
    return BridgeError(Reason.STATE_UNWRITABLE, message, where=str(path), hint=hint or fallback)
