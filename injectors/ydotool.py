"""ydotool: key codes straight to the kernel. Its command lines are tested; no key of it was seen to reach a desktop.

Its two generations take different words for the same key and exit 0 on the wrong ones, so the help text is read first.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from pathlib import Path

from injectors.base import Injection, Missing, Stop, Target
from injectors.blockers import BlockerWord
from injectors.evdev_keys import CODES, chord_codes, us_keys
from injectors.injection import DeskInjection
from injectors.parts import Chord, Clipboard, Display
from injectors.readback import open_reader
from injectors.tool import missing, words
from injectors.tool_clipboard import WAYLAND, ToolClipboard
from injectors.tool_keys import ToolKeys
from injectors.wayland_desk import open_desk, wayland_missing
from injectors.x11 import x11_missing

_names = {"Control_L": "ctrl", "Shift_L": "shift", "Return": "enter", "BackSpace": "backspace", "Right": "right"}
_gap = "ydotool starts after the focus check (10 ms and more), and the focus can move meanwhile"


class Generation(StrEnum):
    """0.1.x takes key names and a stream socket, 1.x key codes and a datagram socket."""

    NAMES = "0.1"
    CODES = "1"


class Ydotool:
    """Assumes a US layout. Proves the focus and takes the clipboard as the other injectors of X11 or Wayland do."""

    id = "ydotool"
    caution = (
        "protocol-tested only; x11 and wayland_keyboard are better: they need no daemon with rights on /dev/uinput"
    )

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment

    def needs(self) -> Missing | None:
        lack = missing(self._environment, {"ydotool": "ydotool"}) or self._desk_missing()
        if lack is not None:
            return lack
        found = generation(self._environment)
        if found is None:
            message = "this ydotool is neither 0.1 nor 1.x by its own help text"
            return Missing(BlockerWord.TOOL_VERSION, message, "install ydotool 1.x", ("ydotool",))
        return _daemon_missing(found, self._environment)

    def locate(self, target: Target, stop: Stop) -> Injection:
        if lack := self.needs():
            raise lack.declined()
        names = generation(self._environment) is Generation.NAMES
        desk, clipboard = self._open_desk(stop)
        return DeskInjection(
            self.id,
            target,
            stop,
            desk=desk,
            keys=ToolKeys(self._environment, named if names else coded, None if names else coded_text, gap=_gap),
            clipboard=clipboard,
            reader=open_reader(self._environment),
        )

    def _desk_missing(self) -> Missing | None:
        if self._environment.get("WAYLAND_DISPLAY"):
            tools = {"wl-copy": "wl-clipboard", "wl-paste": "wl-clipboard"}
            return wayland_missing(self._environment) or missing(self._environment, tools)
        return x11_missing(self._environment)

    def _open_desk(self, stop: Stop) -> tuple[Display, Clipboard]:
        if self._environment.get("WAYLAND_DISPLAY"):
            return open_desk(self._environment), ToolClipboard(WAYLAND, self._environment)
        from injectors.focus import X11Desk
        from injectors.x11_clipboard import X11Clipboard
        from injectors.x11_display import X11Display

        name = self._environment["DISPLAY"]
        display = X11Display(name)
        return X11Desk(display), X11Clipboard(display, name, stop)


def generation(environment: Mapping[str, str]) -> Generation | None:
    """The version by its help text: only 1.x knows YDOTOOL_SOCKET, only 0.1 has a recorder."""
    said = words(("ydotool", "--help"), environment)
    if "YDOTOOL_SOCKET" in said:
        return Generation.CODES
    return Generation.NAMES if "recorder" in said else None


def socket_path(found: Generation, environment: Mapping[str, str]) -> Path:
    """Where the client of that generation looks for its daemon."""
    if found is Generation.CODES and "YDOTOOL_SOCKET" in environment:
        return Path(environment["YDOTOOL_SOCKET"])
    if found is Generation.CODES and "XDG_RUNTIME_DIR" in environment:
        return Path(environment["XDG_RUNTIME_DIR"]) / ".ydotool_socket"
    return Path("/tmp/.ydotool_socket")  # noqa: S108 - fixed in the client


def named(chord: Chord) -> Sequence[str]:
    """A chord in the words of 0.1."""
    return ("ydotool", "key", "--delay", "0", "+".join(_names.get(name, name) for name in chord))


def coded(chord: Chord) -> Sequence[str]:
    """A chord in the words of 1.x."""
    return ("ydotool", "key", *_down_up(chord_codes(chord)))


def coded_text(text: str) -> Sequence[str]:
    """ASCII as key codes for 1.x, whose own `type` takes backslashes for escapes."""
    layout = us_keys()
    codes = [[CODES["Shift_L"], layout[c][0]] if layout[c][1] else [layout[c][0]] for c in text]
    return ("ydotool", "key", "-d", "2", *(word for stroke in codes for word in _down_up(stroke)))


def _down_up(codes: list[int]) -> list[str]:
    return [f"{code}:1" for code in codes] + [f"{code}:0" for code in reversed(codes)]


def _daemon_missing(
    found: Generation, environment: Mapping[str, str], access: Callable[[str, int], bool] = os.access
) -> Missing | None:
    path = socket_path(found, environment)
    if path.is_socket() or (found is Generation.NAMES and access("/dev/uinput", os.W_OK)):
        return None
    message = f"no ydotoold at {path}, and /dev/uinput may not be written"
    return Missing(BlockerWord.PERMISSION_MISSING, message, "start ydotoold with rights on /dev/uinput", ("ydotoold",))
