"""The order of steps every desk injection keeps: prove focus, check for a draft, insert, read back, submit, restore."""

import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from injectors import prompt
from injectors.base import (
    ClipboardState,
    Declined,
    EnterWithheld,
    FieldText,
    FoundTarget,
    InputField,
    Inserted,
    InsertMethod,
    Inspection,
    Level,
    Lost,
    Restored,
    Stop,
    Submitted,
    Target,
)
from injectors.blockers import BlockerWord
from injectors.parts import (
    COLLAPSE,
    COPY,
    DELETE,
    PASTE,
    SELECT_ALL,
    SUBMIT,
    Chord,
    Clipboard,
    Display,
    Keys,
    Pointer,
    Reader,
    Window,
)

_focus_seconds = 2.0
_fetch_seconds = 5.0
_settle_seconds = 4.0
_settle_characters = 20_000
"""Characters for which a field may stay still one second longer: a browser shows nothing until all is laid out."""

_still_seconds, _still_reads = 0.5, 5
"""For how long, and how often, the same field must be named before a click counts as done."""

_verify_seconds = 60.0
_copy_seconds = 1.0
_poll_seconds = 0.01
_passing = frozenset({BlockerWord.FOCUS_ELSEWHERE, BlockerWord.MODIFIER_HELD, BlockerWord.KEYBOARD_GRABBED})


def find(desk: Display, target: Target) -> Window:
    """The one window that matches. Raises Declined for none, for several, and for a target that names nothing."""
    if target.window is None and not target.pids and target.app is None and target.title is None:
        message = "the target names no window, process, class or title"
        raise Declined(BlockerWord.TARGET_UNSPECIFIED, message, "name at least one of them")
    found = [window for window in desk.windows() if window.matches(target)]
    if not found:
        raise Declined(
            BlockerWord.TARGET_MISSING, f"no window matches {target}", "open the window, or correct the target"
        )
    if len(found) > 1:
        names = "; ".join(f"{w.id:#x} pid {w.pid} {w.app} '{w.title}'" for w in found)
        message = f"{len(found)} windows match: {names}"
        raise Declined(BlockerWord.TARGET_AMBIGUOUS, message, "name one of them by window id or title")
    return found[0]


