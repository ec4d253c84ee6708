"""The daemon's log: one file, rotated by size, written by a thread of its own so that the event loop never waits.

The texts of foreign exceptions are left out, because they can quote a prompt.
"""

import copy
import logging
import os
import queue
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from logging.handlers import QueueHandler, QueueListener, RotatingFileHandler
from pathlib import Path
from types import TracebackType
from typing import TextIO

from bridge.crash import describe

FILE_MAX_BYTES = 5_000_000
FILES_KEPT = 3
WAITING_MAX = 10_000

_ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
_CONTROL = {code: f"\\x{code:02x}" for code in (*range(32), *range(127, 160))}
_CONTROL[ord("\n")] = "\n    "
_CONTROL[0x2028] = _CONTROL[0x2029] = " "


_redaction: list[Callable[[str], str]] = []


def redact_by(redact: Callable[[str], str]) -> None:
    """From now on every record passes through it, in the thread that writes."""
    _redaction[:] = [redact]


class _Lines(logging.Formatter):
    """One record, one line; what follows in a record is indented, so that no text can pass for a record."""

    converter = time.gmtime  # type: ignore[assignment]  # typeshed leaves the default argument out
    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"

    def format(self, record: logging.LogRecord) -> str:
        # What another formatter made of the exception is kept in the record, and would be used again.
        record = copy.copy(record)
        record.exc_text = None
        text = super().format(record)
        for redact in _redaction:
            text = redact(text)
        return text.translate(_CONTROL)

    def formatException(self, ei: _ExcInfo) -> str:
        return describe(ei[1]) if ei[1] is not None else ""


class _PrivateFile(RotatingFileHandler):
    """Mode 0600, never through a symbolic link. With `adopt`, what is printed goes to the file in use, too."""

    def __init__(self, path: Path, *, adopt: bool) -> None:
        self._adopt = adopt
        super().__init__(path, maxBytes=FILE_MAX_BYTES, backupCount=FILES_KEPT, encoding="utf-8")

    def _open(self) -> TextIO:  # type: ignore[override]  # typeshed wants the concrete TextIOWrapper
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
        stream = open(os.open(self.baseFilename, flags, 0o600), "a", encoding="utf-8")  # noqa: PTH123, SIM115
        if self._adopt:
            os.dup2(stream.fileno(), 1)
            os.dup2(stream.fileno(), 2)
        return stream


class _Bounded(QueueHandler):
    """Counts what does not fit instead of waiting for room."""

    dropped = 0

    def enqueue(self, record: logging.LogRecord) -> None:
        try:
            super().enqueue(record)
        except queue.Full:
            self.dropped += 1

    def prepare(self, record: logging.LogRecord) -> logging.LogRecord:
        # The base class would format here, in the loop; arguments of ours are plain values.
        return record


@contextmanager
def logging_to(path: Path, *, foreground: bool, level: int = logging.INFO) -> Iterator[None]:
    """Log to `path` (and, in the foreground, to stderr) until the block ends, then write what is waiting. OSError."""
    handlers: list[logging.Handler] = [_PrivateFile(path, adopt=not foreground)]
    if foreground:
        handlers.append(logging.StreamHandler(sys.stderr))
    for handler in handlers:
        handler.setFormatter(_Lines("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    records: queue.Queue[logging.LogRecord | None] = queue.Queue(WAITING_MAX)
    entry = _Bounded(records)
    writer = _Writer(entry, records, *handlers)
    root = logging.getLogger()
    before = root.level
    root.setLevel(level)
    root.addHandler(entry)
    writer.start()
    try:
        yield
    finally:
        root.removeHandler(entry)
        root.setLevel(before)
        writer.stop()
        for handler in handlers:
            handler.close()


class _Writer(QueueListener):
    """The thread. It also tells what never came to it."""

    def __init__(self, entry: _Bounded, records: "queue.Queue[logging.LogRecord | None]", *to: logging.Handler) -> None:
        super().__init__(records, *to)
        self._entry = entry
        self._told = 0

    def handle(self, record: logging.LogRecord) -> None:
        super().handle(record)
        if self._entry.dropped > self._told:
            missing, self._told = self._entry.dropped - self._told, self._entry.dropped
            text = "%d records were dropped because the disk was too slow"
            super().handle(logging.LogRecord(__name__, logging.WARNING, __file__, 0, text, (missing,), None))

    def enqueue_sentinel(self) -> None:
        # The base class does not wait for room, and would raise when the queue is full.
        self.queue.put(None)  # type: ignore[attr-defined]
