"""What a subscriber is told: each row once, a goal's by the goals, and no more than was asked for."""

from collections.abc import Callable
from typing import Any

import pytest

from bridge.daemon.socket.connection import SUBSCRIPTIONS_MAX, Connection
from bridge.daemon.socket.subscriptions import Subscriptions
from bridge.protocol.errors import BridgeError, Reason
from bridge.protocol.messages.drive import DriveView
from bridge.protocol.messages.events import Event, SubscribeParams
from bridge.protocol.messages.goals import BudgetTerms, GoalView, SpentView

pytestmark = pytest.mark.anyio

Tell = Callable[[Event], None]


class Source:
    """Drives or goals: tells those who listen."""

    def __init__(self) -> None:
        self.listeners: list[Tell] = []

    def subscribe(self, callback: Tell) -> Callable[[], None]:
        self.listeners.append(callback)
        return lambda: self.listeners.remove(callback)

    def tell(self, event: Event) -> None:
        for listener in tuple(self.listeners):
            listener(event)


class Heard:
    """In the place of a connection's peer: what it would send. A line with a drive or a goal of 9 turns is too long."""

    def __init__(self) -> None:
        self.told: list[Event] = []

    def notify(self, method: str, event: Event) -> None:
        assert method == "events/event"
        if event.goal is not None and event.goal.turn == 9:
            raise BridgeError(Reason.LINE_TOO_LONG, "too long")
        self.told.append(event)


class Scene:
    def __init__(self) -> None:
        self.drives, self.goals, self.heard = Source(), Source(), Heard()
        stream: Any = None
        self.connection = Connection(stream, {})
        heard: Any = self.heard
        self.connection.peer = heard

    def subscribe(self, **params: Any) -> int:
        sources = (self.drives.subscribe, self.goals.subscribe)
        chats: Any = None
        asked = Subscriptions(sources, chats, lambda: 7)
        return asked.subscribe(SubscribeParams(**params), self.connection).seq

    def row(self, seq: int, kind: str, drive_id: str | None = None) -> None:
        """A row that is no goal's own affair, and each row of a goal, too: the drives hear of every row."""
        self.drives.tell(Event(seq=seq, kind=kind, at_ms=1, drive=drive(drive_id) if drive_id else None))

    def goal_row(self, seq: int, goal_id: str, turn: int = 1) -> None:
        self.row(seq, "goal_checked")
        self.goals.tell(Event(seq=seq, kind="goal_checked", at_ms=1, goal=goal(goal_id, turn)))

    def told(self) -> list[int]:
        return [event.seq for event in self.heard.told]


def drive(drive_id: str) -> DriveView:
    return DriveView(
        drive_id=drive_id, state="acting", text_sha="0" * 64, text_chars=1, accepted_at_ms=1, facts=[], candidates=[]
    )


def goal(goal_id: str, turn: int) -> GoalView:
    return GoalView(
        goal_id=goal_id,
        state="running",
        text="mend it",
        created_at_ms=1,
        turn=turn,
        budget=BudgetTerms(turns=1, ms=1),
        spent=SpentView(turns=0, ms=0, tokens=0, microdollars=0),
        checks=[],
        terms_sha="0" * 64,
        activity="checking",
    )


async def test_each_row_is_told_once_and_a_goals_row_with_its_goal() -> None:
    scene = Scene()
    assert scene.subscribe() == 7
    scene.row(8, "accepted", "d")
    scene.goal_row(9, "g")
    scene.row(10, "trust_set")
    scene.goals.tell(Event(seq=0, kind="goal", at_ms=1, goal=goal("g", 1)))
    assert scene.told() == [8, 9, 10, 0]
    assert scene.heard.told[1].goal is not None


async def test_of_one_drive_nothing_else_is_told() -> None:
    scene = Scene()
    scene.subscribe(drive_id="d")
    for seq, drive_id in enumerate(("d", "e", "d.1", None), 1):
        scene.row(seq, "accepted", drive_id)
    scene.goal_row(9, "d")
    assert scene.told() == [1]


async def test_of_one_goal_its_drives_are_told_too() -> None:
    scene = Scene()
    scene.subscribe(goal_id="g")
    for seq, drive_id in enumerate(("g.1", "g", "g2.1", "h.1", None), 1):
        scene.row(seq, "accepted", drive_id)
    scene.goal_row(8, "g")
    scene.goal_row(9, "g2")
    assert scene.told() == [1, 8]


async def test_what_is_too_long_for_a_line_is_told_without_it() -> None:
    scene = Scene()
    scene.subscribe()
    scene.goal_row(8, "g", turn=9)
    assert [(event.seq, event.kind, event.goal) for event in scene.heard.told] == [(8, "goal_checked", None)]


async def test_it_ends_with_the_connection_and_there_is_a_most() -> None:
    scene = Scene()
    for _ in range(SUBSCRIPTIONS_MAX):
        scene.subscribe()
    with pytest.raises(BridgeError) as caught:
        scene.subscribe()
    assert caught.value.reason is Reason.OVERLOADED
    assert len(scene.drives.listeners) == len(scene.goals.listeners) == SUBSCRIPTIONS_MAX
    scene.connection.closed()
    assert scene.drives.listeners == scene.goals.listeners == []
