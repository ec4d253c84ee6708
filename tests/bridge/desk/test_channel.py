"""From an injector's steps to facts and events: honest grades, and every ending under its own name."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import anyio
import pytest

from bridge.desk.calibration import Calibration, CalibrationStore
from bridge.desk.channel import InjectorChannel
from bridge.desk.desk import Desk
from bridge.desk.turns import Turns
from bridge.drive.match import text_sha
from bridge.drive.record import DriveRecord, accepted
from bridge.drive.steps import (
    Candidate,
    ChannelDeclined,
    ChannelDone,
    ChannelLost,
    DriveEvent,
    Learned,
    LookedUp,
    NotSubmitted,
)
from bridge.drive.windows import Addressed, NamedWindow
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
    Missing,
    Restored,
    Stop,
    Submitted,
    Target,
)
from injectors.blockers import BlockerWord
from registry.load import load

pytestmark = pytest.mark.anyio
CANDIDATE = Candidate("os_injector_x11", "code:shop/chat", "readback")
TEXT = "hello\r\nthere"
INTERFACES = load().interfaces


@dataclass
class Script:
    """What each step of the injection does: gives its value, or raises it."""

    insert: Inserted | Declined | Lost = field(
        default_factory=lambda: Inserted(Level.VERIFIED, InsertMethod.PASTE, 11, ("read back equal",))
    )
    submit: Submitted | EnterWithheld = field(default_factory=lambda: Submitted(Level.VERIFIED, ("empty after",)))
    reading: FieldText | None = None
    left: bool = False
    did: list[str] = field(default_factory=list)


class Scripted:
    """An injector and its injection in one."""

    id, caution = "x11", ""
    place = FoundTarget("x11", 7, 42, "code", "shop")

    def __init__(self, script: Script) -> None:
        self.script = script

    def needs(self) -> Missing | None:
        return None

    def locate(self, target: Target, stop: Stop) -> Self:
        assert target.field == InputField("entry", "Chat Input")
        stop.check()
        return self

    def inspect(self) -> Inspection:
        raise NotImplementedError

    def take_focus(self) -> InputField | None:
        raise NotImplementedError

    def insert(self, text: str, method: InsertMethod = InsertMethod.PASTE) -> Inserted:
        self.script.did.append(f"insert {text!r}")
        if isinstance(self.script.insert, Exception):
            raise self.script.insert
        return self.script.insert

    def readback(self) -> FieldText | None:
        return self.script.reading

    def submit(self, at_least: Level = Level.VERIFIED) -> Submitted | EnterWithheld:
        assert at_least is Level.VERIFIED
        self.script.did.append("submit")
        return self.script.submit

    def restore(self, *, retract: bool = False) -> Restored:
        self.script.did.append("retract" if retract else "restore")
        return Restored(ClipboardState.RESTORED, self.script.left, ("not retracted: it reads otherwise",))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.script.did.append("closed")


def record(*, draft: bool = False) -> DriveRecord:
    params: dict[str, Any] = {"drive_id": "d", "text": TEXT, "selector": {}, "target": {}, "draft": draft}
    body = {"params": params, "text_sha": text_sha(TEXT), "text_chars": len(TEXT), "body_sha": "b"}
    return accepted("d", 1, {**body, "surface": CANDIDATE.surface, "considered": []})


Deliver = Callable[..., Any]


@pytest.fixture
def deliver(tmp_path: Path) -> Deliver:
    store = CalibrationStore(tmp_path)
    store.save(Calibration("code", "1", 800, 600, InputField("entry", "Chat Input")))
    there = Addressed("code", "1", (), named=NamedWindow("shop", "code", title="shop"))

    async def run(
        script: Script, *, draft: bool = False, addressed: Addressed | None = there, times: int = 1
    ) -> list[DriveEvent]:
        catalogue: dict[str, Any] = {"x11": lambda environment: Scripted(script)}
        told: list[DriveEvent] = []
        async with anyio.create_task_group() as tasks:
            desk = Desk(catalogue, tmp_path, {}, tasks)
            channel = InjectorChannel(
                desk,
                Turns(lambda: 1),
                INTERFACES,
                store,
                lambda key: addressed,
                lambda: 1,
                lambda point, drive_id: None,
            )
            for _ in range(times):
                assert not await channel.deliver(record(draft=draft), CANDIDATE, told.append)
        return told

    return run


def facts(events: list[DriveEvent]) -> list[tuple[str, str]]:
    return [(event.fact.kind, event.fact.grade) for event in events if isinstance(event, Learned)]


async def test_what_was_read_back_is_a_readback(deliver: Deliver) -> None:
    script = Script()
    events = await deliver(script)
    assert facts(events) == [("inserted", "readback"), ("submitted", "readback")]
    assert isinstance(events[-1], ChannelDone)
    assert events[0].fact.text_sha == text_sha(TEXT)
    assert script.did == ["insert 'hello\\nthere'", "submit", "restore", "closed"]


@pytest.mark.parametrize("level", [Level.SENT, Level.DELIVERED])
async def test_what_was_not_read_back_is_a_claim(deliver: Deliver, level: Level) -> None:
    script = Script(insert=Inserted(level, InsertMethod.PASTE, 11), submit=Submitted(Level.SENT))
    assert facts(await deliver(script)) == [("inserted", "claim"), ("submitted", "claim")]


async def test_a_draft_presses_no_enter(deliver: Deliver) -> None:
    script = Script()
    assert facts(await deliver(script, draft=True)) == [("inserted", "readback")]
    assert "submit" not in script.did
    assert "retract" not in script.did


@pytest.mark.parametrize(("left", "words"), [(True, "left in the field"), (False, "taken out of the field")])
async def test_a_withheld_enter_says_what_became_of_the_text(deliver: Deliver, left: bool, words: str) -> None:
    script = Script(submit=EnterWithheld(BlockerWord.FOCUS_ELSEWHERE, "the focus went", "bring it back"), left=left)
    events = await deliver(script)
    assert isinstance(events[-1], NotSubmitted)
    assert events[-1].blocker == "focus_elsewhere"
    assert words in events[-1].reason
    assert "retract" in script.did


async def test_declined_touched_nothing_and_lost_is_lost(deliver: Deliver) -> None:
    [declined] = await deliver(Script(insert=Declined(BlockerWord.INPUT_BUSY, "a draft", "send it")))
    assert declined == ChannelDeclined("input_busy", "a draft; next: send it")
    [lost] = await deliver(Script(insert=Lost(BlockerWord.NOT_FETCHED, "not fetched", "look")))
    assert isinstance(lost, ChannelLost)
    assert "not_fetched" in lost.reason


async def test_what_was_lost_and_stands_in_the_field_is_not_sent(deliver: Deliver) -> None:
    found = Script(
        insert=Lost(BlockerWord.STOPPED, "stopped", "look"), reading=FieldText("hello\nthere", "accessibility")
    )
    events = await deliver(found)
    assert facts(events) == [("inserted", "readback")]
    assert isinstance(events[-1], NotSubmitted)
    assert "submit" not in found.did
    other = Script(insert=Lost(BlockerWord.STOPPED, "stopped", "look"), reading=FieldText("hello", "accessibility"))
    assert isinstance((await deliver(other))[-1], ChannelLost)


async def test_after_the_operator_s_hands_no_other_injector_tries(deliver: Deliver) -> None:
    script = Script(insert=Declined(BlockerWord.STOPPED, "stopped by the panic key", "wait"))
    events = await deliver(script, times=2)
    assert [type(event) for event in events] == [ChannelDeclined, ChannelDeclined]
    assert events[1].blocker == "stopped"
    assert "the panic key" in events[1].message
    assert script.did == ["insert 'hello\\nthere'", "closed"]


async def test_a_window_that_is_gone(deliver: Deliver) -> None:
    [event] = await deliver(Script(), addressed=None)
    assert isinstance(event, ChannelDeclined)
    assert event.blocker == "target_missing"


async def test_a_desktop_has_no_journal(tmp_path: Path) -> None:
    async with anyio.create_task_group() as tasks:
        desk = Desk({}, tmp_path, {}, tasks)
        channel = InjectorChannel(
            desk, Turns(lambda: 1), {}, CalibrationStore(tmp_path), lambda key: None, lambda: 1, print
        )
        told: list[DriveEvent] = []
        await channel.lookup(record(), CANDIDATE, told.append)
        assert told == [LookedUp(None)]
        with anyio.fail_after(5):
            await channel.cancel(record(), CANDIDATE)
