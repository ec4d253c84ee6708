"""How SQLite orders values in an index: NULL, numbers, text by collation, blobs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from observers.sqlite_snapshot.record import StoredColumn, Value, number

# Comparable only with a key of the same collation.
Key = tuple[int, Any]

_NULL, _NUMBER, _TEXT, _BLOB = range(4)


def _binary(text: bytes, encoding: str) -> bytes:
    return text


def _nocase(text: bytes, encoding: str) -> tuple[bytes, int]:
    # SQLite folds ASCII only, stops at a NUL, and lets the length decide the rest.
    utf8 = _as_utf8(text, encoding)
    return utf8.partition(b"\0")[0].lower(), len(utf8)


def _rtrim(text: bytes, encoding: str) -> bytes:
    return _as_utf8(text, encoding).rstrip(b" ")


def _as_utf8(text: bytes, encoding: str) -> bytes:
    return text if encoding == "utf-8" else text.decode(encoding, "replace").encode("utf-8", "replace")


_COLLATIONS: dict[str, Callable[[bytes, str], Any]] = {"BINARY": _binary, "NOCASE": _nocase, "RTRIM": _rtrim}
COLLATIONS = frozenset(_COLLATIONS)


@dataclass(frozen=True, slots=True)
class IndexColumn:
    """One column of an index."""

    collation: str
    descending: bool
    encoding: str

    def of_field(self, field: StoredColumn) -> Key:
        if field.serial >= 12:
            if field.serial % 2:
                return _TEXT, _COLLATIONS[self.collation](field.data, self.encoding)
            return _BLOB, field.data
        found = number(field)
        return (_NULL, 0) if found is None else (_NUMBER, found)

    def of_value(self, wanted: Value) -> Key:
        if wanted is None:
            return _NULL, 0
        if isinstance(wanted, str):
            return _TEXT, _COLLATIONS[self.collation](wanted.encode(self.encoding), self.encoding)
        if isinstance(wanted, bytes):
            return _BLOB, wanted
        return _NUMBER, wanted

    def place(self, key: Key, wanted: Key) -> int:
        """-1, 0 or 1: before, at or after `wanted` in the order of the index."""
        side = -1 if key < wanted else int(key > wanted)
        return -side if self.descending else side

    def place_below(self, key: Key, low: Key | None, high: Key | None) -> int:
        """The same for `low <= key < high`, open where None. NULL is in no range."""
        below = key[0] == _NULL or (low is not None and key < low)
        above = high is not None and key >= high
        side = -1 if below else int(above)
        return -side if self.descending else side

    def place_prefix(self, key: Key, prefix: Key) -> int:
        """The same for text that begins with `prefix`; BINARY and NOCASE only."""
        if key[0] != _TEXT:
            side = -1 if key[0] < _TEXT else 1
        else:
            text, start = (key[1], prefix[1]) if self.collation == "BINARY" else (key[1][0], prefix[1][0])
            side = 0 if text.startswith(start) else -1 if text < start else 1
        return -side if self.descending else side
