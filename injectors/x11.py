"""X11 by python-xlib: our own clipboard owner, and keys pressed in the same server grab as the focus check."""

import importlib.util
from collections.abc import Mapping

from injectors.base import Injection, Missing, Stop, Target
from injectors.blockers import BlockerWord
from injectors.injection import DeskInjection
from injectors.readback import open_reader


class X11:
    """Pastes any Unicode up to `prompt.max_bytes`; proves which process fetched the text. The best choice on X11."""

    id = "x11"
    caution = ""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment

    def needs(self) -> Missing | None:
        return x11_missing(self._environment)

    def locate(self, target: Target, stop: Stop) -> Injection:
        if missing := self.needs():
            raise missing.declined()
        from injectors.focus import X11Desk
        from injectors.x11_clipboard import X11Clipboard
        from injectors.x11_display import X11Display
        from injectors.x11_keys import X11Keys
        from injectors.x11_pointer import X11Pointer

        name = self._environment["DISPLAY"]
        display = X11Display(name)
        try:
            return DeskInjection(
                self.id,
                target,
                stop,
                desk=X11Desk(display),
                keys=X11Keys(display, stop),
                clipboard=X11Clipboard(display, name, stop),
                reader=open_reader(self._environment),
                pointer=X11Pointer(display, stop),
            )
        except BaseException:
            display.close()
            raise


def x11_missing(environment: Mapping[str, str]) -> Missing | None:
    """What every X11 injector needs: a living display with XTEST, and python-xlib."""
    if importlib.util.find_spec("Xlib") is None:
        return Missing(
            BlockerWord.LIBRARY_MISSING, "python-xlib is not installed", "pip install 'koru-bridge[desktop]'"
        )
    if not environment.get("DISPLAY"):
        return Missing(BlockerWord.NO_DISPLAY, "DISPLAY is not set", "start the daemon inside the desktop session")
    from injectors.base import Declined
    from injectors.x11_display import X11Display

    try:
        display = X11Display(environment["DISPLAY"])
    except Declined as error:
        return Missing(error.blocker, error.message, error.hint)
    try:
        if display.raw.has_extension("XTEST"):
            return None
        return Missing(
            BlockerWord.DESK_UNSUPPORTED, "the X server has no XTEST extension", "enable XTEST in the server"
        )
    finally:
        display.close()
