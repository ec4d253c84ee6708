"""Watches keyboard and mouse on X11 by the RECORD extension, and trips the stop when an event is not ours.

Our own events are announced before they are sent, and each announcement excuses one recorded event. An event without an
announcement is the operator's, or another program's.
"""

import threading
from collections import Counter
from types import TracebackType
from typing import Any, Self

from Xlib import XK, X
from Xlib.error import XError
from Xlib.ext import record
from Xlib.protocol import rq

from injectors.base import Declined, Stop
from injectors.blockers import BlockerWord
from injectors.x11_display import X11Display, gone

_start_seconds = 10.0
_travel_pixels = 24
_nothing = (0, 0)
_watched = {
    "core_requests": _nothing,
    "core_replies": _nothing,
    "ext_requests": (0, 0, 0, 0),
    "ext_replies": (0, 0, 0, 0),
    "delivered_events": _nothing,
    "device_events": (X.KeyPress, X.MotionNotify),
    "errors": _nothing,
    "client_started": False,
    "client_died": False,
}


class OperatorGuard:
    """A context around an injection that shares its `stop`. `panic` is a keysym name.

    Raises Declined on entry when the server cannot record.
    """

    def __init__(self, display_name: str, stop: Stop, *, panic: str = "Pause") -> None:
        self._name, self._stop = display_name, stop
        self._panic_keysym = XK.string_to_keysym(panic)
        self._owed: Counter[tuple[int, bool]] = Counter()
        self._lock = threading.Lock()
        self._ready = threading.Event()
        self._start = (0, 0)
        self._clicks = 0
        self._positions: frozenset[tuple[int, int]] = frozenset()

    def __enter__(self) -> Self:
        self._control, self._data = X11Display(self._name), X11Display(self._name)
        if not self._control.raw.has_extension("RECORD"):
            self._close()
            hint = "run without the operator guard, or enable RECORD in the server"
            raise Declined(BlockerWord.DESK_UNSUPPORTED, "the X server has no RECORD extension", hint)
        pointer = self._control.root.query_pointer()
        self._start = (pointer.root_x, pointer.root_y)
        self._panic = self._control.raw.keysym_to_keycode(self._panic_keysym)
        self._context = self._data.raw.record_create_context(0, [record.AllClients], [_watched])
        self._thread = threading.Thread(target=self._watch, name="koru-operator", daemon=True)
        self._thread.start()
        self._before = self._stop.announce
        self._stop.announce = self._expect
        self._clicks_before = self._stop.announce_click
        self._stop.announce_click = self._expect_click
        if not self._ready.wait(_start_seconds):
            self.__exit__(None, None, None)
            raise Declined(BlockerWord.DISPLAY_DEAD, "the X server does not record", "run without the operator guard")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stop.announce = self._before
        self._stop.announce_click = self._clicks_before
        try:
            self._control.raw.record_disable_context(self._context)
            self._control.raw.sync()
        except (XError, *gone):
            pass
        self._thread.join(_start_seconds)
        self._close()

    def _close(self) -> None:
        self._control.close()
        self._data.close()

    def _expect(self, keycode: int, down: bool) -> None:
        with self._lock:
            self._owed[keycode, down] += 1

    def _expect_click(self, positions: frozenset[tuple[int, int]]) -> None:
        with self._lock:
            self._clicks += 1
            self._positions |= positions

    def _watch(self) -> None:
        try:
            self._data.raw.record_enable_context(self._context, self._recorded)
            self._data.raw.record_free_context(self._context)
        except (XError, *gone):
            self._stop.trip("the loss of the X display")
        except Exception:  # a watch that sees nothing any more must not pass for quiet hands
            self._stop.trip("the loss of the operator guard")
            raise

    def _recorded(self, reply: Any) -> None:
        if reply.category == record.StartOfData:
            self._ready.set()
        if reply.category != record.FromServer or reply.client_swapped:
            return
        data = reply.data
        while data:
            seen, data = rq.EventField("").parse_binary_value(data, self._data.raw.display, None, None)
            self._judge(seen)

    def _judge(self, seen: rq.Event) -> None:
        if seen.type in (X.KeyPress, X.KeyRelease):
            down = seen.type == X.KeyPress
            if not self._ours(seen.detail, down) and down:
                self._stop.trip("the panic key" if seen.detail == self._panic else "a key of the operator")
        elif seen.type == X.ButtonPress:
            self._clicked()
        elif seen.type == X.MotionNotify:
            self._moved(seen.root_x, seen.root_y)

    def _ours(self, keycode: int, down: bool) -> bool:
        with self._lock:
            if self._owed[keycode, down] <= 0:
                return False
            self._owed[keycode, down] -= 1
            return True

    def _clicked(self) -> None:
        with self._lock:
            self._clicks -= 1
            if self._clicks >= 0:
                return
            self._clicks = 0
        self._stop.trip("a mouse button of the operator")

    def _moved(self, x: int, y: int) -> None:
        """Trips at over 24 px (across plus down) from where the pointer stood: a nudged table moves it less."""
        with self._lock:
            if (x, y) in self._positions:
                return
        if abs(x - self._start[0]) + abs(y - self._start[1]) > _travel_pixels:
            self._stop.trip("a mouse movement of the operator")
