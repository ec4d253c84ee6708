"""Reads the focused field of a process over AT-SPI (D-Bus), without touching it. Raises nothing: unreadable is None."""

import time
from collections.abc import Iterator

from injectors.atspi_bus import AccessibleNode, AtspiBus, NoAnswer
from injectors.base import InputField

_focused, _editable = 12, 7
_most_nodes = 3000
_walk_seconds = 1.5


class AccessibilityReader:
    """A `Reader` on one connection to the accessibility bus, made when first needed and again after it was lost.

    A call takes at most 1.5 s for each question to the bus, and a walk through a tree 1.5 s and 3000 nodes.
    """

    def __init__(self, bus_address: str) -> None:
        self._address = bus_address
        self._bus: AtspiBus | None = None
        self._known: dict[int, AccessibleNode] = {}

    def sees(self, pid: int) -> bool:
        try:
            bus = self._bus = self._bus or AtspiBus(self._address)
            return bool(bus.applications(pid))
        except NoAnswer:
            self.close()
            return False

    def field(self, pid: int) -> InputField | None:
        node = self._focused_field(pid)
        if node is None or self._bus is None:
            return None
        try:
            return InputField(self._bus.role(node), self._bus.name(node))
        except NoAnswer:
            return None

    def text(self, pid: int) -> str | None:
        node = self._focused_field(pid)
        if node is None or self._bus is None:
            return None
        try:
            return self._bus.text(node)
        except NoAnswer:
            return None

    def close(self) -> None:
        if self._bus is not None:
            self._bus.close()
            self._bus = None

    def _focused_field(self, pid: int) -> AccessibleNode | None:
        """The field found last time if it still has the focus, else the only focused and editable one that is found."""
        try:
            bus = self._bus = self._bus or AtspiBus(self._address)
            known = self._known.pop(pid, None)
            if known is None or not _is_field(bus, known):
                known = self._search(bus, pid)
        except NoAnswer:
            self.close()
            return None
        if known is not None:
            self._known[pid] = known
        return known

    def _search(self, bus: AtspiBus, pid: int) -> AccessibleNode | None:
        for application in bus.applications(pid):
            found = bus.matches(application, (_focused, _editable))
            if found is None:
                found = [node for node in _walk(bus, application) if _is_field(bus, node)]
            if len(found) == 1:
                return found[0]
        return None


def _is_field(bus: AtspiBus, node: AccessibleNode) -> bool:
    states = bus.states(node)
    return {_focused, _editable} <= states


def _walk(bus: AtspiBus, root: AccessibleNode) -> Iterator[AccessibleNode]:
    """The tree below an application that cannot search by itself, bounded in nodes and time."""
    waiting = [root]
    deadline = time.monotonic() + _walk_seconds
    for _ in range(_most_nodes):
        if not waiting or time.monotonic() > deadline:
            return
        node = waiting.pop()
        yield node
        waiting.extend(bus.children(node))
