"""The parts an injection is put together from: a display, keys, a pointer, a clipboard and a reader."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from injectors.base import ClipboardState, InputField, Target

type_chunk = 8
"""Characters typed per guarded step: the size for which no stray character was ever measured."""


@dataclass(frozen=True, slots=True)
class Window:
    """A top-level window: the display's id, its process, class or app id, and title."""

    id: int
    pid: int | None
    app: str
    title: str

    def matches(self, target: Target) -> bool:
        """Every property the target names, and at least one of them."""
        return (
            (target.window is None or target.window == self.id)
            and (not target.pids or self.pid in target.pids)
            and (target.app is None or target.app.casefold() == self.app.casefold())
            and (target.title is None or target.title.casefold() in self.title.casefold())
        )


class Chord(tuple[str, ...]):
    """Keys pressed together, by X keysym name, modifiers first."""

    __slots__ = ()


PASTE = Chord(("Control_L", "v"))
COPY = Chord(("Control_L", "c"))
SELECT_ALL = Chord(("Control_L", "a"))
DELETE = Chord(("BackSpace",))
NEWLINE = Chord(("Shift_L", "Return"))
SUBMIT = Chord(("Return",))
COLLAPSE = Chord(("Right",))


class Display(Protocol):
    """Windows and focus of one display."""

    def windows(self) -> list[Window]:
        """Every top-level window. Raises Declined when the display is gone."""

    def activate(self, window: Window) -> None:
        """Ask for the focus; returns at once."""

    def prove(self, window: Window) -> None:
        """Raise Declined unless a key pressed now goes to this window and nothing alters it."""

    def close(self) -> None: ...


class Keys(Protocol):
    """Key events. `guard` is called before each step; when it raises Declined, that step is not taken."""

    gap: str
    """What can slip between guard and press; empty when they are one step."""

    def press(self, chord: Chord, guard: Callable[[], None]) -> None: ...
    def typable(self, text: str) -> str | None:
        """Why `text` cannot be typed here, or None."""

    def type(self, text: str, guard: Callable[[], None], advance: Callable[[int], None]) -> None:
        """Type in guarded chunks; `advance` is told the characters pressed so far, before the next chunk."""

    def release(self) -> None:
        """Release every key that we still hold down."""

    def close(self) -> None: ...


class Pointer(Protocol):
    """Clicks inside a window of this display's id."""

    def size(self, xid: int) -> tuple[int, int]: ...
    def click(self, xid: int, at: tuple[int, int], guard: Callable[[], None]) -> None:
        """Click at pixels from the window's top left. Raises Declined when nothing was clicked."""


class Clipboard(Protocol):
    """The desk's clipboard, taken for one injection and given back by `restore`."""

    def take(self, text: str) -> None:
        """Save every format, then offer `text`. Raises Declined when saving or owning fails."""

    def mark(self, pid: int | None) -> None:
        """From now on, count fetches by process `pid` that begin after this call; None: by any process."""

    def prove(self) -> None:
        """Raise Declined unless a paste now would give our text."""

    def fetched(self, seconds: float) -> bool | None:
        """Whether the whole text was fetched since the mark, waiting up to `seconds`; None: cannot be known."""

    def copied(self, pid: int | None, press: Callable[[], None], seconds: float) -> str | None:
        """What `press` made process `pid` copy within `seconds`, or None. Afterwards it offers our text again."""

    def restore(self, *, owed: bool) -> ClipboardState:
        """Put everything back. `owed`: the target may still fetch our text, so only after it has."""

    def close(self) -> None: ...


class Reader(Protocol):
    """Reads the focused field of a process without touching it."""

    def sees(self, pid: int) -> bool:
        """Whether the process shows itself to accessibility at all."""

    def field(self, pid: int) -> InputField | None: ...
    def text(self, pid: int) -> str | None: ...
    def close(self) -> None: ...
