"""Files of JSON, one value a line or one value a file, that another program is writing while we read."""

from __future__ import annotations

import io
import json
import os
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from zstandard import ZstdDecompressor, ZstdError

from observers.base import ObserverError, ObserverReason
from observers.file_stamp import FileStamp
from observers.regular_file import CHUNK, chunks, opened

T = TypeVar("T")
S = TypeVar("S")
R = TypeVar("R")

MAX_FILE = 512 << 20
# A file that is one value is in memory several times over while it is parsed.
MAX_WHOLE = 128 << 20
MAX_LINE = 64 << 20
# The most memory a compressed log may ask for.
ZSTD_WINDOW = 1 << 27
# An unfinished write is a writer at work for this long, and damage afterwards.
WRITE_GRACE_NS = 10_000_000_000

_TAIL = 256
_BOM = b"\xef\xbb\xbf"
_CACHED_BYTES = 48 << 20
# Seconds between tries. A product may put a new file in the place of the old one in two steps.
RETRY_DELAYS = (0.01, 0.04, 0.1)


@dataclass(frozen=True, slots=True)
class LogPosition:
    """How far a log was read: always just past a newline. `tail` is what stood before it, to notice a rewrite."""

    device: int
    inode: int
    offset: int
    tail: bytes


class Log:
    """One pass over the complete lines of a log. An unfinished last line is left for the next pass."""

    def __init__(
        self, path: Path, descriptor: int, after: LogPosition | None, max_line: int, blank: bool = False
    ) -> None:
        self.path = path
        self._blank = blank
        self.stamp = FileStamp.of(os.fstat(descriptor))
        self._descriptor = descriptor
        self._max_line = max_line
        if self.stamp.size > MAX_FILE:
            raise ObserverError(
                ObserverReason.TOO_LARGE, f"{self.stamp.size} bytes; the most read is {MAX_FILE}", where=str(path)
            )
        self.resumed = after is not None and self._still_holds(after)
        self._offset = after.offset if after is not None and self.resumed else 0
        self._partial = False

    def __iter__(self) -> Iterator[tuple[int, bytes]]:
        """Each line with the byte offset it starts at, without its newline; blank lines left out if not asked for."""
        kept: list[bytes] = []
        kept_size = 0
        for data in self._chunks():
            *whole, rest = data.split(b"\n")
            for piece in whole:
                line = b"".join([*kept, piece])
                kept, kept_size = [], 0
                start, self._offset = self._offset, self._offset + len(line) + 1
                self._check(len(line), start)
                text = (line.removeprefix(_BOM) if start == 0 else line).strip()
                if text or self._blank:
                    yield start, text
            kept.append(rest)
            kept_size += len(rest)
            self._check(kept_size, self._offset)
        self._partial = kept_size > 0

    def _chunks(self) -> Iterator[bytes]:
        return chunks(self._descriptor, self._offset, self.stamp.size)

    def place(self) -> LogPosition:
        """Where the next pass resumes. `changing` when what was read is no longer what stands there."""
        tail = self._tail(self._offset)
        after = FileStamp.of(os.fstat(self._descriptor))
        if (
            after.size < self.stamp.size
            or len(tail) < min(self._offset, _TAIL)
            or not tail.endswith(b"\n"[: self._offset])
        ):
            raise ObserverError(ObserverReason.CHANGING, "rewritten while it was read", where=str(self.path))
        return LogPosition(after.device, after.inode, self._offset, tail)

    @property
    def unfinished(self) -> ObserverError | None:
        """Why there is not one complete line yet; None when there is, or when an empty file was left behind."""
        if self._offset > 0 or (self.stamp.size == 0 and not being_written(self.stamp)):
            return None
        damage = ObserverError(ObserverReason.CORRUPT, "ends in the middle of its first line", where=str(self.path))
        return changing_or(damage, self.stamp)

    def _still_holds(self, place: LogPosition) -> bool:
        same_file = (self.stamp.device, self.stamp.inode) == (place.device, place.inode)
        return same_file and self.stamp.size >= place.offset and self._tail(place.offset) == place.tail

    def _tail(self, offset: int) -> bytes:
        return b"".join(chunks(self._descriptor, max(0, offset - _TAIL), offset))

    def _check(self, size: int, start: int) -> None:
        if size > self._max_line:
            where = f"{self.path}@{start}"
            raise ObserverError(ObserverReason.TOO_LARGE, f"a line of more than {self._max_line} bytes", where=where)


