"""Stores that keep each session in its own file: listing them, and scanning one for ids without understanding it."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from pathlib import Path
from stat import S_ISREG
from typing import Protocol

from observers.base import ObserverError, ObserverReason, Store
from observers.file_stamp import FileStamp
from observers.folders import ABSENT, leads_to_folder, status_of
from observers.jsonl import being_written
from observers.listing import Source
from observers.regular_file import chunks, may_be_directory, opened, refusal

# Long enough to hold a match that two chunks share.
_OVERLAP = 512
_KEPT_STORES = 256


class Layout(Protocol):
    """How a store names the files of its sessions."""

    def files(self, store: Store) -> Iterator[tuple[str, int, str, os.stat_result]]:
        """Key, rank, path and status of every regular file of a session. Of one key, the file of the lowest rank wins.

        Nothing for a folder that its product has yet to make. ObserverError."""

    def key(self, store: Store, path: Path) -> str | None:
        """The session whose file of rank 0 this is; None for any other path."""


class Folder:
    """One file a session, all in one folder: a key is a file's stem. Or a store that is one such file.

    The suffix named first wins. Files whose names match `other` are something else.
    """

    def __init__(self, *suffixes: str, other: str | None = None) -> None:
        self._suffixes = suffixes
        self._other = None if other is None else re.compile(other)

    def files(self, store: Store) -> Iterator[tuple[str, int, str, os.stat_result]]:
        if store.path.suffix in self._suffixes:
            try:
                yield store.path.stem, 0, str(store.path), store.path.stat()
            except OSError as error:
                raise refusal(error, store.path) from error
            return
        for entry in entries(store.path):
            stem, dot, last = entry.name.rpartition(".")
            if not stem or dot + last not in self._suffixes or (self._other and self._other.match(entry.name)):
                continue
            if (status := regular(entry)) is not None:
                yield stem, self._suffixes.index(dot + last), entry.path, status

    def key(self, store: Store, path: Path) -> str | None:
        if path.suffix != self._suffixes[0] or (path.parent != store.path and path != store.path):
            return None
        return None if self._other and self._other.match(path.name) else path.stem


class FolderEach:
    """One folder a session, with one file in it. A key is the folder's name, which `*` in `name` stands for.

    Or a store that is one such file.
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def files(self, store: Store) -> Iterator[tuple[str, int, str, os.stat_result]]:
        if self._is_session(store.path):
            try:
                yield store.path.parent.name, 0, str(store.path), store.path.stat()
            except OSError as error:
                raise refusal(error, store.path) from error
            return
        for entry in entries(store.path):
            path = f"{entry.path}{os.sep}{self._named(entry.name)}"
            if (status := regular_in(entry, path)) is not None:
                yield entry.name, 0, path, status

    def key(self, store: Store, path: Path) -> str | None:
        inside = path.parent.parent == store.path or path == store.path
        return path.parent.name if inside and self._is_session(path) else None

    def _named(self, folder: str) -> str:
        return self._name.replace("*", folder)

    def _is_session(self, path: Path) -> bool:
        return path.name == self._named(path.parent.name)


class SessionFiles:
    """The sessions of stores of one layout. A file that did not change keeps its `Source` from the last listing."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._known: dict[Store, dict[str, tuple[int, int, int, Source]]] = {}

    def sources(self, store: Store) -> tuple[Source, ...]:
        """The sessions of a store, oldest write first."""
        now_ns = time.time_ns()
        before = self._known.get(store, {})
        after: dict[str, tuple[int, int, int, Source]] = {}
        ranks: dict[str, tuple[int, Source]] = {}
        for key, rank, path, status in self._layout.files(store):
            state = (status.st_ino, status.st_size, status.st_mtime_ns)
            kept = before.get(path)
            source = kept[3] if kept is not None and kept[:3] == state else _source(key, path, status, now_ns)
            if source.stamp is not None:
                after[path] = (*state, source)
            if key not in ranks or rank < ranks[key][0]:
                ranks[key] = rank, source
        while len(self._known) > _KEPT_STORES:
            self._known.pop(next(iter(self._known)), None)
        self._known[store] = after
        return tuple(sorted((source for _, source in ranks.values()), key=_by_time))

    def one(self, store: Store, path: Path) -> Source | None:
        """The session that a changed file belongs to; None when only listing all can tell."""
        key = self._layout.key(store, path)
        if key is None:
            return None
        try:
            status = path.stat()
        except OSError:
            return None
        return _source(key, str(path), status, time.time_ns()) if S_ISREG(status.st_mode) else None


def _by_time(source: Source) -> tuple[int, str]:
    return source.modified_ms, source.key


def _source(key: str, path: str, status: os.stat_result, now_ns: int) -> Source:
    stamp = FileStamp.of(status)
    text = f"{path[-6:]}:{stamp}" if stamp.settled(now_ns) else None
    return Source(key, text, stamp.modified // 1_000_000, file=path)


def file_of(source: Source) -> Path:
    """The file of a session."""
    if source.file is None:
        raise ValueError(f"the session {source.key!r} is not kept in one file")
    return Path(source.file)


def scan(path: Path, pattern: re.Pattern[bytes]) -> Iterator[str]:
    """The first group of every match in a file, in flat memory. A match is at most 512 bytes long.

    ObserverError `changing` when the file ends in the middle of something just now, for then ids may be missing.
    """
    carried = b""
    with opened(path) as descriptor:
        stamp = FileStamp.of(os.fstat(descriptor))
        for data in chunks(descriptor, 0, stamp.size):
            carried += data
            for match in pattern.finditer(carried):
                yield match.group(1).decode("utf-8", "replace")
            carried = carried[-_OVERLAP:]
    complete = carried.endswith(b"\n") or (path.suffix == ".json" and carried.rstrip()[-1:] in {b"}", b"]"})
    if not complete and being_written(stamp):
        raise ObserverError(ObserverReason.CHANGING, "is being written", where=str(path))


def entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    """What is in a folder of sessions. Nothing where its product may yet make it; ObserverError where it cannot."""
    try:
        with os.scandir(folder) as found:
            yield from found
    except FileNotFoundError as error:
        if not may_be_directory(folder.parent) and not may_be_directory(folder.parent.parent):
            raise refusal(error, folder) from error
    except OSError as error:
        raise refusal(error, folder) from error


def regular(entry: os.DirEntry[str]) -> os.stat_result | None:
    """The status of a regular file, through links; None for anything else, and for what is gone by now.

    Of a file that cannot be looked at, the status of the entry: reading that session says why, the others are listed.
    """
    try:
        status = entry.stat()
    except OSError as error:
        return None if error.errno in ABSENT else status_of(entry)
    return status if S_ISREG(status.st_mode) else None


def regular_in(folder: os.DirEntry[str], path: str) -> os.stat_result | None:
    """The same for the file at `path` in a session's `folder`. None where there is none, be it that the product is
    rewriting it: its turns stay known from before."""
    try:
        status = os.stat(path)  # noqa: PTH116 - thousands of them: no Path for each
    except OSError as error:
        return status_of(folder) if error.errno not in ABSENT and leads_to_folder(folder) else None
    return status if S_ISREG(status.st_mode) else None
