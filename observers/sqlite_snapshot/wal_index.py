"""The wal-index (`-shm`): what the live connections agree is committed, read without mapping or locking it.

Bytes 120 to 127 are never read: on Windows they are mandatory lock bytes.
"""

from __future__ import annotations

import struct
import time
from array import array
from dataclasses import dataclass

from observers.sqlite_snapshot.store_files import read, status
from observers.sqlite_snapshot.wal import Checksum, checksum

_VERSION = 3007000
_HEADER = struct.Struct("=IIIBBHII II 8s II")
_HEADER_SIZE = 48
_BACKFILL_OFFSET = 96
_ATTEMPTED_OFFSET = 128
_BLOCK_SIZE = 32768
_FIRST_NUMBER_OFFSET = 136
_NUMBERS_PER_BLOCK = 4096
_NUMBERS_IN_FIRST_BLOCK = _NUMBERS_PER_BLOCK - _FIRST_NUMBER_OFFSET // 4
_STABLE_TRIES = 20


@dataclass(frozen=True, slots=True)
class WalIndex:
    """The last published commit: its last frame, the database size in pages, that frame's checksum."""

    page_size: int
    frame: int
    pages: int
    checksum: Checksum
    salt: bytes


def _boot_time() -> int:
    clock = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    return time.time_ns() - time.clock_gettime_ns(clock)


def written_since_boot(descriptor: int) -> bool:
    """The first connection after a boot truncates the file; an older one describes a log that may be lost."""
    return status(descriptor).st_mtime_ns >= _boot_time()


def read_wal_index(descriptor: int) -> WalIndex | None:
    """None when the file is not kept up to date: never set up, half written by a killed process, other format."""
    for _ in range(_STABLE_TRIES):
        data = read(descriptor, 2 * _HEADER_SIZE, 0)
        if len(data) < 2 * _HEADER_SIZE:
            return None
        if data[:_HEADER_SIZE] == data[_HEADER_SIZE:]:
            return _parse(data[:_HEADER_SIZE])
    return None


def _parse(data: bytes) -> WalIndex | None:
    version, _, _, ready, _, size, frame, pages, *sums, salt, first, second = _HEADER.unpack(data)
    # The 40 bytes before the header's own checksum, always in native byte order.
    if version != _VERSION or not ready or _native_checksum(data[:40]) != (first, second):
        return None
    page_size = (size & 0xFE00) + ((size & 1) << 16)
    return WalIndex(page_size, frame, pages, (sums[0], sums[1]), salt)


def _native_checksum(data: bytes) -> Checksum:
    return checksum(data, big_endian=struct.pack("=H", 1) == b"\0\1")


def read_backfill(descriptor: int) -> int | None:
    """The highest frame that a checkpoint has copied, or has begun to copy, into the database."""
    done = read(descriptor, 4, _BACKFILL_OFFSET)
    begun = read(descriptor, 4, _ATTEMPTED_OFFSET)
    if len(done) < 4 or len(begun) < 4:
        return None
    return max(int(struct.unpack("=I", done)[0]), int(struct.unpack("=I", begun)[0]))


def read_page_numbers(descriptor: int, after: int, last: int) -> array[int] | None:
    """The page number of each frame in (after, last]; None when the file is too short."""
    numbers = array("I")
    frame = after
    while frame < last:
        block, index = _place(frame)
        room = (_NUMBERS_IN_FIRST_BLOCK if block == 0 else _NUMBERS_PER_BLOCK) - index
        count = min(room, last - frame)
        start = block * _BLOCK_SIZE + (_FIRST_NUMBER_OFFSET if block == 0 else 0)
        data = read(descriptor, 4 * count, start + 4 * index)
        if len(data) < 4 * count:
            return None
        numbers.frombytes(data)
        frame += count
    return numbers


def _place(index: int) -> tuple[int, int]:
    """Block and position in the block of the zero-based frame `index`."""
    if index < _NUMBERS_IN_FIRST_BLOCK:
        return 0, index
    block, position = divmod(index - _NUMBERS_IN_FIRST_BLOCK, _NUMBERS_PER_BLOCK)
    return block + 1, position
