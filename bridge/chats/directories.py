"""Tells in which directories something was written, by inotify and its like; what they cannot tell is named.

A directory that is not there yet is waited for from the nearest one above it that is. A directory that vanishes is
waited for again. Where the platform takes no more watches, or may not, its reader has to poll.
"""

from __future__ import annotations

import errno
import os
import sys
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from watchdog.events import (
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver, ObservedWatch

# Each takes a thread of the watching library.
DIRECTORIES_MOST = 512
TOUCHED_MOST = 1000
RETRY_S = 60.0
STOP_S = 2.0
# The reading of a store opens and closes files: to be told of that would wake its reader for ever.
EVENTS: list[type[FileSystemEvent]] = [
    FileModifiedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileMovedEvent,
    FileClosedEvent,
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
]
# macOS tells nothing of files that their writer holds open.
TELLS_ALL = sys.platform != "darwin"


@dataclass(slots=True)
class _Target:
    """One directory that is asked for; `at` is what is really watched: itself, or the nearest above it."""

    path: Path
    at: Path | None = None
    identity: tuple[int, int] | None = None
    stale: bool = True
    reason: str | None = None
    retry_at: float = 0.0


@dataclass(slots=True)
class Watching:
    """The directories of one reader. `arm` before looking, then `take` what was touched; both are safe for threads."""

    _directories: Directories
    _targets: list[_Target]
    _told: Callable[[], None]
    _touched: set[Path] = field(default_factory=set)
    _everything: bool = True
    _untaken: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def arm(self) -> None:
        """Watch what is there now. What is written after this is told; what was written before has to be looked for."""
        now = time.monotonic()
        for target in self._targets:
            # The same name may lead to another directory by now.
            moved = target.at == target.path and _identity(target.path) != target.identity
            if moved or (target.stale and now >= target.retry_at):
                self._directories._arm(self, target, now)
                with self._lock:
                    self._everything = True

    @property
    def stale(self) -> bool:
        """There is something to arm."""
        return any(target.stale for target in self._targets)

    @property
    def tells(self) -> bool:
        """Whether every write in the directories is told, and every one of them that is missing and gets made."""
        return bool(self._targets) and not self.unwatched

    @property
    def unwatched(self) -> dict[Path, str]:
        """The directories that have to be polled, each with the reason; empty when all are told of or waited for."""
        return {target.path: target.reason for target in self._targets if target.reason is not None}

    def take(self) -> set[Path] | None:
        """What was written since the last call; None: anything may have been."""
        with self._lock:
            touched, everything = self._touched, self._everything
            self._touched, self._everything, self._untaken = set(), False, False
        return None if everything else touched

    def close(self) -> None:
        self._directories._drop(self)

    def _tell(self, at: Path, event: FileSystemEvent) -> None:
        """Called by the watching thread for an event in a directory that this reader asked for."""
        names = {Path(os.fsdecode(name)) for name in (event.src_path, event.dest_path) if name}
        concerned = False
        for target in self._targets:
            if target.at == at:
                concerned |= self._tell_target(target, at, names, event)
        if not concerned:
            return
        with self._lock:
            first, self._untaken = not self._untaken, True
        # A reader that has not looked since the last call need not be called again.
        if first:
            self._told()

    def _tell_target(self, target: _Target, at: Path, names: set[Path], event: FileSystemEvent) -> bool:
        if at != target.path:
            # Only a step on the way to the directory that is waited for.
            if at not in names and not any(name == target.path or name in target.path.parents for name in names):
                return False
            target.stale, target.retry_at = True, 0.0
        elif at in names and not isinstance(event, FileModifiedEvent):
            target.stale, target.retry_at = True, 0.0
        # What was moved is what it became; what is gone shows only in what is left.
        named = {Path(os.fsdecode(event.dest_path))} if event.dest_path else names
        with self._lock:
            self._touched |= named
            if target.stale or event.event_type == "deleted" or len(self._touched) > TOUCHED_MOST:
                self._touched.clear()
                self._everything = True
        return True


class Directories:
    """One watching thread of the platform for all readers. `make` is replaced by tests alone."""

    def __init__(self, make: Callable[[], BaseObserver] = Observer, most: int = DIRECTORIES_MOST) -> None:
        self._make = make
        self._most = most
        self._observer: BaseObserver | None = None
        # Read without the lock by the watching thread, which holds the library's own: so values are never changed.
        self._watches: dict[Path, tuple[ObservedWatch, tuple[Watching, ...]]] = {}
        self._lock = threading.RLock()
        self._stopped = False

    def watch(self, paths: Iterable[Path], told: Callable[[], None]) -> Watching:
        """`told` is called, in another thread, when something is written in one of these, once they are armed."""
        return Watching(self, [_Target(Path(path)) for path in dict.fromkeys(paths)], told)

    def stop(self) -> None:
        """No change is told any more, whatever was armed."""
        with self._lock:
            self._stopped = True
            observer, self._observer = self._observer, None
            self._watches.clear()
        if observer is not None:
            observer.stop()
            observer.join(timeout=STOP_S)

    def count(self) -> int:
        """How many directories are watched now."""
        with self._lock:
            return len(self._watches)

    def _arm(self, watching: Watching, target: _Target, now: float) -> None:
        with self._lock:
            self._release(watching, target)
            target.stale, target.reason = False, None
            for _ in range(8):
                place = _nearest(target.path)
                if not self._try(watching, target, place, now):
                    return
                # The directory may have been made, or be gone, between the question and the watch.
                if _nearest(target.path) == place and _identity(place) == target.identity:
                    return
                self._release(watching, target)
            target.stale, target.reason, target.retry_at = True, "it keeps changing its place", now + RETRY_S

    def _try(self, watching: Watching, target: _Target, place: Path, now: float) -> bool:
        target.identity = _identity(place)
        try:
            self._schedule(place, watching)
        except OSError as error:
            target.stale, target.reason, target.retry_at = True, _reason(error), now + RETRY_S
            return False
        target.at = place
        return True

    def _schedule(self, place: Path, watching: Watching) -> None:
        if place in self._watches:
            watch, readers = self._watches[place]
            self._watches[place] = watch, (*readers, watching)
            return
        if self._stopped:
            raise OSError(errno.ESHUTDOWN, "nothing is watched any more")
        if len(self._watches) >= self._most:
            raise OSError(errno.ENOSPC, "as many directories as Koru watches are watched")
        # The library takes a directory that may not be read for one that is watched.
        if not os.access(place, os.R_OK | os.X_OK):
            raise PermissionError(errno.EACCES, "may not be read", str(place))
        if self._observer is None:
            observer = self._make()
            observer.start()
            self._observer = observer
        watch = self._observer.schedule(_Handler(self, place), str(place), event_filter=EVENTS, follow_symlink=True)
        self._watches[place] = watch, (watching,)

    def _release(self, watching: Watching, target: _Target) -> None:
        at, target.at = target.at, None
        if at is None or at not in self._watches:
            return
        watch, readers = self._watches[at]
        # A reader is there once for each of its targets.
        place = next(number for number, one in enumerate(readers) if one is watching)
        self._watches[at] = watch, (left := readers[:place] + readers[place + 1 :])
        if not left:
            del self._watches[at]
            if self._observer is not None:
                with suppress(KeyError, OSError):
                    self._observer.unschedule(watch)

    def _drop(self, watching: Watching) -> None:
        with self._lock:
            for target in watching._targets:
                self._release(watching, target)

    def _event(self, place: Path, event: FileSystemEvent) -> None:
        _, readers = self._watches.get(place, (None, ()))
        for watching in {id(one): one for one in readers}.values():
            watching._tell(place, event)


class _Handler(FileSystemEventHandler):
    def __init__(self, directories: Directories, place: Path) -> None:
        self._directories = directories
        self._place = place

    def on_any_event(self, event: FileSystemEvent) -> None:
        self._directories._event(self._place, event)


def _nearest(path: Path) -> Path:
    """The directory itself, or the nearest above it that is one."""
    while not os.path.isdir(path) and path != path.parent:  # noqa: PTH112  # Path.is_dir raises below what is closed
        path = path.parent
    return path


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _reason(error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EMFILE, errno.ENFILE):
        return f"the limit of watched directories is reached: {error.strerror or error}"
    return f"it cannot be watched: {error.strerror or error}"
