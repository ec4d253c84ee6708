"""A click at a place inside one X11 window, pressed in the same server grab as the check that allows it."""

from collections.abc import Callable

from Xlib import X
from Xlib.error import XError
from Xlib.ext import xtest

from injectors.base import Declined, Stop
from injectors.blockers import BlockerWord
from injectors.x11_display import X11Display, gone

_left_button = 1


class X11Pointer:
    """A `Pointer` on the desk's connection. After a click the pointer is put back where it was."""

    def __init__(self, display: X11Display, stop: Stop) -> None:
        self._display, self._stop = display, stop

    def size(self, xid: int) -> tuple[int, int]:
        """Width and height in pixels. Raises Declined when the window is gone."""
        try:
            geometry = self._display.window(xid).get_geometry()
        except (XError, *gone) as error:
            message = f"window {xid:#x} is gone"
            raise Declined(BlockerWord.TARGET_GONE, message, "open the window again") from error
        return int(geometry.width), int(geometry.height)

    def position(self, xid: int) -> tuple[int, int]:
        """Where the pointer is, from the window's top left. Raises Declined when the window is gone."""
        try:
            where = self._display.window(xid).query_pointer()
        except (XError, *gone) as error:
            message = f"window {xid:#x} is gone"
            raise Declined(BlockerWord.TARGET_GONE, message, "open the window again") from error
        return int(where.win_x), int(where.win_y)

    def click(self, xid: int, at: tuple[int, int], guard: Callable[[], None]) -> None:
        """Click at pixels from the window's top left, if that very spot shows this window. Raises Declined."""
        root = self._display.root
        try:
            with self._display.server_grabbed():
                guard()
                before = root.query_pointer()
                place = root.translate_coords(xid, *at)
                ways = frozenset({(int(place.x), int(place.y)), (int(before.root_x), int(before.root_y))})
                self._stop.announce_click(ways)
                self._move(place.x, place.y)
                if not self._shows(xid):
                    self._move(before.root_x, before.root_y)
                    message = f"the place {at} of window {xid:#x} is covered by another window"
                    raise Declined(BlockerWord.FOCUS_ELSEWHERE, message, "bring the window to the front")
                xtest.fake_input(self._display.raw, X.ButtonPress, _left_button)
                xtest.fake_input(self._display.raw, X.ButtonRelease, _left_button)
                self._move(before.root_x, before.root_y)
        except (XError, *gone) as error:
            message = f"the click was not possible: {error}"
            raise Declined(BlockerWord.TARGET_GONE, message, "open the window again") from error

    def _move(self, x: int, y: int) -> None:
        xtest.fake_input(self._display.raw, X.MotionNotify, x=x, y=y)

    def _shows(self, xid: int) -> bool:
        """Whether the pointer is over the window or one inside it."""
        handle = self._display.root
        while True:
            child: object = handle.query_pointer().child
            if isinstance(child, int):
                return False
            handle = self._display.window(int(getattr(child, "id", X.NONE)))
            if handle.id == xid:
                return True
