"""What tells one content of a file from another without reading it, and how a file is opened without a trace.

Imports nothing of `observers`, so that `sqlite_snapshot` stays a package of its own.
"""

from __future__ import annotations

import os
import sys
import time
from dataclasses import dataclass

# File times on Linux come from a clock that ticks every few milliseconds: two writes can share one time.
CLOCK_TICK_NS = 20_000_000
# That clock: CLOCK_REALTIME_COARSE.
_LINUX_FILE_CLOCK = 5
# Newer kernels give some writes a finer time, a little ahead of that clock. More is a clock that was set back.
_MOST_AHEAD_NS = 1_000_000_000

# O_NONBLOCK: a named pipe in the place of a store must not hang the open. Not every platform has every flag.
_FLAGS = os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_NO_ACCESS_TIME = getattr(os, "O_NOATIME", 0)


@dataclass(frozen=True, slots=True)
class FileStamp:
    """What stat tells about the content of a file; the time in nanoseconds since 1970.

    Two rules say whether a later write is sure to change the stamp. `settled` is for what is remembered: it allows for
    file systems whose clock ticks more slowly than that of Linux or is not ours, and when it says no, a file is read
    once more. `tick_is_over` is for what is read now: a busy database would wait for 20 ms after each of its writes by
    the first rule, and for ever once the clock was set back, because no answer is given until the rule says yes.
    """

    device: int
    inode: int
    size: int
    modified: int

    @classmethod
    def of(cls, status: os.stat_result) -> FileStamp:
        return cls(status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)

    def settled(self, now_ns: int | None = None) -> bool:
        """The last write is more than 20 ms past. Not true of a time in the future."""
        return (time.time_ns() if now_ns is None else now_ns) - self.modified > CLOCK_TICK_NS

    def tick_is_over(self) -> bool:
        """By the clock of the file times: any later write will get another time."""
        now = time.clock_gettime_ns(_LINUX_FILE_CLOCK) if sys.platform == "linux" else time.time_ns()
        return now > self.modified or self.modified > now + _MOST_AHEAD_NS

    def __str__(self) -> str:
        return f"{self.device}:{self.inode}:{self.size}:{self.modified}"


def open_untouched(path: str | os.PathLike[str]) -> int:
    """A descriptor to read from; the file's access time stays as it is where the system allows it. Raises OSError."""
    try:
        return os.open(path, _FLAGS | _NO_ACCESS_TIME)
    except PermissionError:
        # O_NOATIME is for the owner of a file only.
        return os.open(path, _FLAGS)
