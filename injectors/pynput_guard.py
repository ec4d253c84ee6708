"""Watches keyboard and mouse where pynput types, on macOS and Windows. Tried on X11 alone.

macOS and Windows mark the events that a program makes; every event without the mark is the operator's.
"""

import threading
from types import TracebackType
from typing import Any, Self

from injectors.base import Declined, Stop
from injectors.blockers import BlockerWord

_start_seconds = 10.0
_travel_pixels = 24


class PynputGuard:
    """A context around an injection that shares its `stop`. `panic` is a keysym name, such as Pause or Scroll_Lock.

    Raises Declined on entry when the system does not let programs listen.
    """

    def __init__(self, stop: Stop, *, panic: str = "Pause") -> None:
        self._stop, self._panic = stop, panic.casefold()
        self._start: tuple[float, float] | None = None

    def __enter__(self) -> Self:
        from pynput import keyboard, mouse  # type: ignore[import-untyped]

        self._listeners: list[Any] = [
            keyboard.Listener(on_press=self.pressed),
            mouse.Listener(on_click=self.clicked, on_move=self.moved),
        ]
        for listener in self._listeners:
            listener.start()
            waiter = threading.Thread(target=listener.wait, name="koru-operator", daemon=True)
            waiter.start()
            waiter.join(_start_seconds)
            if waiter.is_alive():
                self.__exit__(None, None, None)
                hint = "allow the daemon to monitor input, or run without the operator guard"
                raise Declined(BlockerWord.PERMISSION_MISSING, "the system lets nobody listen to its keyboard", hint)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for listener in self._listeners:
            listener.stop()

    def pressed(self, key: Any, injected: bool) -> None:
        """A key went down. `key` is pynput's object, which has a `name` for keys without a character."""
        if not injected:
            named = getattr(key, "name", None)
            self._stop.trip("the panic key" if named == self._panic else "a key of the operator")

    def clicked(self, x: float, y: float, button: Any, down: bool, injected: bool) -> None:
        if down and not injected:
            self._stop.trip("a mouse button of the operator")

    def moved(self, x: float, y: float, injected: bool) -> None:
        """Trips at over 24 px (across plus down) from where the pointer was seen first: a nudge moves it less."""
        if injected:
            return
        left, top = self._start = self._start or (x, y)
        if abs(x - left) + abs(y - top) > _travel_pixels:
            self._stop.trip("a mouse movement of the operator")
