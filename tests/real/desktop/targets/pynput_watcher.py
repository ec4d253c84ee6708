"""Watches the desk with pynput's X11 backend; says when it is ready, and then who stopped it."""

import sys
import threading
from typing import Any

from pynput._util.xorg import ListenerMixin  # type: ignore[import-untyped]
from Xlib.ext import record

from injectors.base import Stop
from injectors.pynput_guard import PynputGuard

PATIENCE_S = 30.0

# On X11 pynput calls a listener ready just before it asks the server to record; the server says when it does.
recorded = threading.Semaphore(0)
handle = ListenerMixin._handler


def heard(self: Any, events: Any) -> Any:
    if events.category == record.StartOfData:
        recorded.release()
    return handle(self, events)


ListenerMixin._handler = heard
stop = Stop()
with PynputGuard(stop, panic=sys.argv[1]):
    for _ in ("keyboard", "mouse"):
        assert recorded.acquire(timeout=PATIENCE_S), "the X server does not record"
    print("ready", flush=True)
    stop.wait(PATIENCE_S)
print(stop.reason, flush=True)
