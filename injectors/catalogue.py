"""Every injector by its registry id. An adapter's file has the same name."""

from collections.abc import Callable, Mapping

from injectors.base import Injector
from injectors.clipboard import ClipboardInjector
from injectors.pynput import Pynput
from injectors.wayland_keyboard import WaylandKeyboard
from injectors.wtype import Wtype
from injectors.x11 import X11
from injectors.xdotool import Xdotool
from injectors.ydotool import Ydotool

CATALOGUE: dict[str, Callable[[Mapping[str, str]], Injector]] = {
    "x11": X11,
    "xdotool": Xdotool,
    "wayland_keyboard": WaylandKeyboard,
    "wtype": Wtype,
    "ydotool": Ydotool,
    "pynput": Pynput,
    "clipboard": ClipboardInjector,
}
"""Made from the environment of the desk they shall act on, `os.environ` as a rule."""
