"""Named points at which a test may have the daemon killed: `KORU_FAULT=after_acting` (`:3` for the third time).

`after_acting@ID` counts what happens to that drive alone: a drive before it may still be hearing of its turn's end.
"""

import os
import signal


class Faults:
    """Counts the times a point is passed and kills this process at the one asked for."""

    def __init__(self, wanted: str | None) -> None:
        passed, _, self._drive_id = (wanted or "").partition("@")
        self._point, _, count = passed.partition(":")
        self._left = int(count) if count.isdigit() else 1

    def reach(self, point: str, drive_id: str | None = None) -> None:
        if point != self._point or (self._drive_id and drive_id != self._drive_id):
            return
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