class DeskInjection:
    """One text into one field, by the parts that this desk has. Without `clipboard` it types, without `reader` only a
    copy reads the field, without `pointer` it cannot click."""

    def __init__(
        self,
        injector: str,
        target: Target,
        stop: Stop,
        *,
        desk: Display,
        keys: Keys,
        clipboard: Clipboard | None,
        reader: Reader | None,
        pointer: Pointer | None = None,
    ) -> None:
        self._target, self._stop = target, stop
        self._desk, self._keys, self._clipboard, self._reader = desk, keys, clipboard, reader
        self._pointer = pointer
        self._window = window = find(desk, target)
        field = reader.field(window.pid) if reader and window.pid else None
        self.place = FoundTarget(injector, window.id, window.pid, window.app, window.title, keys.gap, field)
        self._text: str | None = None
        self._level = Level.SENT
        self._touched = self._submitted = self._owed = self._readable = False
        self._state = ClipboardState.UNTOUCHED
        self._notes: list[str] = []

    def insert(self, text: str, method: InsertMethod = InsertMethod.PASTE) -> Inserted:
        prompt.check(text)
        if self._touched:
            raise Lost(BlockerWord.INPUT_BUSY, "this injection has already acted once", "locate the target again")
        if method is InsertMethod.TYPE or self._clipboard is None:
            method = InsertMethod.TYPE
            if reason := self._keys.typable(text):
                raise Declined(BlockerWord.TEXT_UNSUPPORTED, reason, "use the paste method")
        self._take_focus()
        self._click_field()
        if method is InsertMethod.PASTE and self._clipboard is not None:
            self._clipboard.take(text)
            self._state = ClipboardState.DEFERRED
        self._check_draft()
        self._text = text
        self._level = self._paste(text) if method is InsertMethod.PASTE else self._type(text)
        self._verify(text)
        return Inserted(self._level, method, len(text), tuple(self._notes))

    def readback(self) -> FieldText | None:
        if self._reader is not None and self.place.pid is not None:
            text = self._reader.text(self.place.pid)
            if text is not None:
                return FieldText(text, "accessibility")
        if not self._target.copyable or self._clipboard is None or self._state is ClipboardState.UNTOUCHED:
            return None
        try:
            copied = self._clipboard.copied(self.place.pid, self._select_and_copy, _copy_seconds)
            self._press((COLLAPSE,))
        except Declined:
            return None
        return FieldText(copied or "", "copy")

    def inspect(self) -> Inspection:
        refusal = None
        try:
            self._guard()
        except Declined as error:
            refusal = error
        reader, pid = self._reader, self.place.pid
        text = reader.text(pid) if reader and pid else None
        reading = None if text is None else FieldText(text, "accessibility")
        field = reader.field(pid) if reader and pid else None
        size = self._pointer.size(self._window.id) if self._pointer else None
        return Inspection(refusal, field, reading, size)

    def take_focus(self) -> InputField | None:
        """Bring the window to the front and click its calibrated input; the field that then has the focus.

        Raises Declined.
        """
        self._take_focus()
        self._click_field()
        return self._await_field()

    def submit(self, at_least: Level = Level.VERIFIED) -> Submitted | EnterWithheld:
        withheld = self._why_not_submit(at_least)
        if withheld is not None:
            return withheld
        try:
            self._press((SUBMIT,))
        except Declined as error:
            return EnterWithheld(error.blocker, error.message, error.hint)
        self._submitted = True
        text = self._text or ""
        after = self._await_reading(lambda reading: prompt.vacant(reading.text))
        if after is None:
            return Submitted(Level.SENT, ("the field could not be read after Enter",))
        if prompt.vacant(after.text):
            return Submitted(self._level, ("the field held the text before Enter and is empty after",))
        held = "still holds the text" if prompt.same(after.text, text) else "holds another text"
        return Submitted(Level.SENT, (f"the field {held} after Enter",))

    def restore(self, *, retract: bool = False) -> Restored:
        notes: list[str] = []
        try:
            self._keys.release()
            if retract and self._touched and not self._submitted:
                notes.append(self._retract())
        except (Declined, Lost) as error:
            notes.append(f"not retracted: {error.message}")
        if self._clipboard is not None and self._state is ClipboardState.DEFERRED:
            self._state = self._clipboard.restore(owed=self._touched and self._owed)
        return Restored(self._state, self._touched and not self._submitted, tuple(notes))

    def close(self) -> None:
        """Close every connection; a clipboard still owed to the target or the operator stays served."""
        for part in (self._clipboard, self._reader, self._keys, self._desk):
            if part is not None:
                part.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.restore()
        self.close()

    def _guard(self) -> None:
        self._stop.check()
        self._desk.prove(self._window)

    def _take_focus(self) -> None:
        """Wait until the target has the focus, asking for it once."""
        asked = False
        deadline = time.monotonic() + _focus_seconds
        while True:
            try:
                return self._guard()
            except Declined as error:
                if error.blocker not in _passing or time.monotonic() > deadline:
                    raise
                if not asked and error.blocker is BlockerWord.FOCUS_ELSEWHERE:
                    self._desk.activate(self._window)
                    asked = True
            self._stop.wait(_poll_seconds)

    def _click_field(self) -> None:
        """Click where the input was calibrated. Field check and readback prove later that it is the input."""
        click = self._target.click
        if click is None:
            return
        if self._pointer is None:
            message = "this injector cannot click, and the target is calibrated by position"
            raise Declined(BlockerWord.FIELD_UNKNOWN, message, "click the input by hand and drop the calibration")
        at = click.position(*self._pointer.size(self._window.id))
        self._pointer.click(self._window.id, at, self._guard)
        self._take_focus()
        self._await_click()

    def _await_click(self) -> None:
        """Wait until the wanted field is named, or without one until one field was named for 0.5 s; 4 s at most.

        What was clicked gets the focus late: until then accessibility names the field that had it before.
        """
        wanted, began = self._target.field, time.monotonic()
        field, since, reads = self._await_field(), began, 0
        while field not in (None, wanted) and time.monotonic() < began + _settle_seconds:
            if wanted is None and reads >= _still_reads and time.monotonic() > since + _still_seconds:
                return
            self._stop.wait(_poll_seconds)
            before, field, reads = field, self._await_field(), reads + 1
            if field != before:
                since, reads = time.monotonic(), 0

    def _check_field(self) -> None:
        """Raise Declined unless accessibility names the target's field as focused. A target without one passes."""
        wanted = self._target.field
        if wanted is None:
            return
        actual = self._await_field()
        if actual is None:
            message = f"the focused field cannot be named, wanted {wanted.role} '{wanted.name}'"
            raise Declined(
                BlockerWord.FIELD_UNKNOWN, message, "turn on accessibility in the target, or click the field"
            )
        if actual != wanted:
            message = f"the focus is in {actual.role} '{actual.name}', wanted {wanted.role} '{wanted.name}'"
            raise Declined(BlockerWord.FIELD_WRONG, message, "put the cursor in the wanted field")

    def _await_field(self) -> InputField | None:
        """The focused field, waited for up to 2 s: a program that was just given the focus may be slow to tell."""
        reader, pid = self._reader, self.place.pid
        if reader is None or pid is None:
            return None
        deadline = time.monotonic() + _focus_seconds
        while (field := reader.field(pid)) is None and reader.sees(pid) and time.monotonic() < deadline:
            self._stop.check()
            self._stop.wait(_poll_seconds)
        self._stop.check()
        return field

    def _press(self, chords: tuple[Chord, ...], also: Callable[[], None] = lambda: None) -> None:
        def guard() -> None:
            self._guard()
            also()

        for chord in chords:
            self._check_field()
            self._keys.press(chord, guard)

    def _select_and_copy(self) -> None:
        self._press((SELECT_ALL, COPY))

    def _check_draft(self) -> None:
        self._await_field()
        reading = self.readback()
        if reading is None:
            self._notes.append("the field could not be read first, so a draft in it is not ruled out")
        elif prompt.vacant(reading.text):
            self._readable = True
        else:
            message = f"the field already holds {len(reading.text)} characters that are not ours"
            raise Declined(BlockerWord.INPUT_BUSY, message, "send or clear the draft first")

    def _paste(self, text: str) -> Level:
        clipboard = self._clipboard
        if clipboard is None:
            raise Declined(BlockerWord.CLIPBOARD_UNAVAILABLE, "no clipboard here", "use the type method")
        clipboard.mark(self.place.pid)
        self._owed = True
        self._touching(lambda: self._press((PASTE,), clipboard.prove))
        seconds = _fetch_seconds + len(text) / 200_000
        fetched = clipboard.fetched(seconds)
        self._owed = not fetched
        if fetched is None or (fetched and self.place.pid is None):
            return Level.SENT
        if fetched:
            return Level.DELIVERED
        if self._stop.reason:
            raise Lost(BlockerWord.STOPPED, f"stopped by {self._stop.reason} after the paste key", "look at the field")
        message = f"the target did not fetch the text within {seconds:.0f} s of the paste key; it may still do so"
        raise Lost(BlockerWord.NOT_FETCHED, message, "look at the field; the old clipboard returns once it was fetched")

    def _type(self, text: str) -> Level:
        typed = 0

        def advance(count: int) -> None:
            nonlocal typed
            typed, self._touched = count, True

        try:
            self._check_field()
            self._keys.type(text, self._guard, advance)
        except Declined as error:
            if typed == 0:
                raise
            message = f"{error.message}, after {typed} of {len(text)} characters"
            raise Lost(error.blocker, message, "remove the partial text from the field") from error
        return Level.SENT

    def _touching(self, act: Callable[[], None]) -> None:
        """Run `act`; the target counts as touched unless `act` raises Declined."""
        self._touched = True
        try:
            act()
        except Declined:
            self._touched = False
            raise

    def _verify(self, text: str) -> None:
        reading = self._await_reading(lambda reading: prompt.same(reading.text, text))
        if reading is None:
            self._notes.append("the field could not be read back")
        elif prompt.same(reading.text, text):
            self._level, self._owed = Level.VERIFIED, False
            self._notes.append(f"read back equal by {reading.source}")
        elif self._stop.reason:
            message = f"stopped by {self._stop.reason} before the field held all of the text"
            raise Lost(BlockerWord.STOPPED, message, "look at the field before anything is sent")
        else:
            message = f"the field holds {len(reading.text)} characters that differ from our {len(text)}"
            raise Lost(BlockerWord.TEXT_DIFFERS, message, "look at the field before anything is sent")

    def _await_reading(self, enough: Callable[[FieldText], bool]) -> FieldText | None:
        """Read until `enough`, or until the field did not change for 4 s and more for a long text, 60 s at most.

        The last reading, None when unreadable. A field that could be read before the insert is asked again when it does
        not answer: a browser that lays out a long text is only busy.
        """
        moved = time.monotonic()
        deadline = moved + _verify_seconds
        still = _settle_seconds + len(self._text or "") / _settle_characters
        reading = self.readback()
        while not (reading and enough(reading)) and time.monotonic() < min(deadline, moved + still):
            if (reading is None and not self._readable) or self._stop.wait(_poll_seconds):
                break
            before, reading = reading, self.readback()
            if reading != before:
                moved = time.monotonic()
        return reading

    def _why_not_submit(self, at_least: Level) -> EnterWithheld | None:
        if not self._touched or self._text is None or self._submitted:
            return EnterWithheld(BlockerWord.NOT_INSERTED, "there is no unsubmitted text of ours", "insert first")
        if self._level < at_least:
            message = f"the insert is {self._level.name.lower()}, policy asks for {at_least.name.lower()}"
            return EnterWithheld(
                BlockerWord.LEVEL_TOO_LOW, message, "turn on accessibility in the target, or submit by hand"
            )
        reading = self.readback() if self._level is Level.VERIFIED else None
        if reading is not None and not prompt.same(reading.text, self._text):
            return EnterWithheld(BlockerWord.TEXT_DIFFERS, "the field was edited since the insert", "submit by hand")
        return None

    def _retract(self) -> str:
        """Delete our text, only when the field holds it and nothing else. Returns what came of it, in words."""
        reading = self.readback()
        if reading is None or self._text is None or not prompt.same(reading.text, self._text):
            return "not retracted: the field does not read as our text alone"
        self._press((SELECT_ALL, DELETE))
        after = self._await_reading(lambda reading: prompt.vacant(reading.text))
        if after is None or not prompt.vacant(after.text):
            return "not retracted: the field still holds text"
        self._touched = False
        return "our text was removed from the field"
