"""One committed state of a database, and whether what was read of it counts.

A version is taken before a query and asked `still_valid()` after it; without a yes nothing that was read counts.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import Protocol

from observers.file_stamp import FileStamp
from observers.sqlite_snapshot.failure import Malformed, Moved, SnapshotReason
from observers.sqlite_snapshot.frame_map import FrameMap
from observers.sqlite_snapshot.read_budget import ReadBudget
from observers.sqlite_snapshot.store_files import StoreFiles, read, status
from observers.sqlite_snapshot.wal import (
    HEADER_SIZE,
    WalHeader,
    read_chained_frame,
    read_frame_header,
    read_salt,
    read_wal_header,
)
from observers.sqlite_snapshot.wal_index import WalIndex, read_backfill, read_wal_index, written_since_boot

_MAGIC = b"SQLite format 3\0"
_PEEKED_FRAMES = 512
_PAGE_SIZES = frozenset(2**power for power in range(9, 17))

# Two equal values stand for one generation of the files, in which pages change only by new frames.
Epoch = tuple[object, ...]


class Version(Protocol):
    """`frames` maps a page to its frame in the log; every other page is in the database file."""

    page_size: int
    pages: int
    epoch: Epoch
    frame: int
    frames: dict[int, int]
    salt: bytes

    def still_valid(self) -> bool: ...


@dataclass(slots=True)
class FileVersion:
    """The database file alone: rollback journal, or a log that is absent or empty."""

    files: StoreFiles
    stamp: FileStamp
    counter: bytes
    page_size: int
    pages: int
    epoch: Epoch
    frame: int = 0
    frames: dict[int, int] = field(default_factory=dict)
    salt: bytes = b""

    def still_valid(self) -> bool:
        # The journal first: a transaction that ends between the two looks has by then changed the stamp.
        if self.files.journal_is_hot() or self.files.wal_holds_data():
            return False
        unchanged = self.files.stamp() == self.stamp and read(self.files.database, 4, 24) == self.counter
        return unchanged and self.files.in_place("", self.files.database)


@dataclass(slots=True)
class SharedVersion:
    """A log whose live connections publish their commits in the wal-index."""

    files: StoreFiles
    wal: int
    shm: int
    stamp: FileStamp
    settled: bool
    page_size: int
    pages: int
    epoch: Epoch
    frame: int
    frames: dict[int, int]
    salt: bytes

    def still_valid(self) -> bool:
        # A checkpoint says how far it will copy before it copies. Read that before the header: a restart of the
        # log changes the header first and clears these numbers afterwards.
        backfill = read_backfill(self.shm)
        if backfill is None or backfill > self.frame:
            return False
        index = read_wal_index(self.shm)
        if index is None or index.salt != self.salt:
            return False
        if self._frames_beyond(index) and not (self.settled and self.files.stamp() == self.stamp):
            return False
        return read_salt(self.wal) == self.salt and self._in_place()

    def _frames_beyond(self, index: WalIndex) -> bool:
        """Frames that are not published: a transaction under way, or a writer that publishes nothing."""
        ahead = read_frame_header(self.wal, index.frame + 1, self.page_size)
        return ahead is not None and ahead.salt == self.salt

    def _in_place(self) -> bool:
        named = (("", self.files.database), ("-wal", self.wal), ("-shm", self.shm))
        return all(self.files.in_place(suffix, descriptor) for suffix, descriptor in named)


@dataclass(slots=True)
class ChainVersion:
    """A log without a live wal-index: after a crash, or of a process that keeps the index to itself."""

    files: StoreFiles
    wal: int
    stamp: FileStamp
    start: bytes
    page_size: int
    pages: int
    epoch: Epoch
    frame: int
    frames: dict[int, int]
    salt: bytes

    def still_valid(self) -> bool:
        if self.files.journal_is_hot() or self.files.stamp() != self.stamp:
            return False
        if read(self.wal, len(self.start), 0) != self.start:
            return False
        return self.files.in_place("", self.files.database) and self.files.in_place("-wal", self.wal)


def take_version(files: StoreFiles, known: FrameMap, budget: ReadBudget, careful: bool) -> Version:
    """The newest committed state. `careful` does not trust the wal-index; `known` is extended, not copied."""
    stamp = files.stamp()
    header = read(files.database, 100, 0)
    page_size = _page_size(header)
    if files.wal is None or status(files.wal).st_size < HEADER_SIZE or stamp.size == 0:
        _quiet(files, stamp)
        counter = header[24:28]
        pages = _pages_in_file(header, stamp, page_size)
        return FileVersion(files, stamp, counter, page_size, pages, (stamp, counter))
    if careful:
        known.restart(b"")
    elif files.shm is not None:
        shared = _take_shared(files, files.wal, files.shm, known, stamp, page_size)
        if shared is not None:
            shared.pages = shared.pages or _pages_in_file(header, stamp, page_size)
            return shared
    _quiet(files, stamp)
    chained = _take_chain(files, files.wal, known, stamp, page_size, budget)
    chained.pages = chained.pages or _pages_in_file(header, stamp, page_size)
    return chained


def _page_size(header: bytes) -> int:
    if not header:
        return 512
    if len(header) < 100 or header[:16] != _MAGIC:
        raise Malformed("no SQLite header: encrypted, or not a database", SnapshotReason.NOT_A_DATABASE)
    (size,) = struct.unpack_from(">H", header, 16)
    page_size = 65536 if size == 1 else int(size)
    if page_size not in _PAGE_SIZES:
        raise Malformed(f"page size {page_size}", SnapshotReason.NOT_A_DATABASE)
    return page_size


def _pages_in_file(header: bytes, stamp: FileStamp, page_size: int) -> int:
    # The header's count holds only if the last writer knew of it.
    if header and header[24:28] == header[92:96]:
        return int(struct.unpack_from(">I", header, 28)[0]) or stamp.size // page_size
    return stamp.size // page_size


def _quiet(files: StoreFiles, stamp: FileStamp) -> None:
    """Raises Moved while a writer is at the database file, or the next write to it might not show in its stamp."""
    if files.journal_is_hot():
        raise Moved(
            "its rollback journal is unfinished; the product repairs that when it next opens the store",
            SnapshotReason.HOT_JOURNAL,
        )
    if not stamp.tick_is_over():
        raise Moved("it was written this very moment")


def _take_shared(
    files: StoreFiles, wal: int, shm: int, known: FrameMap, stamp: FileStamp, page_size: int
) -> SharedVersion | None:
    """None when the wal-index is not what live connections use."""
    settled = stamp.tick_is_over()
    index = read_wal_index(shm) if written_since_boot(shm) else None
    if index is None or index.salt == bytes(8) or index == known.abandoned:
        return None
    if not _agrees(wal, index, page_size) or _hides_commits(wal, index, known):
        if read_wal_index(shm) != index:
            raise Moved("a commit was published between two looks")
        known.abandoned = index
        return None
    known.follow_index(wal, shm, index)
    epoch = (stamp.device, stamp.inode, index.salt, known.generation)
    pages = index.pages if index.frame else 0
    return SharedVersion(files, wal, shm, stamp, settled, page_size, pages, epoch, index.frame, known.pages, index.salt)


def _agrees(wal: int, index: WalIndex, page_size: int) -> bool:
    """The log holds, where the index says, the commit that the index describes."""
    if read_salt(wal) != index.salt:
        return False
    if index.frame == 0:
        return True
    if index.page_size != page_size:
        return False
    last = read_frame_header(wal, index.frame, page_size)
    described = (index.pages, index.salt, index.checksum)
    return last is not None and (last.commit_size, last.salt, last.checksum) == described


def _hides_commits(wal: int, index: WalIndex, known: FrameMap) -> bool:
    """Transactions are complete in the log and stay unpublished, as under locking_mode=EXCLUSIVE.

    For a moment that is so after every commit: it is written, then synced, then published. So one alone is given
    time, by Moved, for a few attempts.
    """
    header = read_wal_header(wal)
    if header is None or header.salt != index.salt:
        return False
    commits = 0
    frame = index.frame
    while commits < 2 and frame < index.frame + _PEEKED_FRAMES:
        frame += 1
        ahead = read_frame_header(wal, frame, header.page_size)
        if ahead is None or ahead.salt != header.salt:
            break
        if ahead.commit_size:
            commits += _chained(wal, header, index, frame)
    if commits == 1 and known.waits(index):
        raise Moved("a commit is about to be published")
    return commits > 0


def _chained(wal: int, header: WalHeader, index: WalIndex, last: int) -> bool:
    running = index.checksum if index.frame else header.checksum
    for frame in range(index.frame + 1, last + 1):
        found = read_chained_frame(wal, frame, header, running)
        if found is None:
            return False
        running = found.checksum
    return True


def _take_chain(
    files: StoreFiles, wal: int, known: FrameMap, stamp: FileStamp, page_size: int, budget: ReadBudget
) -> ChainVersion:
    start = read(wal, HEADER_SIZE, 0)
    header = read_wal_header(wal)
    if header is None:
        known.restart(b"")
    elif header.page_size != page_size:
        raise Malformed(f"its log has pages of {header.page_size} bytes, the database {page_size}")
    else:
        known.follow_chain(wal, header, budget)
    same_log: Epoch = (stamp.device, stamp.inode, known.salt, known.generation)
    epoch = same_log if known.frame else (stamp, start)
    return ChainVersion(files, wal, stamp, start, page_size, known.size, epoch, known.frame, known.pages, known.salt)
