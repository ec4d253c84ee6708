"""The contract of an injector: what a caller may ask, what it gets back, and the two ways to fail.

`Declined` is raised only while nothing of ours is in the target; after that there is a result or `Lost`. Select-all and
copy, in a field that the target declares `copyable`, count as no touch.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from types import TracebackType
from typing import Protocol, Self

from injectors.blockers import BlockerWord


class Level(IntEnum):
    """How far an action is proven: the tool was told, the target fetched the text, the text was read back equal."""

    SENT = 1
    DELIVERED = 2
    VERIFIED = 3


class InsertMethod(StrEnum):
    """How text gets in. Typing is the fallback: ASCII in the active layout, no tabs."""

    PASTE = "paste"
    TYPE = "type"


class ClipboardState(StrEnum):
    """What became of the operator's clipboard.

    `deferred`: the target has not fetched our text yet; the old contents return by themselves when it has.
    `changed_by_other`: another program copied meanwhile, so nothing was put back. `partial`: some formats are gone.
    `kept`: our text stays there, because the target may still need it and does not tell when it has it. `lost`: the old
    contents could not be put back.
    """

    UNTOUCHED = "untouched"
    RESTORED = "restored"
    PARTIAL = "partial"
    DEFERRED = "deferred"
    CHANGED_BY_OTHER = "changed_by_other"
    KEPT = "kept"
    LOST = "lost"


class InjectionError(Exception):
    """What is wrong (`message`), the registered word for it (`blocker`) and the next step (`hint`)."""

    def __init__(self, blocker: BlockerWord, message: str, hint: str) -> None:
        super().__init__(message)
        self.blocker = blocker
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.blocker}: {self.message}; next: {self.hint}"


class Declined(InjectionError):
    """The target was not touched: another injector may be tried."""


class Lost(InjectionError):
    """Something may have reached the target and cannot be proven: nothing may be sent again."""


@dataclass(frozen=True, slots=True)
class Missing:
    """Why an injector cannot run here, and what would change that (`packages`: Debian package names)."""

    blocker: BlockerWord
    message: str
    hint: str
    packages: tuple[str, ...] = ()

    def declined(self) -> Declined:
        return Declined(self.blocker, self.message, self.hint)


@dataclass(frozen=True, slots=True)
class InputField:
    """An input inside a window, as accessibility names it: role such as `entry`, and accessible name."""

    role: str
    name: str


@dataclass(frozen=True, slots=True)
class Click:
    """Pixels from a window's left and bottom edge: chat inputs keep to the bottom when a window grows.

    `holds_for`: the only width and height of the window for which the position is known; None for any size, because the
    field that was clicked is then proven by its accessible name.
    """

    left: int
    from_bottom: int
    holds_for: tuple[int, int] | None = None

    def position(self, width: int, height: int) -> tuple[int, int]:
        """From the top left of a window of this size. Raises Declined when outside, or not known for it."""
        if self.holds_for not in (None, (width, height)):
            message = f"the input was calibrated in a window of {self.holds_for}, this one is {(width, height)}"
            raise Declined(BlockerWord.FIELD_UNKNOWN, message, "give the window that size, or calibrate again")
        at = (self.left, height - self.from_bottom)
        if not (0 <= at[0] < width and 0 <= at[1] < height):
            message = f"the calibrated position {at} is outside the window of {width}x{height}"
            raise Declined(BlockerWord.FIELD_UNKNOWN, message, "make the window larger, or calibrate again")
        return at


@dataclass(frozen=True, slots=True)
class Target:
    """The window and field to act on. Every given property must match; `app` and `title` without regard to case.

    `app` is the X11 class or the Wayland app id, `title` a part of the window title, `window` the display's own id.
    `click` is where to click first to give the input the focus, where the desk can click.
    `copyable` says that select-all and copy is harmless in this field (a chat box, never a code editor).
    """

    pids: frozenset[int] = frozenset()
    app: str | None = None
    title: str | None = None
    window: int | None = None
    field: InputField | None = None
    click: Click | None = None
    copyable: bool = False


@dataclass(frozen=True, slots=True)
class FoundTarget:
    """What was found. `gap` is empty when check and key press are one step, else it says what can slip between."""

    injector: str
    window: int
    pid: int | None
    app: str
    title: str
    gap: str = ""
    field: InputField | None = None


@dataclass(frozen=True, slots=True)
class FieldText:
    """The field's own text, read by `source` (`accessibility` or `copy`)."""

    text: str
    source: str


