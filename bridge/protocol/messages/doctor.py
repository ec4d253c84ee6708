"""The messages about the doctor, whose JSON they are."""

from typing import Annotated, Literal

from pydantic import Field

from bridge.protocol.messages.base import Grade, Identifier, Integer, Message

Severity = Literal["error", "warning", "note"]
ExaminedState = Literal["ok", "found", "crashed", "hung"]


class DoctorRunParams(Message):
    """Run all checks, or the one of that id; tell all, or what is about that interface. A check may take so long."""

    check: Identifier | None = None
    interface: Identifier | None = None
    timeout_ms: Annotated[int, Field(ge=1, le=60_000)] = 800


class RemedyView(Message):
    """What to do against a finding, and the commands that do it. The doctor runs none of them."""

    text: str
    commands: list[str]


class FindingView(Message):
    """What a check found. `about` tells several of one id apart; `blocker` is why the interfaces cannot act."""

    id: Identifier
    severity: Severity
    problem: str
    remedy: RemedyView
    interfaces: list[str]
    depends_on: list[str]
    about: str | None = None
    blocker: str | None = None


class StandingView(Message):
    """An interface now: usable where the daemon runs, or not, why not, and the command against it."""

    id: Identifier
    title: str
    status: Literal["built", "planned", "ruled_out"]
    usable: bool
    best_grade: Grade
    blockers: list[str]
    why: str | None = None
    command: str | None = None


class SeenView(Message):
    """What a check merely saw."""

    name: str
    value: str


class ExaminedView(Message):
    """How a check went. `ms` is absent for one that was not over in time."""

    id: Identifier
    state: ExaminedState
    seen: list[SeenView]
    ms: Integer | None = None


class DoctorRunResult(Message):
    """`healthy`: notes at most. `hidden`: findings that only follow from one of their `depends_on`. What depends on the
    environment, such as the desktop, is that of the daemon."""

    healthy: bool
    interfaces: list[StandingView]
    findings: list[FindingView]
    hidden: list[FindingView]
    checks: list[ExaminedView]
