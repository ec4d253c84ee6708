"""What the registry comes to on this machine: scope and dependencies applied, so that chooser and doctor read the same.

What is built but cannot be had here becomes `ruled_out`, with the reason.
"""

import sys
from collections.abc import Mapping
from dataclasses import replace

from registry.load import Registry
from registry.model import Interface, Platform

_NAMES: dict[str, Platform] = {"darwin": "macos", "win32": "windows"}


def platform(name: str = sys.platform) -> Platform:
    """Every other Unix is taken for Linux: it has the same desktops."""
    return _NAMES.get(name, "linux")


def here(registry: Registry, where: Platform | None = None) -> Registry:
    """The registry as it stands on this platform."""
    where = where or platform()
    standing = {id_: _scoped(interface, where) for id_, interface in registry.interfaces.items()}
    # A chain of dependencies is at most as long as there are interfaces; a ring comes to rest as well.
    for _ in standing:
        before = standing
        standing = {id_: _dependent(interface, before) for id_, interface in before.items()}
        if standing == before:
            break
    return replace(registry, interfaces=standing)


def _scoped(interface: Interface, where: Platform) -> Interface:
    if interface.status != "built" or where in (interface.scope.platforms or (where,)):
        return interface
    return _ruled_out(interface, f"it is for {', '.join(interface.scope.platforms)}, this is {where}")


def _dependent(interface: Interface, standing: Mapping[str, Interface]) -> Interface:
    if interface.status != "built":
        return interface
    for id_ in interface.depends_on:
        needed = standing.get(id_)
        if needed is None:
            return _ruled_out(interface, f"it depends on {id_}, which is not in the registry")
        if needed.status != "built":
            return _ruled_out(interface, f"it depends on {id_}, which is {needed.status}: {needed.status_reason}")
    return interface


def _ruled_out(interface: Interface, reason: str) -> Interface:
    return interface.model_copy(update={"status": "ruled_out", "status_reason": reason})
