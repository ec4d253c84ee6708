"""xdotool presses the keys; focus proof and clipboard are our own (python-xlib). For servers where x11's keys fail."""

from collections.abc import Mapping, Sequence

from injectors.base import Injection, Missing, Stop, Target
from injectors.injection import DeskInjection
from injectors.parts import Chord
from injectors.readback import open_reader
from injectors.tool import missing
from injectors.tool_keys import ToolKeys
from injectors.x11 import x11_missing

_names = {"Control_L": "ctrl", "Shift_L": "shift"}


class Xdotool:
    """Pastes like `x11`, but check and press are two steps."""

    id = "xdotool"
    caution = "x11 is better: with xdotool the focus can be stolen between the check and the key press"

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment

    def needs(self) -> Missing | None:
        return missing(self._environment, {"xdotool": "xdotool"}) or x11_missing(self._environment)

    def locate(self, target: Target, stop: Stop) -> Injection:
        if lack := self.needs():
            raise lack.declined()
        from injectors.focus import X11Desk
        from injectors.x11_clipboard import X11Clipboard
        from injectors.x11_display import X11Display
        from injectors.x11_keys import X11Keys

        name = self._environment["DISPLAY"]
        display = X11Display(name)
        gap = "xdotool starts after the focus check (about 10 ms), and the focus can move meanwhile"
        try:
            return DeskInjection(
                self.id,
                target,
                stop,
                desk=X11Desk(display),
                keys=ToolKeys(self._environment, _chord, _text, gap=gap, foretell=X11Keys(display, stop).foretell),
                clipboard=X11Clipboard(display, name, stop),
                reader=open_reader(self._environment),
            )
        except BaseException:
            display.close()
            raise


def _chord(chord: Chord) -> Sequence[str]:
    return ("xdotool", "key", "--", "+".join(_names.get(name, name) for name in chord))


def _text(text: str) -> Sequence[str]:
    return ("xdotool", "type", "--delay", "12", "--", text)
