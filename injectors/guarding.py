"""Which watch over the operator's hands this desk allows; where there is none, the words that say so."""

import importlib.util
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from injectors.base import Stop
from injectors.front_window import front_of

_unwatched = "nobody watches the operator's hands: {} (koru stop ends it all the same)"


@contextmanager
def guarded(environment: Mapping[str, str], stop: Stop, *, panic: str = "Pause") -> Iterator[str]:
    """Trip `stop` when the operator acts, until the block ends. Yields what must be said of it, empty when all is well.

    Raises Declined when a desk that can be watched does not let itself be.
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
