"""Which reader a session offers."""

import importlib.util
from collections.abc import Mapping

from injectors.parts import Reader


def open_reader(environment: Mapping[str, str]) -> Reader | None:
    """A reader for this session's bus, or None where there is no bus or no D-Bus library."""
    address = environment.get("DBUS_SESSION_BUS_ADDRESS", "")
    runtime = environment.get("XDG_RUNTIME_DIR", "")
    if not address and runtime:
        address = f"unix:path={runtime}/bus"
    if not address or importlib.util.find_spec("jeepney") is None:
        return None
    from injectors.accessibility import AccessibilityReader

    return AccessibilityReader(address)
