"""What policy says of one interface for one drive. `bridge.policy` decides it, and the drive machine obeys it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from registry.model import Interface

Decision = Literal["allow", "ask", "deny"]


@dataclass(frozen=True, slots=True)
class Permission:
    """`blocker` names why not, where the decision is `deny`."""

    decision: Decision
    reason: str = ""
    blocker: str | None = None


ALLOWED = Permission("allow")
Permit = Callable[[Interface], Permission]


def allow_all(interface: Interface) -> Permission:
    """No policy: every interface may act."""
    return ALLOWED