@dataclass(frozen=True, slots=True)
class Inspection:
    """A look before anything is done. `refusal`: why no key may be pressed now, None when one may.

    `size`: the window's width and height in pixels, where it is known.
    """

    refusal: Declined | None
    field: InputField | None
    reading: FieldText | None
    size: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Inserted:
    """The text went in, proven up to `level`; `characters` counts code points."""

    level: Level
    method: InsertMethod
    characters: int
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Submitted:
    """Enter was pressed. `VERIFIED`: the field held our text before and is empty after. Never more than a readback."""

    level: Level
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EnterWithheld:
    """Enter was not pressed; what was inserted is still in the field."""

    blocker: BlockerWord
    message: str
    hint: str


@dataclass(frozen=True, slots=True)
class Restored:
    """How the desk was left: the clipboard, and whether unsubmitted text of ours stays in the field."""

    clipboard: ClipboardState
    text_left: bool
    notes: tuple[str, ...] = ()


class Stop:
    """Ends an injection before its next guarded step. Any thread may trip it; the first reason stays."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self._reason: str | None = None
        self._lock = threading.Lock()
        self.announce: Callable[[int, bool], None] = _unheard
        """Called with X keycode and direction before each key event of ours, so that a guard can tell them apart."""
        self.announce_click: Callable[[frozenset[tuple[int, int]]], None] = _unclicked
        """Called before each click of ours with the screen positions at which the pointer will be seen."""

    def trip(self, reason: str) -> None:
        with self._lock:
            self._reason = self._reason or reason
        self._event.set()

    @property
    def reason(self) -> str | None:
        return self._reason

    def wait(self, seconds: float) -> bool:
        """Wait at most `seconds`; True when tripped."""
        return self._event.wait(seconds)

    @property
    def refusal(self) -> Declined | None:
        """The Declined that `check` raises; None while not tripped."""
        if not self._event.is_set():
            return None
        return Declined(
            BlockerWord.STOPPED, f"stopped by {self._reason}", "start the drive again when the desk is free"
        )

    def check(self) -> None:
        """Raise `Declined` when tripped. Callers that have touched the target turn it into `Lost`."""
        refusal = self.refusal
        if refusal is not None:
            raise refusal


class Injection(Protocol):
    """One text for one place. Not thread-safe: calls come one after another, from any thread.

    The stop given to `locate` is looked at before every guarded step, which is a click, a chord or at most 8 typed
    characters, and in the waits for focus, for the fetch of the clipboard and for a reading of the field.
    """

    @property
    def place(self) -> FoundTarget: ...
    def insert(self, text: str, method: InsertMethod = InsertMethod.PASTE) -> Inserted:
        """Put `text` into the empty field. Raises Declined (nothing touched) or Lost."""

    def readback(self) -> FieldText | None:
        """The field's text now, or None when nothing here can read it."""

    def take_focus(self) -> InputField | None:
        """Bring the window to the front, click its calibrated input, and name the field that then has the focus.

        None: accessibility cannot name it. Raises Declined.
        """

    def submit(self, at_least: Level = Level.VERIFIED) -> Submitted | EnterWithheld:
        """Press Enter as a guarded step, if the insert reached `at_least`.

        Raises Lost when a key event fails half-way, be it Enter or one of the readback by copy.
        """

    def inspect(self) -> Inspection:
        """What stands in the way now. Touches nothing: no focus is asked for, no key pressed, no clipboard taken."""

    def restore(self, *, retract: bool = False) -> Restored:
        """Give the clipboard back and release keys. With `retract`: delete our unsubmitted text, if the field holds it
        and nothing else. Allowed at any time, also twice. What goes wrong is in the notes, not raised."""

    def __enter__(self) -> Self: ...
    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Restore, then close connections."""


class Injector(Protocol):
    """One way to act on one kind of desk. The same `needs` serves selector and doctor, so they cannot disagree."""

    id: str
    caution: str
    """Why another injector is better on the same desk; empty for the best."""

    def needs(self) -> Missing | None:
        """Why it cannot run here now, or None. Touches nothing, takes under a second."""

    def locate(self, target: Target, stop: Stop) -> Injection:
        """Find the one window that matches. Its focus is proven later, before every step. Raises Declined."""


def _unclicked(positions: frozenset[tuple[int, int]]) -> None:
    """The default without an operator guard, which alone needs to know our clicks."""


def _unheard(keycode: int, down: bool) -> None:
    """The default without an operator guard, which alone needs to know our key events."""
