"""Chooses what watches the operator's keyboard and mouse on this desk; where nothing can, the words that say so."""

import importlib.util
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from injectors.base import Stop
from injectors.front_window import front_of

_unwatched = "nobody watches the operator's hands: {} (koru stop ends it all the same)"


@contextmanager
def guarded(environment: Mapping[str, str], stop: Stop, *, panic: str = "Pause") -> Iterator[str]:
    """Trip `stop` when the operator acts, until the block ends. Yields why nothing watches, empty where something does.

    Raises Declined when the desk has a way to watch and the watch cannot be started.
    """
    if front_of() is not None and importlib.util.find_spec("pynput") is not None:
        from injectors.pynput_guard import PynputGuard

        with PynputGuard(stop, panic=panic):
            yield ""
    elif environment.get("WAYLAND_DISPLAY"):
        yield _unwatched.format("Wayland lets no program see them")
    elif environment.get("DISPLAY"):
        from injectors.operator_guard import OperatorGuard

        with OperatorGuard(environment["DISPLAY"], stop, panic=panic):
            yield ""
    else:
        yield _unwatched.format("there is no desktop session to watch")
