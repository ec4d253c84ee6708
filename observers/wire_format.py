"""The wire format of protocol buffers, for messages whose declaration is not published. No I/O."""

from __future__ import annotations

from collections.abc import Iterator

WireField = int | bytes
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


class NotAMessage(Exception):
    """The bytes are not a message in the wire format."""


def fields(data: bytes) -> Iterator[tuple[int, WireField]]:
    """Number and value of each field, in order: numbers as int, everything else as bytes."""
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        kind = key & 7
        if kind == _VARINT:
            value, at = _varint(data, at)
            yield key >> 3, value
            continue
        if kind == _BYTES:
            size, at = _varint(data, at)
        elif kind in {_FIXED64, _FIXED32}:
            size = 8 if kind == _FIXED64 else 4
        else:
            raise NotAMessage(f"a field of kind {kind}")
        if at + size > len(data):
            raise NotAMessage("it ends within a field")
        yield key >> 3, data[at : at + size]
        at += size


def first(data: bytes, *path: int) -> WireField | None:
    """The first field at this path of numbers, None where there is none."""
    found: WireField = data
    for number in path:
        if not isinstance(found, bytes):
            return None
        inner = next((value for at, value in fields(found) if at == number), None)
        if inner is None:
            return None
        found = inner
    return found


def text(data: bytes, *path: int) -> str | None:
    """The text at this path, None where there is no text."""
    found = first(data, *path)
    try:
        return found.decode("utf-8") if isinstance(found, bytes) else None
    except UnicodeDecodeError:
        return None


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(data):
            break
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise NotAMessage("it ends within a number")
