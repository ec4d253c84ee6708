"""Which compositor this is, and how its focus can be known."""

from collections.abc import Mapping

from injectors.base import Missing
from injectors.blockers import BlockerWord
from injectors.hyprland import HyprlandDesk, socket_path
from injectors.parts import Display

gap = "Wayland has no step that checks the focus and presses a key at once: it can move in between"

_closed = {
    "GNOME": "GNOME tells no outside program which window has the focus, and Mutter has no virtual keyboards",
    "KDE": "KWin tells no outside program which window has the focus, and has no virtual keyboards for it",
}
_route = (
    "use the IDE plugin, or log in to an X11 session; the route for this desktop would be the portal RemoteDesktop "
    "(libei) with its consent dialog for the keys, not built here, and the focus would stay unproven"
)


def wayland_missing(environment: Mapping[str, str]) -> Missing | None:
    """Why focus cannot be proven on this Wayland desk, or None."""
    if not environment.get("WAYLAND_DISPLAY"):
        hint = "start the daemon inside the Wayland session"
        return Missing(BlockerWord.NO_DISPLAY, "WAYLAND_DISPLAY is not set", hint)
    if environment.get("SWAYSOCK"):
        return None
    hyprland = socket_path(environment)
    if hyprland is not None:
        if hyprland.is_socket():
            return None
        message = f"Hyprland's socket {hyprland} is not there"
        return Missing(BlockerWord.DISPLAY_DEAD, message, "restart the daemon inside the Hyprland session")
    desktop = environment.get("XDG_CURRENT_DESKTOP", "")
    for name, reason in _closed.items():
        if name in desktop.upper():
            return Missing(BlockerWord.DESK_UNSUPPORTED, reason, _route)
    message = f"the focus of the compositor '{desktop or 'unknown'}' cannot be read"
    return Missing(BlockerWord.DESK_UNSUPPORTED, message, _route)


def open_desk(environment: Mapping[str, str]) -> Display:
    """The desk, after `wayland_missing` found nothing."""
    hyprland = socket_path(environment)
    if not environment.get("SWAYSOCK") and hyprland is not None:
        return HyprlandDesk(hyprland)
    from injectors.sway import SwayDesk

    return SwayDesk(environment["SWAYSOCK"])
