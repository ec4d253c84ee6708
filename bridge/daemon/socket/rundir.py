"""Directories that are ours alone (0700), and the socket in one of them. Called before the event loop starts."""

import errno
import os
import socket
import stat
import sys
from pathlib import Path
from typing import assert_never

from bridge.files import NotPrivate, private_directory
from bridge.listener import listens
from bridge.protocol.errors import BridgeError, Reason

# sun_path holds 108 bytes on Linux and 104 on macOS and the BSDs, its final NUL included.
SUN_PATH_MAX_BYTES = 107 if sys.platform == "linux" else 103
BACKLOG = 4096


def make_private(directory: Path, *, mend: bool) -> None:
    """See to it that the directory exists, is no symbolic link, is ours and has no rights for others.

    `mend` allows taking rights of others away; without it they are a refusal.
    BridgeError SOCKET_UNSAFE, STATE_UNWRITABLE.
    """
    try:
        os.close(private_directory(directory, mend=mend))
    except NotPrivate as unsafe:
        raise _refusal(directory, unsafe) from None
    except OSError as error:
        raise _unwritable(directory, error) from error
    if not os.access(directory, os.W_OK | os.X_OK):
        raise _unwritable(directory, PermissionError(errno.EACCES, os.strerror(errno.EACCES)))


def _refusal(directory: Path, unsafe: NotPrivate) -> BridgeError:
    match unsafe.fault:
        case "link":
            return _unsafe(directory, "is a symbolic link", "replace it by a directory, or name the real one")
        case "kind":
            return _unsafe(directory, "is not a directory", "move it away")
        case "owner":
            hint = "choose a directory of your own by KORU_SOCKET"
            return _unsafe(directory, f"belongs to user {unsafe.found.st_uid}", hint)
        case "mode":
            mode = stat.S_IMODE(unsafe.found.st_mode)
            hint = f"put the socket into a directory of its own, or: chmod 700 {directory}"
            return _unsafe(directory, f"is open to other users (mode {mode:04o})", hint)
        case _ as never:
            assert_never(never)


class Listening:
    """The bound socket, and how to take it away again without touching what another put in its place."""

    def __init__(self, path: Path, bound: socket.socket) -> None:
        self.path = path
        self.socket = bound
        self._identity = _identity(path)

    def remove(self) -> None:
        """Unlink the path if it is still our socket. The socket itself belongs to the server."""
        if self._identity is not None and _identity(self.path) == self._identity:
            self.path.unlink(missing_ok=True)


def listen(path: Path) -> Listening:
    """Bind with mode 0600 from the first moment. The caller holds the lock, so a dead socket may be replaced.

    BridgeError SOCKET_UNSAFE (symbolic link, foreign, no socket, or one that is in use), USAGE (path too long).
    """
    if len(os.fsencode(path)) > SUN_PATH_MAX_BYTES:
        hint = "set KORU_SOCKET to a shorter path"
        raise BridgeError(
            Reason.USAGE, f"the socket's path is longer than {SUN_PATH_MAX_BYTES} bytes", where=str(path), hint=hint
        )
    _clear(path)
    bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        bound.bind(os.fsencode(path))
        bound.listen(BACKLOG)
    except OSError as error:
        bound.close()
        raise _unwritable(path, error) from error
    finally:
        os.umask(before)
    bound.setblocking(False)
    return Listening(path, bound)


def _clear(path: Path) -> None:
    try:
        found = path.lstat()
    except FileNotFoundError:
        return
    if stat.S_ISLNK(found.st_mode):
        raise _unsafe(path, "is a symbolic link", "look who made it, then remove it")
    if not stat.S_ISSOCK(found.st_mode):
        raise _unsafe(path, "is not a socket", "move it away, or choose another path by KORU_SOCKET")
    if found.st_uid != os.geteuid():
        raise _unsafe(path, f"belongs to user {found.st_uid}", "choose another path by KORU_SOCKET")
    if listens(path):
        hint = "it does not hold our lock: find it and stop it, or choose another path by KORU_SOCKET"
        raise BridgeError(Reason.SOCKET_UNSAFE, "something already listens there", where=str(path), hint=hint)
    path.unlink(missing_ok=True)


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.lstat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _unsafe(path: Path, what: str, hint: str) -> BridgeError:
    return BridgeError(Reason.SOCKET_UNSAFE, f"the path {what}", where=str(path), hint=hint)


def _unwritable(path: Path, error: OSError) -> BridgeError:
    why = os.strerror(error.errno or 0)
    hint = "make it writable for you, or choose another place by XDG_STATE_HOME or KORU_SOCKET"
    return BridgeError(Reason.STATE_UNWRITABLE, f"cannot use the path: {why}", where=str(path), hint=hint)
