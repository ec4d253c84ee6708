"""Tells when something changed in a directory, by inotify and its like where the platform has it."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import anyio
from anyio import from_thread, to_thread
from anyio.lowlevel import EventLoopToken, current_token

from bridge.chats.directories import Directories, Watching

POLL_WATCHED_S = 2.0
POLL_UNWATCHED_S = 0.25


class Change:
    """Set when a watched directory changed. One task waits on it."""

    def __init__(self, directories: Directories, paths: Sequence[Path], loop: EventLoopToken) -> None:
        self.watching: Watching = directories.watch(paths, self._told)
        self._event = anyio.Event()
        self._loop = loop
        self._looked_s = anyio.current_time()

    @property
    def poll_s(self) -> float:
        return POLL_WATCHED_S if self.watching.tells else POLL_UNWATCHED_S

    async def wait(self) -> frozenset[Path] | None:
        """Until something changed; then what did. None when it is time to look at everything: events can be lost, and
        some platforms tell none."""
        with anyio.move_on_after(max(0.0, self._looked_s + self.poll_s - anyio.current_time())):
            await self._event.wait()
        self._event = anyio.Event()
        late = anyio.current_time() >= self._looked_s + self.poll_s
        if late or self.watching.stale:
            # Before anything is looked at, so that nothing is written unseen in between.
            await to_thread.run_sync(self.watching.arm)
        touched = self.watching.take()
        if touched and not late:
            return frozenset(touched)
        self._looked_s = anyio.current_time()
        return None

    def _told(self) -> None:
        with suppress(RuntimeError):  # the loop has ended, and with it the task that waited
            from_thread.run_sync(self._set, token=self._loop)

    def _set(self) -> None:
        self._event.set()


class Changes:
    """One watching thread for all directories of all stores."""

    def __init__(self, directories: Directories | None = None) -> None:
        self.directories = directories or Directories()

    @asynccontextmanager
    async def watch(self, directories: Sequence[Path]) -> AsyncIterator[Change]:
        """Watch these directories, whether they are there or not; where that is impossible there is only the poll.

        The caller looks at everything after it entered and before it waits.
        """
        change = Change(self.directories, directories, current_token())
        await to_thread.run_sync(change.watching.arm)
        # The first look is at everything, and comes after this: only what is written from now on is still to be told.
        change.watching.take()
        try:
            yield change
        finally:
            with anyio.CancelScope(shield=True):
                await to_thread.run_sync(change.watching.close)

    def stop(self) -> None:
        self.directories.stop()
