"""The order of steps against parts that lie: Declined only while nothing was pressed, and no claim beyond the proof."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest

from injectors.base import (
    Click,
    ClipboardState,
    Declined,
    InjectionError,
    InputField,
    Inserted,
    InsertMethod,
    Level,
    Lost,
    Stop,
    Submitted,
    Target,
)
from injectors.blockers import BlockerWord
from injectors.injection import DeskInjection
from injectors.parts import PASTE, SUBMIT, Chord, Window


@dataclass
class Truth:
    """The field everyone acts on, and the lies told about it."""

    text: str = ""
    pressed: list[Chord] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    focused: bool = True
    readable: bool = True
    swallow: frozenset[Chord] = frozenset()
    mangle: Callable[[str], str] = lambda text: text
    fetches: bool | None = True
    die_on: Chord | None = None
    completion: str = ""
    lose_focus_after: int = 1 << 30


class LyingDesk:
    def __init__(self, real: Truth) -> None:
        self.real = real

    def windows(self) -> list[Window]:
        return [Window(1, 42, "Editor", "main - Editor"), Window(2, 43, "Other", "other")]

    def activate(self, window: Window) -> None:
        self.real.log.append("activate")

    def prove(self, window: Window) -> None:
        if not self.real.focused or len(self.real.pressed) >= self.real.lose_focus_after:
            raise Declined(BlockerWord.FOCUS_ELSEWHERE, "elsewhere", "look")

    def close(self) -> None:
        self.real.log.append("desk closed")


class LyingKeys:
    gap = "a test"

    def __init__(self, real: Truth, clipboard: "LyingClipboard") -> None:
        self.real, self.clipboard = real, clipboard

    def press(self, chord: Chord, guard: Callable[[], None]) -> None:
        guard()
        self.real.pressed.append(chord)
        if chord == self.real.die_on:
            raise Lost(BlockerWord.TOOL_FAILED, "the tool died", "look")
        if chord in self.real.swallow:
            return
        if chord == PASTE:
            self.real.text += self.real.mangle(self.clipboard.ours)
        elif chord == SUBMIT:
            self.real.text = self.real.completion

    def typable(self, text: str) -> str | None:
        return None if text.isascii() else "not ASCII"

    def type(self, text: str, guard: Callable[[], None], advance: Callable[[int], None]) -> None:
        for start in range(0, len(text), 8):
            guard()
            self.real.pressed.append(Chord(("x",)))
            self.real.text += text[start : start + 8]
            advance(min(start + 8, len(text)))

    def release(self) -> None:
        self.real.log.append("released")

    def close(self) -> None:
        self.real.log.append("keys closed")


class LyingClipboard:
    def __init__(self, real: Truth) -> None:
        self.real, self.ours = real, ""

    def take(self, text: str) -> None:
        self.ours = text

    def mark(self, pid: int | None) -> None:
        assert pid == 42

    def prove(self) -> None: ...

    def fetched(self, seconds: float) -> bool | None:
        return self.real.fetches

    def copied(self, pid: int | None, press: Callable[[], None], seconds: float) -> str | None:
        return None

    def restore(self, *, owed: bool) -> ClipboardState:
        self.real.log.append(f"restored owed={owed}")
        return ClipboardState.DEFERRED if owed else ClipboardState.RESTORED

    def close(self) -> None:
        self.real.log.append("clipboard closed")


class LyingReader:
    def __init__(self, real: Truth) -> None:
        self.real = real

    def sees(self, pid: int) -> bool:
        return self.real.readable

    def field(self, pid: int) -> InputField | None:
        return InputField("entry", "chat") if self.real.readable else None

    def text(self, pid: int) -> str | None:
        return self.real.text if self.real.readable else None

    def close(self) -> None:
        self.real.log.append("reader closed")


@pytest.fixture(autouse=True)
def short_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """The parts here answer at once, so a long wait can only be for what never comes."""
    monkeypatch.setattr("injectors.injection._settle_seconds", 0.05)
    monkeypatch.setattr("injectors.injection._focus_seconds", 0.05)


def injection(real: Truth, stop: Stop | None = None) -> DeskInjection:
    clipboard = LyingClipboard(real)
    return DeskInjection(
        "test",
        Target(app="editor"),
        stop or Stop(),
        desk=LyingDesk(real),
        keys=LyingKeys(real, clipboard),
        clipboard=clipboard,
        reader=LyingReader(real),
    )


def outcome(act: DeskInjection, method: InsertMethod = InsertMethod.PASTE) -> Inserted | InjectionError:
    try:
        return act.insert("Hello, World! Line\nTwo", method)
    except InjectionError as error:
        return error


@pytest.mark.parametrize("method", InsertMethod)
@pytest.mark.parametrize(
    "real",
    [
        Truth(),
        Truth(focused=False),
        Truth(readable=False),
        Truth(text="draft"),
        Truth(swallow=frozenset({PASTE}), fetches=False),
        Truth(swallow=frozenset({PASTE}), fetches=True),
        Truth(mangle=str.lower),
        Truth(fetches=None),
        Truth(fetches=None, readable=False),
        Truth(die_on=PASTE),
        Truth(lose_focus_after=1),
    ],
    ids=lambda real: repr([pair for pair in vars(real).items() if pair[1] != vars(Truth())[pair[0]]]),
)
def test_declined_means_untouched_and_verified_means_equal(real: Truth, method: InsertMethod) -> None:
    real = replace(real, pressed=[], log=[])
    before = real.text
    result = outcome(injection(real), method)
    if isinstance(result, Declined):
        assert real.text == before
        assert real.pressed == []
    if isinstance(result, Inserted) and result.level is Level.VERIFIED:
        assert real.text == "Hello, World! Line\nTwo"
    if real.text != before and real.text != "Hello, World! Line\nTwo":
        assert isinstance(result, Lost)


def test_a_swallowed_paste_is_lost_although_it_was_fetched() -> None:
    result = outcome(injection(Truth(swallow=frozenset({PASTE}))))
    assert isinstance(result, Lost)
    assert result.blocker is BlockerWord.TEXT_DIFFERS


def test_a_swallowed_enter_is_no_more_than_sent() -> None:
    real = Truth(swallow=frozenset({SUBMIT}))
    act = injection(real)
    act.insert("Hello")
    result = act.submit()
    assert isinstance(result, Submitted)
    assert result.level is Level.SENT
    assert real.pressed.count(SUBMIT) == 1


def test_an_enter_that_chose_from_a_menu_is_no_more_than_sent() -> None:
    """Completion menus take Enter for themselves and change the text: it is not gone."""
    real = Truth(completion="/help ")
    act = injection(real)
    act.insert("/he")
    result = act.submit()
    assert isinstance(result, Submitted)
    assert result.level is Level.SENT
    assert result.notes == ("the field holds another text after Enter",)


@pytest.mark.parametrize("change", ["focus", "edit", "stop"])
def test_enter_is_withheld_when_something_changed(change: str) -> None:
    real, stop = Truth(), Stop()
    act = injection(real, stop)
    act.insert("Hello")
    if change == "focus":
        real.focused = False
    elif change == "edit":
        real.text += " and the operator's words"
    else:
        stop.trip("koru stop")
    assert not isinstance(act.submit(), Submitted)
    assert SUBMIT not in real.pressed
    assert act.restore().text_left


def test_enter_waits_for_the_level_policy_asks_for() -> None:
    real = Truth(readable=False)
    act = injection(real)
    assert act.insert("Hello").level is Level.DELIVERED
    withheld = act.submit()
    assert not isinstance(withheld, Submitted)
    assert withheld.blocker is BlockerWord.LEVEL_TOO_LOW
    assert isinstance(act.submit(Level.DELIVERED), Submitted)


def test_nothing_is_submitted_without_an_insert_nor_twice() -> None:
    real = Truth()
    act = injection(real)
    assert not isinstance(act.submit(Level.SENT), Submitted)
    act.insert("Hello")
    act.submit()
    assert not isinstance(act.submit(Level.SENT), Submitted)
    with pytest.raises(Lost):
        act.insert("Hello again")
    assert real.pressed.count(SUBMIT) == 1


class LatePointer:
    """Clicks at once; the focus follows some looks later."""

    def __init__(self, reader: "LateReader") -> None:
        self.reader = reader

    def size(self, xid: int) -> tuple[int, int]:
        return 100, 100

    def click(self, xid: int, at: tuple[int, int], guard: Callable[[], None]) -> None:
        guard()
        self.reader.looks_left = 4


class LateReader(LyingReader):
    looks_left = 0

    def field(self, pid: int) -> InputField | None:
        self.looks_left -= 1
        return InputField("entry", "the one before" if self.looks_left >= 0 else "chat")


@pytest.mark.parametrize("wanted", [None, InputField("entry", "chat")])
def test_the_field_after_a_click_is_not_the_one_before(
    monkeypatch: pytest.MonkeyPatch, wanted: InputField | None
) -> None:
    monkeypatch.setattr("injectors.injection._settle_seconds", 30.0)
    monkeypatch.setattr("injectors.injection._still_seconds", 0.0)
    real = Truth()
    clipboard, reader = LyingClipboard(real), LateReader(real)
    act = DeskInjection(
        "test",
        Target(app="editor", field=wanted, click=Click(10, 10)),
        Stop(),
        desk=LyingDesk(real),
        keys=LyingKeys(real, clipboard),
        clipboard=clipboard,
        reader=reader,
        pointer=LatePointer(reader),
    )
    assert act.take_focus() == InputField("entry", "chat")


def test_an_unfetched_paste_keeps_the_clipboard_for_the_target() -> None:
    real = Truth(readable=False, fetches=False)
    with pytest.raises(Lost), injection(real) as act:
        act.insert("Hello")
    assert real.log == [
        "released",
        "restored owed=True",
        "clipboard closed",
        "reader closed",
        "keys closed",
        "desk closed",
    ]


def test_every_property_of_a_target_must_match() -> None:
    window = Window(7, 42, "Code", "main.py - project - Code")
    assert window.matches(Target(app="code", title="PROJECT", pids=frozenset({41, 42}), window=7))
    for wrong in (Target(app="codium"), Target(title="other"), Target(pids=frozenset({1})), Target(window=8)):
        assert not window.matches(wrong)
