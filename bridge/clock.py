"""The wall clock in milliseconds, and the pauses of whatever tries again. Standard library only: the command line
imports it at its start."""

import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator


def now_ms() -> int:
    """Milliseconds since the Unix epoch. It may go back when the system's clock is set; durations use `monotonic`."""
    return time.time_ns() // 1_000_000


def growing_pauses(first_s: float, most_s: float = float("inf")) -> "Iterator[float]":
    """Seconds to wait before each further try, without end: `first_s`, then twice the last, at most `most_s`."""
    pause = first_s
    while True:
        yield pause
        pause = min(pause * 2, most_s)
