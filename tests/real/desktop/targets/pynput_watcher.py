"""Watches the desk with pynput's X11 backend; says when it is ready, and then who stopped it."""

import sys

from injectors.base import Stop
from injectors.pynput_guard import PynputGuard

stop = Stop()
with PynputGuard(stop, panic=sys.argv[1]):
    print("ready", flush=True)
    stop.wait(30)
print(stop.reason, flush=True)
