"""One X connection with quiet errors, named atoms and process ids. One thread at a time, as python-xlib demands."""

import re
import select
import socket
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from Xlib import X, Xatom, display
from Xlib.error import ConnectionClosedError, DisplayConnectionError, DisplayNameError, XError
from Xlib.ext import res
from Xlib.protocol import request, rq
from Xlib.xobject.drawable import Window as XWindow

from injectors.base import Declined
from injectors.blockers import BlockerWord

gone = (ConnectionClosedError, ConnectionError, OSError)
"""What python-xlib raises once the server is away."""

_knock_seconds = 2.0


class X11Display:
    """A connection to the display `name`, such as `:0`. Raises Declined when it cannot be made."""

    def __init__(self, name: str) -> None:
        try:
            _knock(name)
            self.raw = display.Display(name)
        except (DisplayNameError, DisplayConnectionError, ValueError, *gone) as error:
            message = f"cannot connect to the X display '{name}': {error}"
            raise Declined(BlockerWord.DISPLAY_DEAD, message, "check DISPLAY and XAUTHORITY of the daemon") from error
        self.raw.set_error_handler(_ignore)
        self.root: XWindow = self.raw.screen().root
        self._atoms: dict[str, int] = {}
        self._backlog: deque[rq.Event] = deque()

    def atom(self, name: str) -> int:
        if name not in self._atoms:
            self._atoms[name] = self.raw.intern_atom(name)
        return self._atoms[name]

    def window(self, xid: int) -> XWindow:
        return self.raw.create_resource_object("window", xid)

    def cardinals(self, window: XWindow, name: str, kind: int = Xatom.CARDINAL) -> list[int]:
        """A property of 32-bit values; empty when absent or when the window has died."""
        try:
            found = window.get_full_property(self.atom(name), kind)
        except XError:
            return []
        return list(found.value) if found else []

    def text(self, window: XWindow, name: str) -> str:
        try:
            found = window.get_full_property(self.atom(name), self.atom("UTF8_STRING"))
        except XError:
            return ""
        return bytes(found.value).decode("utf-8", "replace") if found else ""

    def pid(self, xid: int) -> int | None:
        """The process behind a window as the server knows it, else as the window says (_NET_WM_PID)."""
        if self.raw.has_extension("X-Resource"):
            try:
                reply = self.raw.res_query_client_ids([{"client": xid, "mask": res.LocalClientPIDMask}])
            except XError:
                reply = None
            for item in reply.ids if reply is not None else ():
                if item.value:
                    return int(item.value[0])
        said = self.cardinals(self.window(xid), "_NET_WM_PID")
        return said[0] if said else None

    def owner_of(self, selection: int) -> int:
        """The window that owns a selection, or X.NONE."""
        owner: object = self.raw.get_selection_owner(selection)
        return int(getattr(owner, "id", X.NONE))

    def disown(self, selection: int) -> None:
        """Leave a selection without an owner."""
        request.SetSelectionOwner(display=self.raw.display, window=X.NONE, selection=selection, time=X.CurrentTime)
        self.raw.flush()

    def next_event(self) -> rq.Event | None:
        """The next event that has arrived, without waiting."""
        if self._backlog:
            return self._backlog.popleft()
        return self.raw.next_event() if self.raw.pending_events() else None

    def await_event(self, wanted: Callable[[rq.Event], bool], deadline: float) -> rq.Event | None:
        """The next wanted event, or None at the deadline (monotonic seconds). Others stay for `next_event`."""
        while True:
            while self.raw.pending_events():
                event = self.raw.next_event()
                if wanted(event):
                    return event
                self._backlog.append(event)
            left = deadline - time.monotonic()
            if left <= 0:
                return None
            select.select([self.raw.fileno()], [], [], left)

    @contextmanager
    def server_grabbed(self) -> Iterator[None]:
        """The server serves no other client inside: what is checked stays true to the end. For a few requests only."""
        self.raw.grab_server()
        try:
            yield
            self.raw.sync()
        finally:
            self.raw.ungrab_server()
            self.raw.flush()

    def close(self) -> None:
        try:
            self.raw.close()
        except gone:
            return


def _knock(name: str) -> None:
    """Raise OSError when a local server is not there: python-xlib would go on to try TCP, and leak a socket."""
    local = re.fullmatch(r":(\d+)(?:\.\d+)?", name)
    if local is None:
        return
    with socket.socket(socket.AF_UNIX) as door:
        door.settimeout(_knock_seconds)
        path = f"/tmp/.X11-unix/X{local[1]}"  # noqa: S108 - the place is fixed by X11
        try:
            door.connect(path)
        except FileNotFoundError:
            door.connect(f"\0{path}")


def _ignore(error: XError, failed: rq.Request | None) -> int:
    """Errors without a reply are dropped, because windows die at any time: callers read the state again afterwards.

    A request that has a reply still raises its error.
    """
    return 0
