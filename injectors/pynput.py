"""pynput types on macOS and Windows: ASCII, guarded in chunks, never more than sent. Reported: tried on X11 alone."""

import importlib.util
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

from injectors.base import Injection, Lost, Missing, Stop, Target
from injectors.blockers import BlockerWord
from injectors.front_window import FrontWindowDesk, front_of
from injectors.injection import DeskInjection
from injectors.parts import NEWLINE, Chord, type_chunk

_names = {"Shift_L": "shift", "Control_L": "ctrl", "Return": "enter", "BackSpace": "backspace", "Right": "right"}
_pace_seconds = 0.002
_gap = "the system has no step that checks the focus and presses a key at once: it can move in between"


class Pynput:
    """Types into the window in front. It cannot read the field, so Enter needs `submit_at_least: sent`."""

    id = "pynput"
    caution = "nothing is read back here; the plugin is better"

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment

    def needs(self) -> Missing | None:
        if front_of() is None:
            message = f"pynput is for macOS and Windows; on {sys.platform} others know the focus"
            return Missing(BlockerWord.DESK_UNSUPPORTED, message, "use os_injector_x11 or os_injector_wayland_keyboard")
        return _library_missing() or _right_missing()

    def locate(self, target: Target, stop: Stop) -> Injection:
        front = front_of()
        lack = self.needs()
        if lack is not None or front is None:
            raise (lack or _unsupported).declined()
        from pynput.keyboard import Controller  # type: ignore[import-untyped]

        return DeskInjection(
            self.id,
            target,
            stop,
            desk=FrontWindowDesk(front),
            keys=PynputKeys(Controller()),
            clipboard=None,
            reader=None,
        )


class PynputKeys:
    """`controller` is pynput's keyboard."""

    gap = _gap

    def __init__(self, controller: Any) -> None:
        self._controller = controller
        self._held: list[Any] = []

    def press(self, chord: Chord, guard: Callable[[], None]) -> None:
        guard()
        self._strike(chord)

    def typable(self, text: str) -> str | None:
        strange = sorted({c for c in text if c != "\n" and not " " <= c <= "~"})
        return f"only printable ASCII is typed, not U+{ord(strange[0]):04X}" if strange else None

    def type(self, text: str, guard: Callable[[], None], advance: Callable[[int], None]) -> None:
        for start in range(0, len(text), type_chunk):
            chunk = text[start : start + type_chunk]
            guard()
            for character in chunk:
                self._strike(NEWLINE if character == "\n" else Chord((character,)))
            advance(start + len(chunk))

    def release(self) -> None:
        while self._held:
            self._controller.release(self._held.pop())

    def close(self) -> None:
        """The controller holds nothing but what `release` lets go of."""

    def _strike(self, chord: Chord) -> None:
        from pynput.keyboard import Controller, Key

        try:
            for name in chord:
                key = getattr(Key, _names[name]) if name in _names else name
                self._held.append(key)
                self._controller.press(key)
            while self._held:
                self._controller.release(self._held[-1])
                self._held.pop()
        except (Controller.InvalidKeyException, Controller.InvalidCharacterException, OSError) as error:
            message = f"pynput failed: {type(error).__name__}"
            raise Lost(BlockerWord.TOOL_FAILED, message, "look at the field before anything is sent") from error
        time.sleep(_pace_seconds)


def _library_missing() -> Missing | None:
    if importlib.util.find_spec("pynput") is None:
        return Missing(BlockerWord.LIBRARY_MISSING, "pynput is not installed", "pip install 'koru-bridge[desktop]'")
    return None


def _right_missing(platform: str = sys.platform) -> Missing | None:
    """macOS drops our keys in silence without the right to control the computer."""
    if platform != "darwin":
        return None
    from HIServices import AXIsProcessTrusted  # type: ignore[import-not-found, unused-ignore]

    if AXIsProcessTrusted():
        return None
    message = "macOS does not let this process press keys"
    hint = "System Settings, Privacy & Security, Accessibility: allow the program that started the daemon"
    return Missing(BlockerWord.PERMISSION_MISSING, message, hint)


_unsupported = Missing(
    BlockerWord.DESK_UNSUPPORTED, "this system does not say which window is in front", "use the plugin"
)
