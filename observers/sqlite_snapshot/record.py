"""The record format: varints, serial types, and payloads that continue on overflow pages."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from observers.sqlite_snapshot.failure import Malformed

Value = None | int | float | str | bytes

# SQLite's own bound: 32,767 columns of at most 3 bytes each.
_LARGEST_HEADER = 98307
_WIDTHS = dict(enumerate((0, 1, 2, 3, 4, 6, 8, 8, 0, 0)))


def varint(data: bytes, at: int) -> tuple[int, int]:
    """The unsigned number at `at`, and where it ends. IndexError past the end."""
    byte = data[at]
    if byte < 0x80:
        return byte, at + 1
    number = byte & 0x7F
    for position in range(at + 1, at + 8):
        byte = data[position]
        number = number << 7 | byte & 0x7F
        if byte < 0x80:
            return number, position + 1
    return number << 8 | data[at + 8], at + 9


def signed(number: int) -> int:
    """A 64-bit varint read as two's complement."""
    return number - (1 << 64) if number >= 1 << 63 else number


@dataclass(frozen=True, slots=True)
class Space:
    """What the payload arithmetic needs: usable bytes a page, and how to read an overflow page and its link."""

    usable: int
    most: int
    overflow: Callable[[int], bytes]
    fits: Callable[[int], None]

    def local_size(self, size: int, index: bool) -> int:
        """How much of a payload of `size` bytes lies on the b-tree page itself."""
        largest = (self.usable - 12) * 64 // 255 - 23 if index else self.usable - 35
        if size <= largest:
            return size
        smallest = (self.usable - 12) * 32 // 255 - 23
        wanted = smallest + (size - smallest) % (self.usable - 4)
        return wanted if wanted <= largest else smallest


class Payload:
    """The bytes of one record; overflow pages are read only as far as asked."""

    __slots__ = ("_data", "_next", "_seen", "_space", "size")

    def __init__(self, space: Space, page: bytes, at: int, size: int, index: bool) -> None:
        if size > space.most:
            raise Malformed(f"a record of {size} bytes in a database of {space.most}")
        local = space.local_size(size, index)
        end = at + local
        if end > space.usable:
            raise Malformed("a cell reaches past the end of its page")
        self.size = size
        self._space = space
        self._data = page[at:end]
        self._next = int.from_bytes(page[end : end + 4]) if local < size else 0
        self._seen: set[int] = set()

    def prefix(self, length: int) -> bytes:
        """At least the first `length` bytes."""
        if length <= len(self._data):
            return self._data
        if length > self.size:
            raise Malformed("a column reaches past the end of its record")
        self._space.fits(length)
        parts = [self._data]
        have = len(self._data)
        while have < length:
            page = self._follow()
            parts.append(page[4 : 4 + min(self.size - have, self._space.usable - 4)])
            have += len(parts[-1])
        self._data = b"".join(parts)
        return self._data

    def _follow(self) -> bytes:
        number = self._next
        if number in self._seen:
            raise Malformed(f"overflow page {number} follows itself")
        self._seen.add(number)
        page = self._space.overflow(number)
        self._next = int.from_bytes(page[:4])
        return page


class StoredColumn(NamedTuple):
    """One column as stored."""

    serial: int
    data: bytes


def fields(payload: Payload, positions: tuple[int, ...]) -> list[StoredColumn | None]:
    """The columns at `positions`, None where the record is shorter (added by ALTER TABLE later)."""
    layout = _layout(payload, max(positions, default=-1) + 1)
    found: list[StoredColumn | None] = []
    for position in positions:
        if position < len(layout):
            serial, start, end = layout[position]
            found.append(StoredColumn(serial, payload.prefix(end)[start:end]))
        else:
            found.append(None)
    return found


def _layout(payload: Payload, count: int) -> list[tuple[int, int, int]]:
    """Serial type, start and end of the first `count` columns, fewer if the record has fewer."""
    try:
        header_size, at = varint(payload.prefix(0), 0)
        if not at <= header_size <= min(payload.size, _LARGEST_HEADER):
            raise Malformed(f"a record header of {header_size} bytes in {payload.size}")
        data = payload.prefix(header_size)
        layout: list[tuple[int, int, int]] = []
        start = header_size
        while at < header_size and len(layout) < count:
            serial = data[at]
            at += 1
            if serial >= 0x80:
                serial, at = varint(data, at - 1)
            end = start + ((serial - 12) // 2 if serial >= 12 else _WIDTHS[serial])
            layout.append((serial, start, end))
            start = end
    except (IndexError, KeyError) as error:
        raise Malformed("a record header makes no sense") from error
    if start > payload.size:
        raise Malformed("a column reaches past the end of its record")
    return layout


def number(field: StoredColumn) -> int | float | None:
    """The value of a field whose serial type is below 12. A NaN is stored as NULL, and reads so."""
    if field.serial == 7:
        (real,) = struct.unpack(">d", field.data)
        return float(real) if real == real else None
    if field.serial >= 8:
        return field.serial - 8
    return int.from_bytes(field.data, signed=True) if field.serial else None


def value(field: StoredColumn, encoding: str) -> Value:
    """Text that is not valid in `encoding` gets replacement characters."""
    if field.serial < 12:
        return number(field)
    return field.data.decode(encoding, "replace") if field.serial % 2 else field.data
