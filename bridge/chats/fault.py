"""What is wrong with a store, in the words of its observer; an observer that crashes is one fault among others."""

from __future__ import annotations

from dataclasses import dataclass

from observers.base import ObserverError, Store


@dataclass(frozen=True, slots=True)
class Fault:
    """`reason` is a word of `observers.base.Reason`, or `crashed`. `where`: a path, perhaps with line or key."""

    observer: str
    where: str
    reason: str
    message: str
    hint: str | None = None

    def __str__(self) -> str:
        place = self.where or self.observer
        return f"{place}: {self.message} [{self.reason}]"

    def row(self) -> dict[str, object]:
        """The fault as a JSON object."""
        return {
            "store": self.observer,
            "where": self.where,
            "reason": self.reason,
            "message": self.message,
            "hint": self.hint,
        }


def fault_of(observer: str, error: Exception, store: Store | None = None) -> Fault:
    """The fault for what an observer raised. The text of a foreign exception is left out: it may quote a chat."""
    place = "" if store is None else str(store.path)
    if isinstance(error, ObserverError):
        return Fault(observer, error.where or place, error.reason.value, error.message, error.hint)
    message = f"the observer {observer} failed with {type(error).__name__}"
    return Fault(observer, place, "crashed", message, "this is a bug of ours: please report it")
