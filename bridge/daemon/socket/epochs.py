"""Numbers for plugin connections that never go back, not over a restart and not when the clock does."""

import os
from pathlib import Path

from bridge.files import write_whole
from bridge.protocol.errors import BridgeError, Reason

# More connections than one daemon will see; 2^53 leaves room for more restarts than one machine will see.
BLOCK = 2**24


class Epochs:
    """Hands out a block of numbers that was reserved on disk before the first of them is used."""

    def __init__(self, first: int, end: int) -> None:
        self._next = first
        self._end = end

    @classmethod
    def reserve(cls, path: Path, *, now_ms: int) -> "Epochs":
        """The block after the one recorded in `path`; the clock stands in for a file that was lost.

        BridgeError STATE_UNWRITABLE.
        """
        first = max(_recorded(path), now_ms)
        try:
            write_whole(path, f"{first + BLOCK}\n".encode())
        except OSError as error:
            why = os.strerror(error.errno or 0)
            hint = "make the directory writable and free some space"
            raise BridgeError(Reason.STATE_UNWRITABLE, f"cannot write: {why}", where=str(path), hint=hint) from error
        return cls(first, first + BLOCK)

    def next(self) -> int:
        """A number larger than all before. BridgeError OVERLOADED when the block is used up."""
        if self._next >= self._end:
            hint = "find the plugin that reconnects without end, then restart the daemon"
            raise BridgeError(Reason.OVERLOADED, f"more than {BLOCK} plugin connections", hint=hint)
        self._next += 1
        return self._next - 1


def _recorded(path: Path) -> int:
    try:
        return int(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return 0
    except OSError as error:
        why = os.strerror(error.errno or 0)
        raise BridgeError(Reason.STATE_UNWRITABLE, f"cannot read: {why}", where=str(path)) from error
