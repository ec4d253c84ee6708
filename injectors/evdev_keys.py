"""Key codes of the kernel (linux/input-event-codes.h) at their places on a US keyboard."""

from injectors.parts import Chord

CODES = {"Control_L": 29, "Shift_L": 42, "Return": 28, "BackSpace": 14, "Right": 106, "a": 30, "c": 46, "v": 47}

_rows = {
    2: "1!2@3#4$5%6^7&8*9(0)-_=+",
    16: "qQwWeErRtTyYuUiIoOpP[{]}",
    30: "aAsSdDfFgGhHjJkKlL;:'\"`~",
    43: "\\|zZxXcCvVbBnNmM,<.>/?",
    57: "  ",
}


def chord_codes(chord: Chord) -> list[int]:
    return [CODES[name] for name in chord]


def us_keys() -> dict[str, tuple[int, bool]]:
    """Printable ASCII: key code and whether Shift is needed."""
    keys: dict[str, tuple[int, bool]] = {}
    for first, row in _rows.items():
        for index, character in enumerate(row):
            keys.setdefault(character, (first + index // 2, bool(index % 2)))
    return keys
