"""Which watch over the operator's hands this desk allows; where there is none, the words that say so."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from injectors.base import Stop

_unwatched = "nobody watches the operator's hands: Wayland lets no program see them (koru stop ends it all the same)"


@contextmanager
def guarded(environment: Mapping[str, str], stop: Stop, *, panic: str = "Pause") -> Iterator[str]:
    """Trip `stop` when the operator acts, until the block ends. Yields what must be said of it, empty when all is well.

    Raises Declined when an X server cannot be watched.
    """
    if environment.get("WAYLAND_DISPLAY") or not environment.get("DISPLAY"):
        yield _unwatched if environment.get("WAYLAND_DISPLAY") else ""
        return
    from injectors.operator_guard import OperatorGuard

    with OperatorGuard(environment["DISPLAY"], stop, panic=panic):
        yield ""