class _Packed(io.RawIOBase):
    """What is left to read of a descriptor, which stays open."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = os.read(self._descriptor, len(buffer))
        buffer[: len(data)] = data
        return len(data)


class CompressedLog(Log):
    """A log that its product has put away as zstd. It is read from the start each time, for it does not grow."""

    def __init__(self, path: Path, descriptor: int, max_line: int) -> None:
        super().__init__(path, descriptor, None, max_line)

    def _chunks(self) -> Iterator[bytes]:
        size = 0
        unpacking = ZstdDecompressor(max_window_size=ZSTD_WINDOW)
        packed = io.BufferedReader(_Packed(self._descriptor))
        try:
            with unpacking.stream_reader(packed, read_across_frames=True) as reader:
                while data := reader.read(CHUNK):
                    size += len(data)
                    if size > MAX_FILE:
                        message = f"more than {MAX_FILE} bytes when unpacked"
                        raise ObserverError(ObserverReason.TOO_LARGE, message, where=str(self.path))
                    yield data
        except ZstdError as error:
            damage = ObserverError(ObserverReason.CORRUPT, f"not zstd: {error}", where=str(self.path))
            raise changing_or(damage, self.stamp) from error

    def place(self) -> LogPosition:
        """Nothing resumes here. `changing` or `corrupt` when what was unpacked ends in the middle of a line."""
        if self._partial:
            damage = ObserverError(ObserverReason.CORRUPT, "ends in the middle of a line", where=str(self.path))
            raise changing_or(damage, self.stamp)
        return LogPosition(self.stamp.device, self.stamp.inode, self._offset, b"")

    def _still_holds(self, place: LogPosition) -> bool:
        return False


@contextmanager
def open_log(
    path: Path, after: LogPosition | None = None, max_line: int = MAX_LINE, *, blank: bool = False
) -> Iterator[Log]:
    """A pass that resumes after `after`, or starts over (`resumed` is False) where the log was rewritten."""
    with opened(path) as descriptor:
        if path.suffix == ".zst":
            yield CompressedLog(path, descriptor, max_line)
        else:
            yield Log(path, descriptor, after, max_line, blank)


def parse(line: bytes, where: str) -> object:
    """The JSON value of a line or file. ObserverError `corrupt`, also for bytes that are not UTF-8 or nest too deep."""
    try:
        return json.loads(line.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise ObserverError(ObserverReason.CORRUPT, f"not JSON: {str(error)[:120]}", where=where) from error


def parse_cell(value: object, shape: type[S], fault: str, where: str) -> S:
    """The JSON value in a database's column. ObserverError `corrupt`; `schema_changed` with `fault` for another shape.

    A column that holds neither text nor bytes has no JSON, and so another shape.
    """
    try:
        found = json.loads(value) if isinstance(value, str | bytes) else None
    except (ValueError, RecursionError) as error:
        raise ObserverError(ObserverReason.CORRUPT, f"not JSON: {str(error)[:120]}", where=where) from error
    if not isinstance(found, shape):
        raise ObserverError(ObserverReason.SCHEMA_CHANGED, fault, where=where)
    return found


def being_written(stamp: FileStamp) -> bool:
    """The last write is so recent that what looks torn may be a writer at work."""
    return time.time_ns() - stamp.modified < WRITE_GRACE_NS


def changing_or(damage: ObserverError, stamp: FileStamp) -> ObserverError:
    """`changing` in the place of `damage` while the last write is recent."""
    if not being_written(stamp):
        return damage
    return ObserverError(ObserverReason.CHANGING, "is being written", where=damage.where)


class Folds(Generic[T]):
    """Folds logs into a `T` each, reading only what grew since the last time. Safe for threads. Logs of up to 48 MiB
    together are remembered, and the last one however long it is.

    `fold` takes the state, the offset of a line, and the line. A state in use is out of the cache, so two threads never
    share one. `blank`: blank lines count.
    """

    def __init__(
        self, start: Callable[[], T], fold: Callable[[T, int, bytes, Path], None], *, blank: bool = False
    ) -> None:
        self._blank = blank
        self._start = start
        self._fold = fold
        self._cache: OrderedDict[Path, tuple[LogPosition, T]] = OrderedDict()
        # Summed as logs come and go: a sum over thousands of short logs at each read would be slow.
        self._cached_bytes = 0
        self._lock = threading.Lock()

    def read(self, path: Path, render: Callable[[T], R]) -> R:
        """`render` of the state at the last complete line. ObserverError; `changing` while the first is unfinished."""
        with self._lock:
            place, state = self._cache.pop(path, (None, None))
            self._cached_bytes -= 0 if place is None else place.offset
        with open_log(path, place, blank=self._blank) as log:
            if state is None or not log.resumed:
                state = self._start()
            for offset, line in log:
                self._fold(state, offset, line, path)
            place = log.place()
            if (unfinished := log.unfinished) is not None:
                raise unfinished
        result = render(state)
        self._keep(path, place, state)
        return result

    def forget(self) -> None:
        """Drop what is remembered; the next read of each log starts over."""
        with self._lock:
            self._cache.clear()
            self._cached_bytes = 0

    def _keep(self, path: Path, place: LogPosition, state: T) -> None:
        with self._lock:
            # Another thread may have kept the same log meanwhile.
            before, _ = self._cache.pop(path, (None, None))
            self._cached_bytes += place.offset - (0 if before is None else before.offset)
            self._cache[path] = (place, state)
            while len(self._cache) > 1 and self._cached_bytes > _CACHED_BYTES:
                _, (oldest, _) = self._cache.popitem(last=False)
                self._cached_bytes -= oldest.offset


def read_whole(path: Path, delays: tuple[float, ...] = RETRY_DELAYS) -> object:
    """The JSON value of a file that its product rewrites, tried again after each of `delays` (seconds) while it is torn
    or missing. ObserverError."""
    for delay in (*delays, None):
        try:
            return _read_once(path)
        except ObserverError as error:
            if delay is None or not (error.transient or error.reason is ObserverReason.MISSING):
                raise
            time.sleep(delay)
    raise AssertionError("unreachable")


def _read_once(path: Path) -> object:
    with opened(path) as descriptor:
        before = FileStamp.of(os.fstat(descriptor))
        if before.size > MAX_WHOLE:
            raise ObserverError(
                ObserverReason.TOO_LARGE, f"{before.size} bytes; the most read is {MAX_WHOLE}", where=str(path)
            )
        data = b"".join(chunks(descriptor, 0, before.size))
        if FileStamp.of(os.fstat(descriptor)) != before:
            raise ObserverError(ObserverReason.CHANGING, "rewritten while it was read", where=str(path))
    try:
        return parse(data.removeprefix(_BOM), str(path))
    except ObserverError as error:
        raise changing_or(error, before) from error
