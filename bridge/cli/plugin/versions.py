"""Versions of the plugin: what is installed beside what this Koru brings, and what connected windows run."""

from bridge.client import Client
from bridge.protocol.errors import BridgeError, Reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def state_of(installed: str | None, bundled: str) -> str:
    """`missing`, `current` or `different`."""
    if installed is None:
        return "missing"
    return "current" if installed == bundled else "different"


def connected() -> "list[dict[str, Any]] | None":
    """The daemon's sessions; None where no daemon runs."""
    try:
        with Client.connect() as client:
            sessions: list[dict[str, Any]] = client.request("sessions/list", {})["sessions"]
    except BridgeError as error:
        if error.reason is Reason.DAEMON_NOT_RUNNING:
            return None
        raise
    return sessions
