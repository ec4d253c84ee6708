"""Files and directories that Koru makes for the user: whole or not at all, and closed to other users.

Every part of `bridge` that replaces a file, makes a private directory or reads a key does it here. The functions raise
OSError and NotPrivate; the callers turn both into a BridgeError that says what was to be done and what helps.
Standard library only and no pathlib at import: the command line imports this file.
"""

import errno
import os
import stat
import time
from contextlib import contextmanager, suppress

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from os import PathLike
    from pathlib import Path
    from typing import BinaryIO, Literal

    Fault = Literal["link", "kind", "owner", "mode"]

PRIVATE_FILE = 0o600
PRIVATE_DIRECTORY = 0o700
SWEEP_AFTER_S = 600.0
_PARTIAL = ".koru-"
_PARTIAL_DIGITS = 16
# The rights of group and others: all of them, and those to change something.
_OTHERS = 0o077
_OTHERS_WRITE = 0o022


class NotPrivate(Exception):
    """A path that other users could use or could have put there. `found` is what the system says of it.

    `fault`: `link` (a symbolic link), `kind` (neither a directory nor a plain file, as was asked for), `owner` (of
    another user), `mode` (others have rights).
    """

    def __init__(self, fault: "Fault", found: os.stat_result) -> None:
        super().__init__(fault)
        self.fault = fault
        self.found = found


@contextmanager
def whole_file(
    path: "str | PathLike[str]", *, mode: int = PRIVATE_FILE, over: bool = True, beside: str | None = None
) -> "Iterator[BinaryIO]":
    """A file to write, which appears at `path` when the block ends: a reader finds the old content or the new one.

    Content and name are on disk afterwards. When the block or the system fails, what was there before stays, and the
    temporary file beside it is removed; a process that is killed leaves it behind (`.koru-` and 16 digits), for
    `sweep`. An error of the directory's flush comes when the new content is in place: it may not outlast a power loss.
    `over=False` never replaces: FileExistsError when there is something at `path` by then. `beside` names the temporary
    file, and takes the place of what a killed process left under that name: for a directory with one writer, which is
    too large to be swept. Raises OSError.
    """
    from pathlib import Path

    place = Path(path)
    partial = place.parent / (beside or f"{_PARTIAL}{os.urandom(_PARTIAL_DIGITS // 2).hex()}")
    # Opened first: a directory that cannot be flushed is an error before anything was replaced.
    directory = _open_directory(place.parent)
    try:
        if beside is not None:
            partial.unlink(missing_ok=True)
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, mode)
        try:
            with os.fdopen(descriptor, "wb") as file:
                yield file
                file.flush()
                os.fsync(descriptor)
            if over:
                partial.replace(place)
            else:
                place.hardlink_to(partial)  # unlike a rename, it fails where the name is taken
        finally:
            with suppress(OSError):
                partial.unlink()
        _flush(directory)
    finally:
        os.close(directory)


def sweep(directory: "str | PathLike[str]") -> int:
    """Remove what killed processes left of whole files; how many there were. Raises OSError where it cannot be listed.

    What was written to within SWEEP_AFTER_S stays, for another process may be at it.
    """
    from pathlib import Path

    swept = 0
    with os.scandir(directory) as entries:
        left = [entry for entry in entries if _is_partial(entry)]
    for entry in left:
        with suppress(OSError):
            if time.time() - entry.stat(follow_symlinks=False).st_mtime > SWEEP_AFTER_S:
                Path(entry.path).unlink()
                swept += 1
    return swept


def _is_partial(entry: "os.DirEntry[str]") -> bool:
    digits = entry.name.removeprefix(_PARTIAL)
    is_hex = len(digits) == _PARTIAL_DIGITS and all(digit in "0123456789abcdef" for digit in digits)
    return entry.name.startswith(_PARTIAL) and is_hex and entry.is_file(follow_symlinks=False)


