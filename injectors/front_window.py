"""The window in front on macOS and Windows, as the system names it. Written by the systems' documents, untried."""

import ctypes
import sys
from collections.abc import Callable
from typing import Any

from injectors.base import Declined
from injectors.blockers import BlockerWord
from injectors.parts import Window

Front = Callable[[], Window | None]
_title_characters = 512


class FrontWindowDesk:
    """A `Display` of one window: the one in front, which `front` gives (None: there is none). Moves no focus."""

    def __init__(self, front: Front) -> None:
        self._front = front

    def windows(self) -> list[Window]:
        found = self._front()
        return [found] if found else []

    def activate(self, window: Window) -> None:
        """Does nothing: the operator has to bring the window to the front."""

    def prove(self, window: Window) -> None:
        found = self._front()
        if found is None or (found.id, found.pid) != (window.id, window.pid):
            named = f"'{found.title or found.app}'" if found else "no window"
            message = f"in front is {named}, wanted '{window.title or window.app}'"
            raise Declined(BlockerWord.FOCUS_ELSEWHERE, message, "bring the window to the front")

    def close(self) -> None:
        """Nothing is open."""


def front_of(platform: str = sys.platform) -> Front | None:
    """How this system says which window is in front; None where another injector knows better."""
    return {"darwin": _front_on_macos, "win32": _front_on_windows}.get(platform)


def _front_on_macos() -> Window | None:
    import Quartz  # type: ignore[import-not-found, unused-ignore]
    from AppKit import NSWorkspace  # type: ignore[import-not-found, unused-ignore]

    application = NSWorkspace.sharedWorkspace().frontmostApplication()
    if application is None:
        return None
    pid = int(application.processIdentifier())
    options = Quartz.kCGWindowListOptionOnScreenOnly | Quartz.kCGWindowListExcludeDesktopElements
    listed: list[Any] = Quartz.CGWindowListCopyWindowInfo(options, Quartz.kCGNullWindowID) or []
    for each in listed:  # front to back
        if each["kCGWindowOwnerPID"] == pid and each["kCGWindowLayer"] == 0:
            title = str(each.get("kCGWindowName") or "")
            return Window(int(each["kCGWindowNumber"]), pid, str(application.localizedName()), title)
    return None


def _front_on_windows() -> Window | None:
    user32: Any = getattr(ctypes, "windll").user32  # noqa: B009 - elsewhere the name is not there
    handle = int(user32.GetForegroundWindow() or 0)
    if not handle:
        return None
    pid = ctypes.c_ulong()
    user32.GetWindowThreadProcessId(handle, ctypes.byref(pid))
    title, app = (ctypes.create_unicode_buffer(_title_characters) for _ in range(2))
    user32.GetWindowTextW(handle, title, _title_characters)
    user32.GetClassNameW(handle, app, _title_characters)
    return Window(handle, int(pid.value), app.value, title.value)
