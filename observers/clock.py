"""The wall clock in milliseconds. Of its own, because an observer may not import `bridge`."""

import time


def now_ms() -> int:
    """Milliseconds since the Unix epoch. It may go back when the system's clock is set."""
    return time.time_ns() // 1_000_000
