"""Bounds of one read: time for all its attempts, and bytes for one value."""

from __future__ import annotations

import time

from observers.sqlite_snapshot.failure import Moved, SnapshotReason, Unreadable

_FIRST_PAUSE = 0.0005
_LONGEST_PAUSE = 0.016


class ReadBudget:
    """`seconds` for every attempt together; `value_bytes` for one column of one row."""

    def __init__(self, seconds: float, value_bytes: int) -> None:
        self.value_bytes = value_bytes
        self._seconds = seconds
        self._until = time.monotonic() + seconds
        self._pause = _FIRST_PAUSE

    def check(self) -> None:
        if time.monotonic() > self._until:
            raise Unreadable(
                SnapshotReason.TIMEOUT, f"the query took longer than {self._seconds:g} s; ask for less or allow more"
            )

    def fits(self, size: int) -> None:
        if size > self.value_bytes:
            raise Unreadable(SnapshotReason.TOO_LARGE, f"a value reaches {size} bytes, the limit is {self.value_bytes}")

    def pause(self, moved: Moved) -> None:
        """Wait a little before the next attempt; raises Unreadable with the reason of `moved` when time is up."""
        left = self._until - time.monotonic()
        if left <= 0:
            raise Unreadable(moved.reason, f"no stable state within {self._seconds:g} s: {moved}") from moved
        time.sleep(min(self._pause, left))
        self._pause = min(self._pause * 2, _LONGEST_PAUSE)