def write_whole(
    path: "str | PathLike[str]",
    data: bytes,
    *,
    mode: int = PRIVATE_FILE,
    over: bool = True,
    beside: str | None = None,
) -> None:
    """`whole_file` for content that is at hand. Raises OSError."""
    with whole_file(path, mode=mode, over=over, beside=beside) as file:
        file.write(data)


def open_private(path: "Path", flags: int) -> int:
    """Open a plain file of ours (0600 where this makes it), never through a link. Raises OSError."""
    descriptor = os.open(path, flags | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK, PRIVATE_FILE)
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return descriptor
    os.close(descriptor)
    raise OSError(errno.EINVAL, "not a plain file", str(path))


def read_private(path: "Path", most: int, *, placed: bool = False) -> bytes:
    """Up to `most` bytes of a file that no other user can read, such as a key. Raises OSError, NotPrivate.

    `placed`: an operator or the system put it there, so `path` may be a link and the file may belong to root.
    """
    flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | (0 if placed else os.O_NOFOLLOW)
    descriptor = os.open(path, flags)
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise NotPrivate("kind", found)
        _check_rights(found, {os.geteuid(), 0} if placed else {os.geteuid()})
        return os.read(descriptor, most)
    finally:
        os.close(descriptor)


def make_directories(path: "Path") -> None:
    """The directory and those above it, 0700 where this makes them, their names on disk. Raises OSError.

    What is there already is left as it is, and not looked at.
    """
    for missing in reversed([each for each in (path, *path.parents) if not os.path.lexists(each)]):
        make_directory(missing)


def make_directory(path: "Path") -> None:
    """One directory, 0700 if this makes it, whose name is on disk. Raises OSError."""
    with suppress(FileExistsError):
        path.mkdir(mode=PRIVATE_DIRECTORY)
    sync_directory(path.parent)


def private_directory(path: "Path", *, mend: bool = False) -> int:
    """A descriptor of a directory that is no link, is ours and gives others no rights; made if it is missing.

    `mend` takes rights of others away; without it they are a fault. Raises OSError, NotPrivate.
    """
    make_directories(path)
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode):
        raise NotPrivate("link" if stat.S_ISLNK(found.st_mode) else "kind", found)
    # Before it is opened too: the directory of another user often cannot be opened, and the owner is the reason.
    _check_rights(found, {os.geteuid()}, others=0 if mend else _OTHERS)
    descriptor = _open_directory(path, os.O_NOFOLLOW)
    try:
        # By descriptor, so that what was looked at is what is changed and used.
        found = os.fstat(descriptor)
        _check_rights(found, {os.geteuid()}, others=0 if mend else _OTHERS)
        if found.st_mode & _OTHERS:
            os.fchmod(descriptor, PRIVATE_DIRECTORY)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def sync_directory(path: "Path") -> None:
    """Names made or changed in the directory are on disk afterwards. Raises OSError."""
    descriptor = _open_directory(path)
    try:
        _flush(descriptor)
    finally:
        os.close(descriptor)


def changeable_by_others(path: "Path") -> str | None:
    """Why the content of an operator's file must not be believed; None when only the user and root can change it."""
    try:
        found = path.stat()
        _check_rights(found, {os.geteuid(), 0}, others=_OTHERS_WRITE)
    except OSError as error:
        return f"cannot be read: {os.strerror(error.errno or 0)}"
    except NotPrivate as unsafe:
        if unsafe.fault == "owner":
            return f"it belongs to another user (uid {unsafe.found.st_uid})"
        return f"others can change it; next: chmod 600 {path}"
    return None


def _check_rights(found: os.stat_result, owners: set[int], others: int = _OTHERS) -> None:
    """Raises NotPrivate when another than `owners` has it, or when group or others have one of the rights `others`."""
    if found.st_uid not in owners:
        raise NotPrivate("owner", found)
    if found.st_mode & others:
        raise NotPrivate("mode", found)


def _flush(directory: int) -> None:
    """Flush a directory. Some file systems in user space and over networks have no such flush, which is no error."""
    try:
        os.fsync(directory)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise


def _open_directory(path: "Path", flags: int = 0) -> int:
    return os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | flags)
