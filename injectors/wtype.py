"""wtype presses the keys on a Wayland compositor with virtual keyboards. Paste only."""

from collections.abc import Mapping, Sequence

from injectors.base import Injection, Missing, Stop, Target
from injectors.injection import DeskInjection
from injectors.parts import Chord
from injectors.readback import open_reader
from injectors.tool import missing
from injectors.tool_clipboard import WAYLAND, ToolClipboard
from injectors.tool_keys import ToolKeys
from injectors.wayland_desk import gap, open_desk, wayland_missing

_modifiers = {"Control_L": "ctrl", "Shift_L": "shift"}
_settle_milliseconds = "50"


class Wtype:
    """wtype makes a keyboard for each chord. Programs may miss its first key, so it waits 50 ms before it presses."""

    id = "wtype"
    caution = "wayland_keyboard is better: GTK programs ignore the paste keys of wtype, which sit at invented positions"

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment

    def needs(self) -> Missing | None:
        tools = {"wtype": "wtype", "wl-copy": "wl-clipboard", "wl-paste": "wl-clipboard"}
        return wayland_missing(self._environment) or missing(self._environment, tools)

    def locate(self, target: Target, stop: Stop) -> Injection:
        if lack := self.needs():
            raise lack.declined()
        return DeskInjection(
            self.id,
            target,
            stop,
            desk=open_desk(self._environment),
            keys=ToolKeys(self._environment, _chord, None, gap=gap),
            clipboard=ToolClipboard(WAYLAND, self._environment),
            reader=open_reader(self._environment),
        )


def _chord(chord: Chord) -> Sequence[str]:
    *held, last = chord
    words = ["wtype", "-s", _settle_milliseconds]
    for name in held:
        words += ["-M", _modifiers[name]]
    words += ["-k", last]
    for name in reversed(held):
        words += ["-m", _modifiers[name]]
    return words
