"""Every injector by the name under which the registry's files call it (`adapter`). Its module has the same name."""

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
"""Each is made from the environment of the desk that it acts on, `os.environ` as a rule."""
