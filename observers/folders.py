"""Folders in which products keep chats, which may be absent, closed to us, or gone by the time they are looked into."""

from __future__ import annotations

import errno
import os
from fnmatch import fnmatchcase
from pathlib import Path

from observers.regular_file import refusal

# Errors that mean that nothing is there. Any other error means that the system does not let us look.
ABSENT = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.EBADF})


def may_exist(path: Path) -> bool:
    """False where there is nothing for sure. True where it cannot be looked at, so that reading it says why."""
    try:
        path.stat()
    except OSError as error:
        return error.errno not in ABSENT
    return True


def names(folder: Path) -> list[str]:
    """What is in a folder, sorted; nothing where there is none. ObserverError where it cannot be listed."""
    return [entry.name for entry in _listed(folder)]


def subfolders(folder: Path) -> list[Path]:
    """The folders in a folder, sorted, as `names`; those that cannot be looked at among them."""
    return [Path(entry.path) for entry in _listed(folder) if leads_to_folder(entry)]


def _listed(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            return sorted(found, key=lambda entry: entry.name)
    except OSError as error:
        if error.errno in ABSENT:
            return []
        raise refusal(error, folder) from error


def leads_to_folder(entry: os.DirEntry[str]) -> bool:
    """Whether this may be a folder, through links."""
    try:
        return entry.is_dir()
    except OSError as error:
        return error.errno not in ABSENT


def status_of(entry: os.DirEntry[str]) -> os.stat_result | None:
    """The status of the entry itself, not of what a link leads to; None when it is gone. ObserverError."""
    try:
        return entry.stat(follow_symlinks=False)
    except OSError as error:
        if error.errno in ABSENT:
            return None
        raise refusal(error, entry.path) from error


def matching(folder: Path, pattern: str) -> list[Path]:
    """What is in a folder under such a name, sorted, as `names`."""
    return [folder / name for name in names(folder) if fnmatchcase(name, pattern)]
