"""Tells when something changed in a directory, by inotify and its like where the platform has it."""

import os
import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import anyio
from anyio import from_thread, to_thread
from anyio.lowlevel import EventLoopToken, current_token
from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver, ObservedWatch

POLL_WATCHED_S = 2.0
POLL_UNWATCHED_S = 0.25
TOUCHED_MOST = 64
READS = frozenset({"opened", "closed_no_write"})
WRITES = frozenset({"created", "modified", "closed"})


class Change:
    """Set when a watched directory changed. One task waits on it."""

    def __init__(self) -> None:
        self.poll_s = POLL_UNWATCHED_S
        self._event = anyio.Event()
        self._touched: set[Path] | None = set()
        self._looked_s = anyio.current_time()

    def set(self, path: Path | None = None) -> None:
        """`path` is what changed; None, or too many of them: anything may have."""
        if path is None or self._touched is None or len(self._touched) >= TOUCHED_MOST:
            self._touched = None
        else:
            self._touched.add(path)
        self._event.set()

    async def wait(self) -> frozenset[Path] | None:
        """Until something changed; then what did. None when it is time to look at everything: events can be lost, and
        some platforms tell none."""
        with anyio.move_on_after(max(0.0, self._looked_s + self.poll_s - anyio.current_time())):
            await self._event.wait()
        touched, self._touched = self._touched, set()
        self._event = anyio.Event()
        if touched and anyio.current_time() < self._looked_s + self.poll_s:
            return frozenset(touched)
        self._looked_s = anyio.current_time()
        return None


class Changes:
    """One watching thread for all directories of all stores."""

    def __init__(self) -> None:
        self._observer: BaseObserver = Observer()
        self._started = False
        self._lock = threading.Lock()

    @asynccontextmanager
    async def watch(self, directories: Sequence[Path]) -> AsyncIterator[Change]:
        """Watch the directories that exist; for those that do not there is only the poll."""
        change = Change()
        handler = _Handler(change, current_token())
        watches = await to_thread.run_sync(self._schedule, handler, directories)
        change.poll_s = POLL_WATCHED_S if len(watches) == len(directories) else POLL_UNWATCHED_S
        try:
            yield change
        finally:
            with anyio.CancelScope(shield=True):
                await to_thread.run_sync(self._unschedule, handler, watches)

    def stop(self) -> None:
        if self._started:
            self._observer.stop()
            self._observer.join(timeout=2.0)

    def _schedule(self, handler: FileSystemEventHandler, directories: Sequence[Path]) -> list[ObservedWatch]:
        watches = []
        with self._lock:
            if not self._started:
                self._observer.start()
                self._started = True
            for directory in directories:
                with suppress(OSError):  # it is not there, or the limit of watches is reached: the poll remains
                    watches.append(self._observer.schedule(handler, str(directory)))
        return watches

    def _unschedule(self, handler: FileSystemEventHandler, watches: Sequence[ObservedWatch]) -> None:
        with self._lock:
            for watch in watches:
                with suppress(KeyError):  # watchdog forgets a directory that was deleted
                    self._observer.remove_handler_for_watch(handler, watch)


class _Handler(FileSystemEventHandler):
    def __init__(self, change: Change, loop: EventLoopToken) -> None:
        self._change = change
        self._loop = loop

    def on_any_event(self, event: FileSystemEvent) -> None:
        if event.event_type in READS:
            return
        # A file that was written is told by its own path; of one that moved or went, and of a directory, less is clear.
        path = Path(os.fsdecode(event.src_path)) if not event.is_directory and event.event_type in WRITES else None
        with suppress(RuntimeError):  # the loop has ended, and with it whoever waited
            from_thread.run_sync(self._change.set, path, token=self._loop)
