"""The terminal's other screen, on which `koru watch` draws."""

import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bridge.chats.watcher import Update

REFRESH_S = 0.25
TICK_S = 1.0
# Into the other screen, without wrapping and without a cursor; and back.
ENTER, LEAVE = "\x1b[?1049h\x1b[?7l\x1b[?25l", "\x1b[?25h\x1b[?7h\x1b[?1049l"


class WatchScreen:
    """A context: the first screen is as it was when it ends, also after an exception."""

    def __init__(self) -> None:
        self._drawn = float("-inf")
        self._pending = False
        self._last: list[str] = []

    def __enter__(self) -> "WatchScreen":
        self._write(ENTER)
        return self

    def __exit__(self, *_: object) -> None:
        self._write(LEAVE)

    def due(self, update: "Update") -> bool:
        """Whether to draw now. Changes are gathered for REFRESH_S, so that a busy chat costs one picture in that time;
        without any, ages are drawn anew each TICK_S."""
        now = time.monotonic()
        self._pending |= not update.empty
        if now < self._drawn + (REFRESH_S if self._pending else TICK_S):
            return False
        self._pending, self._drawn = False, now
        return True

    def draw(self, lines: "list[str]") -> None:
        if lines != self._last:
            self._last = lines
            self._write("\x1b[H" + "".join(f"{line}\x1b[K\r\n" for line in lines[:-1]) + f"{lines[-1]}\x1b[K\x1b[J")

    def _write(self, text: str) -> None:
        encoding = sys.stdout.encoding or "utf-8"
        sys.stdout.write(text.encode(encoding, "replace").decode(encoding))
        sys.stdout.flush()
