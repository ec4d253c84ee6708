"""Waiting for a condition, never for a time: every wait here ends with what was waited for, or says what never came."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
SECONDS = 60.0


def until(condition: Callable[[], T | None], what: str, seconds: float = SECONDS) -> T:
    """The first value of condition that is neither None nor False. Raises TimeoutError naming `what`."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value is not None and value is not False:
            return value
        if time.monotonic() >= end:
            raise TimeoutError(f"{what}: not within {seconds:.0f} s")
        time.sleep(0.05)
