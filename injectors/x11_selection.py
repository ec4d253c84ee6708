"""Reading another program's X11 selection: every format it offers, in one piece or by INCR."""

import time
from dataclasses import dataclass

from Xlib import X, Xatom
from Xlib.error import XError
from Xlib.protocol import event, rq
from Xlib.xobject.drawable import Window as XWindow

from injectors.x11_display import X11Display

largest = 64 * 1024 * 1024
"""Most bytes kept of one clipboard, over all its formats."""

_not_data = frozenset({"TARGETS", "TIMESTAMP", "MULTIPLE", "SAVE_TARGETS", "DELETE", "INSERT_PROPERTY"})
_answer_seconds = 1.5
_all_seconds = 5.0


class Unsaved(Exception):
    """The clipboard cannot be saved or taken: its owner is silent or too slow, offers too much, or takes it back."""


@dataclass(frozen=True, slots=True)
class Content:
    """One format of a selection: X type atom, bits per unit (8, 16, 32) and the raw bytes."""

    kind: int
    bits: int
    data: bytes


class SelectionReader:
    """Reads by way of `window`, which has PropertyChangeMask. Other events stay in the connection's backlog."""

    def __init__(self, display: X11Display, window: XWindow) -> None:
        self._display, self._window = display, window
        self._property = display.atom("KORU_SELECTION")

    def formats(self, selection: int) -> tuple[dict[int, Content], bool]:
        """What the owner offers, by target atom, and whether that is all; empty without an owner.

        Raises Unsaved when the owner does not answer, takes more than 5 s, or holds more than 64 MiB.
        """
        if self._display.owner_of(selection) == X.NONE:
            return {}, True
        deadline = time.monotonic() + _all_seconds
        offered = self.convert(selection, self._display.atom("TARGETS"), deadline)
        if offered is None:
            raise Unsaved("the program that owns the clipboard does not answer")
        kept: dict[int, Content] = {}
        size, whole = 0, True
        for target in _atoms(offered.data):
            if target == X.NONE or self._display.raw.get_atom_name(target) in _not_data:
                continue
            content = self.convert(selection, target, deadline)
            if content is None:
                whole = False
            else:
                size += len(content.data)
                kept[target] = content
            if size > largest or time.monotonic() > deadline:
                raise Unsaved("the clipboard holds more than can be saved in time")
        return kept, whole

    def text(self, selection: int) -> str | None:
        """The selection as text, or None."""
        content = self.convert(selection, self._display.atom("UTF8_STRING"), time.monotonic() + _all_seconds)
        return None if content is None else content.data.decode("utf-8", "replace")

    def convert(self, selection: int, target: int, deadline: float) -> Content | None:
        """One format; None when it is refused, or does not begin to come within 1.5 s and by `deadline` (monotonic)."""
        deadline = min(deadline, time.monotonic() + _answer_seconds)
        self._window.delete_property(self._property)
        self._window.convert_selection(selection, target, self._property, X.CurrentTime)
        if not self._await_answer(target, deadline):
            return None
        found = self._take_property()
        if found is None or found.kind != self._display.atom("INCR"):
            return found
        return self._increments(time.monotonic() + _all_seconds)

    def _await_answer(self, target: int, deadline: float) -> bool:
        def answer(seen: rq.Event) -> bool:
            return bool(seen.type == X.SelectionNotify and seen.target == target)

        seen = self._display.await_event(answer, deadline)
        return seen is not None and bool(seen.property != X.NONE)

    def _increments(self, deadline: float) -> Content | None:
        parts: list[bytes] = []
        kind = bits = size = 0
        while size <= largest and self._await_property(deadline):
            part = self._take_property()
            if part is None:
                continue
            if not part.data:
                return Content(kind, bits, b"".join(parts))
            kind, bits = part.kind, part.bits
            size += len(part.data)
            parts.append(part.data)
        return None

    def _take_property(self) -> Content | None:
        try:
            found = self._window.get_property(self._property, X.AnyPropertyType, 0, largest // 4, True)
        except XError:
            return None
        if found is None or found.property_type == X.NONE:
            return None
        return Content(found.property_type, found.format, _raw(found.value, found.format))

    def _await_property(self, deadline: float) -> bool:
        def fresh(seen: rq.Event) -> bool:
            return bool(
                seen.type == X.PropertyNotify
                and seen.window.id == self._window.id
                and seen.atom == self._property
                and seen.state == X.PropertyNewValue
            )

        return self._display.await_event(fresh, deadline) is not None


def server_time(display: X11Display, window: XWindow) -> int:
    """The X server's time in milliseconds, which owning a selection needs: that of a property change without effect.

    Raises Unsaved when the server does not answer within 1.5 s.
    """
    stamp = display.atom("KORU_TIME")
    window.change_property(stamp, Xatom.STRING, 8, b"")
    deadline = time.monotonic() + _answer_seconds
    seen = display.await_event(lambda event: event.type == X.PropertyNotify and event.atom == stamp, deadline)
    if seen is None:
        raise Unsaved("the X server does not answer")
    return int(seen.time)


def notify(request: rq.Event, property_atom: int) -> None:
    """Tell a requestor that its answer is in `property_atom`, or refused (NONE)."""
    answer = event.SelectionNotify(
        time=request.time,
        requestor=request.requestor,
        selection=request.selection,
        target=request.target,
        property=property_atom,
    )
    request.requestor.send_event(answer)


def _atoms(data: bytes) -> list[int]:
    return list(memoryview(data).cast("I"))


def _raw(value: object, bits: int) -> bytes:
    if isinstance(value, bytes):
        return value
    return bytes(value.tobytes()) if hasattr(value, "tobytes") else str(value).encode("latin-1")
