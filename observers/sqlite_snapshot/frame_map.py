"""Which frame of the log holds the newest committed copy of each page; grows from poll to poll."""

from __future__ import annotations

from observers.sqlite_snapshot.failure import Moved, SnapshotReason, Unreadable
from observers.sqlite_snapshot.read_budget import ReadBudget
from observers.sqlite_snapshot.store_files import status
from observers.sqlite_snapshot.wal import (
    Checksum,
    WalHeader,
    frame_offset,
    read_chained_frame,
    read_frame_header,
)
from observers.sqlite_snapshot.wal_index import WalIndex, read_page_numbers

MOST_FRAMES = 1_000_000
_PATIENCE = 5


class FrameMap:
    """Pages of one generation of the log up to the commit at `frame`; `size` is the database size in pages.

    `generation` changes whenever what was known is dropped. `abandoned` is a wal-index that is not kept up to date.
    """

    def __init__(self) -> None:
        self.generation = 0
        self.salt = b""
        self.frame = 0
        self.size = 0
        self.checksum: Checksum = (0, 0)
        self.pages: dict[int, int] = {}
        self.abandoned: WalIndex | None = None
        self._awaited: WalIndex | None = None
        self._looks = 0

    def waits(self, index: WalIndex) -> bool:
        """Whether to wait for the commit after `index` to be published: yes for the first 5 looks."""
        self._looks = self._looks + 1 if index == self._awaited else 1
        self._awaited = index
        return self._looks <= _PATIENCE

    def restart(self, salt: bytes, seed: Checksum = (0, 0)) -> None:
        self.generation += 1
        self.salt = salt
        self.frame = 0
        self.size = 0
        self.checksum = seed
        self.pages = {}

    def follow_index(self, wal: int, shm: int, index: WalIndex) -> None:
        """Reach the commit that the live connections have published."""
        if not self._continues(wal, index.salt, index.page_size) or self.frame > index.frame:
            self.restart(index.salt)
        _bounded(index.frame)
        numbers = read_page_numbers(shm, self.frame, index.frame)
        if numbers is None:
            raise Moved("the wal-index is shorter than it says")
        self.pages.update(zip(numbers, range(self.frame + 1, index.frame + 1), strict=True))
        self.frame, self.size, self.checksum = index.frame, index.pages, index.checksum

    def follow_chain(self, wal: int, header: WalHeader, budget: ReadBudget) -> None:
        """Reach the last commit whose checksums hold from the start of the log, as SQLite's own recovery does."""
        if not self._continues(wal, header.salt, header.page_size) or self.frame == 0:
            self.restart(header.salt, header.checksum)
        pending: dict[int, int] = {}
        running, frame = self.checksum, self.frame + 1
        while (found := read_chained_frame(wal, frame, header, running)) is not None:
            budget.check()
            _bounded(frame)
            running = found.checksum
            pending[found.page] = frame
            if found.commit_size:
                self.pages.update(pending)
                pending = {}
                self.frame, self.size, self.checksum = frame, found.commit_size, running
            frame += 1

    def _continues(self, wal: int, salt: bytes, page_size: int) -> bool:
        """The commit reached last time is still where it was."""
        if self.salt != salt:
            return False
        if self.frame == 0:
            return True
        if status(wal).st_size < frame_offset(self.frame + 1, page_size):
            return False
        last = read_frame_header(wal, self.frame, page_size)
        return last is not None and (last.salt, last.checksum) == (salt, self.checksum)


def _bounded(frames: int) -> None:
    if frames > MOST_FRAMES:
        raise Unreadable(SnapshotReason.TOO_LARGE, f"the log has more than {MOST_FRAMES} frames; wait for a checkpoint")
