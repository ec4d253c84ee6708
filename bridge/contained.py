"""Keeps a fault of Koru's own to the work it happened in: logged, counted for `koru status`, and raised in tests.

Standard library only, and nothing of it is imported before there is a fault: the command line starts with it.
"""

import os
import threading
from dataclasses import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType

# `raise` in the environment of every test and of every daemon of a test; one that plants a fault says `keep`.
SWITCH = "KORU_CONTAINED"


@dataclass(frozen=True, slots=True)
class ContainedFault:
    """How often some work failed since the process began, and the last time: class of the error, ms since 1970."""

    what: str
    count: int
    error: str
    at_ms: int


class Containment:
    """The block of `contained`. `error` is what ended it, None while nothing has."""

    __slots__ = ("_about", "_foreseen", "_what", "error")

    def __init__(self, what: str, about: tuple[object, ...], foreseen: tuple[type[Exception], ...]) -> None:
        self._what, self._about, self._foreseen = what, about, foreseen
        self.error: Exception | None = None

    @property
    def caught(self) -> Exception:
        """What ended the block, for the code behind a block that returns."""
        if self.error is None:
            raise RuntimeError("nothing ended the block")
        return self.error

    def __enter__(self) -> "Containment":
        return self

    def __exit__(
        self, kind: "type[BaseException] | None", error: BaseException | None, at: "TracebackType | None"
    ) -> bool:
        if not isinstance(error, Exception):
            return False
        if not isinstance(error, self._foreseen):
            _count(self._what, error)
            _log(self._what, self._about, error)
            if os.environ.get(SWITCH) == "raise":
                return False
        self.error = error
        return True


def contained(what: str, *about: object, foreseen: "type[Exception] | tuple[type[Exception], ...]" = ()) -> Containment:
    """Let no Exception out of the block: what it does is `what`, a literal, and `about` says of which thing, no text
    of a person. What is `foreseen` is not a fault: it is kept in `error`, and neither logged nor counted nor raised."""
    return Containment(what, about, foreseen if isinstance(foreseen, tuple) else (foreseen,))


def faults() -> list[ContainedFault]:
    """What was contained in this process, what failed last at the end. As many as there are literals in the code."""
    with _lock:
        return list(_faults.values())


_faults: dict[str, ContainedFault] = {}
_lock = threading.Lock()


def _count(what: str, error: Exception) -> None:
    from bridge.clock import now_ms

    while isinstance(error, ExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]  # a task group wraps what fails in it
    with _lock:
        before = _faults.pop(what, None)
        count = before.count + 1 if before else 1
        _faults[what] = ContainedFault(what, count, type(error).__name__, now_ms())


def _log(what: str, about: tuple[object, ...], error: Exception) -> None:
    """Only where a log is kept: without one, the standard library would print on the command line's stderr."""
    import logging

    from bridge.crash import describe

    log = logging.getLogger("koru.contained")
    if log.hasHandlers():
        log.error("a fault of ours, %s%s\n%s", what, "".join(f", {each}" for each in about), describe(error))
