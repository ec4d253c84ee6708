"""Every event comes back from its row as it was, and a goal's rows bring a new machine to where the old one stood."""

import dataclasses
import json
from typing import Any, get_type_hints

import pytest

from bridge.goals import machine
from bridge.goals.record import EVENTS, KIND_OF, body_of, event_of
from bridge.goals.steps import Checked, CheckResult, Drafted, Driven, GoalEvent, Limits, Noted, Spent, WorkspaceState
from tests.bridge.goals.test_machine import CASES, play

BARE: dict[Any, Any] = {int: 1, str: "x", bool: False, WorkspaceState: WorkspaceState(False, None, None, "p", "unread")}


def bare(kind: type[GoalEvent]) -> GoalEvent:
    """The event with nothing but what it must have."""
    hints = get_type_hints(kind)
    needed = [f.name for f in dataclasses.fields(kind) if f.default is dataclasses.MISSING]
    words: dict[str, Any] = {
        "by": "operator",
        "outcome": "unknown",
        "cause": "failed",
        "results": (CheckResult("c", "unknown", 1, "s"),),
    }
    values: dict[str, Any] = {name: words.get(name, BARE.get(hints[name])) for name in needed}
    return kind(**values)


@pytest.mark.parametrize("kind", EVENTS)
def test_an_event_with_nothing_optional_comes_back(kind: str) -> None:
    event = bare(EVENTS[kind])
    assert event_of(kind, json.loads(json.dumps(body_of(event)))) == event


def test_an_event_with_everything_comes_back() -> None:
    before = WorkspaceState(True, "abc", "d", "p")
    event = Checked(1, (CheckResult("c", "fail", 1, "s", "out", 1, 2, "why", True),), before, before, Spent(1, 2, 3))
    assert event_of(KIND_OF[Checked], json.loads(json.dumps(body_of(event)))) == event


def test_what_rows_of_a_newer_version_hold_is_no_error() -> None:
    body = body_of(Driven(1, "g.1", "confirmed")) | {"mood": "fine"}
    assert event_of("goal_driven", body) == Driven(1, "g.1", "confirmed")


@pytest.mark.parametrize("case", [c for c in CASES if len(c["tell"]) > 3], ids=lambda c: c["case"].replace(" ", "-"))
def test_the_same_events_lead_to_the_same_commands(case: dict[str, Any]) -> None:
    """What a restart rests on: the machine depends on nothing but its limits and its events."""
    assert play(case) == play(case)


def test_a_machine_that_is_told_the_past_asks_for_what_comes_next() -> None:
    limits = Limits(turns=3, ms=1000)
    before = WorkspaceState(True, "abc", "d", "p")
    past: list[GoalEvent] = [
        Checked(0, (CheckResult("c", "fail", 1, "s"),), before, before),
        Noted(),
        Drafted(1, "prompt", "0" * 64),
    ]
    steps = machine.pursue(limits)
    command = next(steps)
    for event in past:
        command = steps.send(event_of(KIND_OF[type(event)], body_of(event)) if type(event) in KIND_OF else event)
    assert dataclasses.asdict(command) == {"turn": 1, "text": "prompt"}
