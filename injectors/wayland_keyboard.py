"""Wayland compositors with virtual keyboards (sway and kin): paste by Ctrl+V from a keyboard of our own."""

import time
from collections.abc import Callable, Mapping

from injectors.base import Declined, Injection, Lost, Missing, Stop, Target
from injectors.blockers import BlockerWord
from injectors.evdev_keys import CODES, chord_codes, us_keys
from injectors.injection import DeskInjection
from injectors.parts import NEWLINE, Chord, type_chunk
from injectors.readback import open_reader
from injectors.tool import missing
from injectors.tool_clipboard import WAYLAND, ToolClipboard
from injectors.wayland_desk import gap, open_desk, wayland_missing
from injectors.wayland_wire import VirtualKeyboard, WireFailed

_pace_seconds = 0.001
"""Between keys: without a pause a target was seen to lose its connection while 10 KB were typed."""


class WaylandKeyboard:
    """Proves the focus over the compositor's IPC; who fetched the clipboard cannot be known."""

    id = "wayland_keyboard"
    caution = ""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment

    def needs(self) -> Missing | None:
        lack = wayland_missing(self._environment) or missing(
            self._environment, {"wl-copy": "wl-clipboard", "wl-paste": "wl-clipboard"}
        )
        if lack is not None:
            return lack
        try:
            VirtualKeyboard(self._environment).close()
        except Declined as error:
            return Missing(error.blocker, error.message, error.hint)
        return None

    def locate(self, target: Target, stop: Stop) -> Injection:
        if lack := self.needs():
            raise lack.declined()
        keys = VirtualKeys(VirtualKeyboard(self._environment), stop)
        try:
            return DeskInjection(
                self.id,
                target,
                stop,
                desk=open_desk(self._environment),
                keys=keys,
                clipboard=ToolClipboard(WAYLAND, self._environment),
                reader=open_reader(self._environment),
            )
        except BaseException:
            keys.close()
            raise


class VirtualKeys:
    """Chords and US ASCII on one virtual keyboard for the whole injection: the first keys of a new one get lost."""

    gap = gap

    def __init__(self, keyboard: VirtualKeyboard, stop: Stop) -> None:
        self._keyboard, self._stop = keyboard, stop
        self._layout = us_keys()

    def press(self, chord: Chord, guard: Callable[[], None]) -> None:
        self._guarded(guard, [chord_codes(chord)])

    def typable(self, text: str) -> str | None:
        strange = sorted({c for c in text if c != "\n" and c not in self._layout})
        return f"a US keyboard has no key for U+{ord(strange[0]):04X}" if strange else None

    def type(self, text: str, guard: Callable[[], None], advance: Callable[[int], None]) -> None:
        for start in range(0, len(text), type_chunk):
            chunk = text[start : start + type_chunk]
            self._guarded(guard, [self._codes(character) for character in chunk])
            advance(start + len(chunk))

    def release(self) -> None:
        """Every stroke releases its keys; the compositor drops a keyboard that went away."""

    def close(self) -> None:
        self._keyboard.close()

    def _codes(self, character: str) -> list[int]:
        if character == "\n":
            return chord_codes(NEWLINE)
        code, shifted = self._layout[character]
        return [CODES["Shift_L"], code] if shifted else [code]

    def _guarded(self, guard: Callable[[], None], strokes: list[list[int]]) -> None:
        guard()
        try:
            for codes in strokes:
                self._keyboard.stroke(codes)
                time.sleep(_pace_seconds)
            self._keyboard.sync()
        except WireFailed as error:
            hint = "look at the field; restart the daemon inside the Wayland session"
            raise Lost(BlockerWord.DISPLAY_DEAD, f"the compositor failed: {error}", hint) from error
