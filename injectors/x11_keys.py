"""XTEST key events, each pressed in the same server grab as the check that allows it."""

from collections.abc import Callable

from Xlib import XK, X
from Xlib.error import XError
from Xlib.ext import xtest

from injectors.base import Declined, Lost, Stop
from injectors.blockers import BlockerWord
from injectors.parts import NEWLINE, Chord, type_chunk
from injectors.x11_display import X11Display, gone

_keysyms = {"Control_L": XK.XK_Control_L, "Shift_L": XK.XK_Shift_L, "Return": XK.XK_Return, "Right": XK.XK_Right}
_keysyms["BackSpace"] = XK.XK_BackSpace


class X11Keys:
    """Shares the desk's connection, so that the focus can be checked while the server serves no other client."""

    gap = ""

    def __init__(self, display: X11Display, stop: Stop) -> None:
        self._display, self._stop = display, stop
        self._held: list[int] = []
        self._layout = self._read_layout()

    def press(self, chord: Chord, guard: Callable[[], None]) -> None:
        codes = [self._code(name) for name in chord]
        self._guarded(guard, [codes])

    def typable(self, text: str) -> str | None:
        if self._group():
            return "a second keyboard layout is active, and typing knows the first only"
        strange = sorted({c for c in text if c != "\n" and ord(c) not in self._layout})
        if strange:
            listed = " ".join(f"U+{ord(c):04X}" for c in strange[:8])
            return f"the keyboard layout has no key for {listed}"
        return None

    def type(self, text: str, guard: Callable[[], None], advance: Callable[[int], None]) -> None:
        for start in range(0, len(text), type_chunk):
            chunk = text[start : start + type_chunk]
            self._guarded(guard, [self._stroke(character) for character in chunk])
            advance(start + len(chunk))

    def release(self) -> None:
        try:
            for code in reversed(self._held):
                self._fake(code, False)
            self._display.raw.sync()
        except gone:
            pass
        self._held.clear()

    def close(self) -> None:
        """The connection is the desk's."""

    def foretell(self, keys: Chord | str) -> None:
        """Announce what another program will press for a chord, or for a line of text."""
        strokes = [self._stroke(c) for c in keys] if isinstance(keys, str) else [[self._code(name) for name in keys]]
        for codes in strokes:
            for down in (True, False):
                for code in codes:
                    self._stop.announce(code, down)

    def _guarded(self, guard: Callable[[], None], strokes: list[list[int]]) -> None:
        pressed = False
        try:
            with self._display.server_grabbed():
                guard()
                pressed = True
                for codes in strokes:
                    self._stroke_codes(codes)
        except (XError, *gone) as error:
            message = f"the X display failed: {error}"
            hint = "look at the field; restart the daemon inside the desktop session"
            raise (Lost if pressed else Declined)(BlockerWord.DISPLAY_DEAD, message, hint) from error

    def _stroke_codes(self, codes: list[int]) -> None:
        for code in codes:
            self._held.append(code)
            self._fake(code, True)
        for code in reversed(codes):
            self._fake(code, False)
            self._held.remove(code)

    def _fake(self, code: int, down: bool) -> None:
        self._stop.announce(code, down)
        xtest.fake_input(self._display.raw, X.KeyPress if down else X.KeyRelease, code)

    def _stroke(self, character: str) -> list[int]:
        if character == "\n":
            return [self._code(name) for name in NEWLINE]
        code, shifted = self._layout[ord(character)]
        return [self._code("Shift_L"), code] if shifted else [code]

    def _code(self, name: str) -> int:
        keysym = _keysyms.get(name) or XK.string_to_keysym(name)
        code = self._display.raw.keysym_to_keycode(keysym)
        if not code:
            message = f"the keyboard layout has no key for {name}"
            raise Declined(BlockerWord.TEXT_UNSUPPORTED, message, "add a layout with Latin letters")
        return code

    def _group(self) -> int:
        return int(self._display.root.query_pointer().mask) >> 13 & 3

    def _read_layout(self) -> dict[int, tuple[int, bool]]:
        """Printable ASCII by code point: keycode and whether Shift is needed. Other levels are never typed."""
        info = self._display.raw.display.info
        first, count = info.min_keycode, info.max_keycode - info.min_keycode + 1
        layout: dict[int, tuple[int, bool]] = {}
        for offset, row in enumerate(self._display.raw.get_keyboard_mapping(first, count)):
            for level, keysym in enumerate(row[:2]):
                if 0x20 <= keysym < 0x7F:
                    layout.setdefault(keysym, (first + offset, bool(level)))
        return layout
