"""Stores that keep each session in its own file: listing them, and scanning one for ids without understanding it."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from pathlib import Path
from stat import S_ISREG

from observers.activity import Source
from observers.base import ObserverError, Reason, Store
from observers.jsonl import being_written
from observers.regular_file import Stamp, chunks, may_be_directory, opened, refusal

# Long enough to hold a match that two chunks share.
_OVERLAP = 512


def sources(store: Store, suffixes: tuple[str, ...]) -> tuple[Source, ...]:
    """The sessions of a store, oldest write first; it is a folder of files or one of them. A key is a file's stem.

    Where two files have the same stem, the suffix named first wins. A folder that its product has yet to make is empty.
    """
    now_ns = time.time_ns()
    files: dict[str, tuple[int, Source]] = {}
    for stem, suffix, status in _one(store.path) if store.path.suffix in suffixes else _listed(store.path, suffixes):
        rank = suffixes.index(suffix)
        if stem not in files or rank < files[stem][0]:
            stamp = Stamp.of(status)
            text = f"{suffix}:{stamp}" if stamp.settled(now_ns) else None
            files[stem] = rank, Source(stem, text, stamp.modified // 1_000_000)
    return tuple(sorted((source for _, source in files.values()), key=lambda source: (source.modified_ms, source.key)))


def file_of(store: Store, key: str, suffixes: tuple[str, ...]) -> Path:
    """The file of a session, by the same rule."""
    if store.path.suffix in suffixes:
        return store.path
    candidates = [store.path / f"{key}{suffix}" for suffix in suffixes]
    return next((path for path in candidates if os.path.lexists(path)), candidates[-1])


def scan(path: Path, pattern: re.Pattern[bytes]) -> Iterator[str]:
    """The first group of every match in a file, in flat memory. A match is at most 512 bytes long.

    ObserverError `changing` when the file ends in the middle of something just now, for then ids may be missing.
    """
    carried = b""
    with opened(path) as descriptor:
        stamp = Stamp.of(os.fstat(descriptor))
        for data in chunks(descriptor, 0, stamp.size):
            carried += data
            for match in pattern.finditer(carried):
                yield match.group(1).decode("utf-8", "replace")
            carried = carried[-_OVERLAP:]
    complete = carried.endswith(b"\n") or (path.suffix == ".json" and carried.rstrip()[-1:] in {b"}", b"]"})
    if not complete and being_written(stamp):
        raise ObserverError(Reason.CHANGING, "is being written", where=str(path))


def _one(path: Path) -> Iterator[tuple[str, str, os.stat_result]]:
    try:
        yield path.stem, path.suffix, path.stat()
    except OSError as error:
        raise refusal(error, path) from error


def _listed(folder: Path, suffixes: tuple[str, ...]) -> Iterator[tuple[str, str, os.stat_result]]:
    """Stem, suffix and status of every regular file. Thousands of old sessions must cost little: no Path for each."""
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                stem, dot, last = entry.name.rpartition(".")
                if stem and dot + last in suffixes and (status := _regular(entry)) is not None:
                    yield stem, dot + last, status
    except FileNotFoundError as error:
        if not may_be_directory(folder.parent) and not may_be_directory(folder.parent.parent):
            raise refusal(error, folder) from error
    except OSError as error:
        raise refusal(error, folder) from error


def _regular(entry: os.DirEntry[str]) -> os.stat_result | None:
    try:
        status = entry.stat()
    except PermissionError:
        raise
    except OSError:
        # Gone since it was listed, or a link that leads nowhere.
        return None
    return status if S_ISREG(status.st_mode) else None
