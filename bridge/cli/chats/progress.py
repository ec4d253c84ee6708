"""How far a long reading of chats is, on stderr."""

import sys
import time

REFRESH_S = 0.1


class Progress:
    """A line that counts chats and is taken away at the end; none where stderr is no terminal or the chats are few."""

    def __init__(self, doing: str, of: int, *, least: int = 20) -> None:
        self._doing = doing
        self._of = of
        self._shown = of >= least and sys.stderr.isatty()
        self._next = 0.0
        self._written = False

    def __call__(self, number: int) -> None:
        if self._shown and time.monotonic() >= self._next:
            self._next = time.monotonic() + REFRESH_S
            self._written = True
            print(f"\r\x1b[K{self._doing} {number:,} of {self._of:,} chats", end="", file=sys.stderr, flush=True)

    def __enter__(self) -> "Progress":
        return self

    def __exit__(self, *_: object) -> None:
        self.clear()

    def clear(self) -> None:
        """Take the line away, before something else is printed."""
        if self._written:
            self._written, self._next = False, 0.0
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
