"""The X11 clipboard for one injection: tells which process fetched our text, and puts the saved formats back after."""

import time
from collections.abc import Callable

from Xlib.error import XError

from injectors.base import ClipboardState, Declined, Stop
from injectors.blockers import BlockerWord
from injectors.x11_display import X11Display
from injectors.x11_owner import ClipboardOwner
from injectors.x11_selection import Unsaved

_poll_seconds = 0.02


class X11Clipboard:
    """A `Clipboard`. `display` is the desk's connection, used for looking only; the owner's thread has its own."""

    def __init__(self, display: X11Display, display_name: str, stop: Stop) -> None:
        self._display, self._name, self._stop = display, display_name, stop
        self._owner: ClipboardOwner | None = None

    def take(self, text: str) -> None:
        owner = self._owner = self._owner or ClipboardOwner(self._name)
        try:
            owner.call(lambda: owner.take(text))
        except Unsaved as error:
            hint = "copy anything else once, or close the program that owns the clipboard"
            raise Declined(BlockerWord.CLIPBOARD_UNSAVED, str(error), hint) from error

    def mark(self, pid: int | None) -> None:
        owner = self._running()
        owner.call(lambda: owner.mark(pid))

    def prove(self) -> None:
        """On the desk's connection, so that it can run inside the server grab."""
        wanted = self._running().window_id
        try:
            owner = self._display.owner_of(self._display.atom("CLIPBOARD"))
        except XError as error:
            raise _taken() from error
        if owner != wanted:
            raise _taken()

    def fetched(self, seconds: float) -> bool | None:
        served = self._running().served
        deadline = time.monotonic() + seconds
        while not served.wait(_poll_seconds) and time.monotonic() < deadline and not self._stop.reason:
            continue
        return served.is_set()

    def copied(self, pid: int | None, press: Callable[[], None], seconds: float) -> str | None:
        owner = self._running()
        owner.call(owner.lend)
        press()
        owner.lent.wait(seconds)
        return owner.call(lambda: owner.collect(pid))

    def restore(self, *, owed: bool) -> ClipboardState:
        owner = self._owner
        if owner is None:
            return ClipboardState.UNTOUCHED
        try:
            return owner.call(lambda: owner.restore(owed))
        except (Declined, Unsaved):
            return ClipboardState.LOST

    def close(self) -> None:
        if self._owner is not None:
            self._owner.finish()

    def _running(self) -> ClipboardOwner:
        if self._owner is None:
            raise Declined(BlockerWord.CLIPBOARD_UNAVAILABLE, "the clipboard was not taken", "insert first")
        return self._owner


def _taken() -> Declined:
    message = "another program took the clipboard between our offer and the paste key"
    return Declined(BlockerWord.CLIPBOARD_UNAVAILABLE, message, "pause the clipboard manager, or let it ignore secrets")
