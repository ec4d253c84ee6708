"""Whether a process that a store names still runs. Nothing is sent to it."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def runs(pid: object, started: object = None) -> bool | None:
    """False when no process has this number, or another one has it by now; None where that cannot be told.

    `started` is the start time that the product noted: on Linux, clock ticks since boot.
    """
    if not isinstance(pid, int) or isinstance(pid, bool) or pid <= 0:
        return None
    if sys.platform != "linux":
        return _answers(pid)
    try:
        # The name in the second field may hold spaces and brackets.
        fields = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
    except OSError:
        return False
    if fields[0] in {"Z", "X"}:
        return False
    return str(started) == fields[19] if isinstance(started, int | str) and str(started).isdigit() else True


def _answers(pid: int) -> bool | None:
    if sys.platform == "win32":
        # There, asking like this would end the process.
        return None
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
