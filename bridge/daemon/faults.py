"""Named points at which a test may have the daemon killed: `KORU_FAULT=after_acting` (`:3` for the third time)."""

import os
import signal


class Faults:
    """Counts the times a point is passed and kills this process at the one asked for."""

    def __init__(self, wanted: str | None) -> None:
        point, _, count = (wanted or "").partition(":")
        self._point = point
        self._left = int(count) if count.isdigit() else 1

    def reach(self, point: str) -> None:
        if point != self._point:
            return
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
