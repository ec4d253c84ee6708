"""The write-ahead log as it lies on disk: header, frames, and the checksum that chains them."""

from __future__ import annotations

import struct
import sys
from array import array
from dataclasses import dataclass

from observers.sqlite_snapshot.store_files import read

HEADER_SIZE = 32
FRAME_HEADER_SIZE = 24
_MAGIC = 0x377F0682
_VERSION = 3007000
_HEADER = struct.Struct(">IIII8sII")
_FRAME_HEADER = struct.Struct(">II8sII")

Checksum = tuple[int, int]


def checksum(data: bytes, big_endian: bool, seed: Checksum = (0, 0)) -> Checksum:
    """SQLite's running sum over 32-bit words, `len(data)` a multiple of 8."""
    words = array("I", data)
    if big_endian != (sys.byteorder == "big"):
        words.byteswap()
    first, second = seed
    pairs = iter(words)
    for left, right in zip(pairs, pairs, strict=True):
        first = (first + left + second) & 0xFFFFFFFF
        second = (second + right + first) & 0xFFFFFFFF
    return first, second


@dataclass(frozen=True, slots=True)
class WalHeader:
    """One generation of the log; every restart makes new salts."""

    big_endian: bool
    page_size: int
    salt: bytes
    checksum: Checksum


@dataclass(frozen=True, slots=True)
class FrameHeader:
    """`commit_size` is the database size in pages for the last frame of a transaction, else 0."""

    page: int
    commit_size: int
    salt: bytes
    checksum: Checksum


def read_salt(descriptor: int) -> bytes:
    return read(descriptor, 8, 16)


def read_wal_header(descriptor: int) -> WalHeader | None:
    """None when there is no valid header: such a log holds nothing."""
    data = read(descriptor, HEADER_SIZE, 0)
    if len(data) < HEADER_SIZE:
        return None
    magic, version, page_size, _, salt, first, second = _HEADER.unpack(data)
    big_endian = bool(magic & 1)
    if magic & ~1 != _MAGIC or version != _VERSION or checksum(data[:24], big_endian) != (first, second):
        return None
    return WalHeader(big_endian, page_size, salt, (first, second))


def frame_offset(frame: int, page_size: int) -> int:
    """Where frame `frame` (the first is 1) begins."""
    return HEADER_SIZE + (frame - 1) * (FRAME_HEADER_SIZE + page_size)


def parse_frame_header(data: bytes) -> FrameHeader:
    page, commit_size, salt, first, second = _FRAME_HEADER.unpack_from(data)
    return FrameHeader(page, commit_size, salt, (first, second))


def read_frame_header(descriptor: int, frame: int, page_size: int) -> FrameHeader | None:
    """None when the file ends before."""
    data = read(descriptor, FRAME_HEADER_SIZE, frame_offset(frame, page_size))
    return parse_frame_header(data) if len(data) == FRAME_HEADER_SIZE else None


def read_chained_frame(descriptor: int, frame: int, header: WalHeader, seed: Checksum) -> FrameHeader | None:
    """The frame's header if its checksum continues `seed`, else None: the log ends before it."""
    size = FRAME_HEADER_SIZE + header.page_size
    data = read(descriptor, size, frame_offset(frame, header.page_size))
    if len(data) < size:
        return None
    found = parse_frame_header(data)
    if found.page == 0 or found.salt != header.salt:
        return None
    # The sum runs over the first 8 bytes of the frame header and then the page.
    running = checksum(data[FRAME_HEADER_SIZE:], header.big_endian, checksum(data[:8], header.big_endian, seed))
    return found if running == found.checksum else None
