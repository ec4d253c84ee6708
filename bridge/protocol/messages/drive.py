"""Drives: one prompt for one surface, and what became of it."""

from typing import Annotated, Literal

from pydantic import Field

from bridge.protocol.messages.base import (
    DriveId,
    DriveState,
    FactKind,
    Grade,
    Integer,
    JournalState,
    Message,
    Milliseconds,
    Outcome,
    TextHash,
    TurnState,
)
from bridge.protocol.messages.chat import ChatTarget, FactReport
from bridge.protocol.messages.surfaces import SurfaceSelector


class LookupParams(Message):
    """What does the plugin's own journal know of this drive?"""

    drive_id: DriveId


class LookupResult(Message):
    """The last journaled state of a drive and the facts recorded with it. `absent`: it was never begun here, and from
    now on never will be. `in_flight`: the delivery still runs, more facts follow by `chat/event`."""

    drive_id: DriveId
    state: JournalState
    facts: list[FactReport]
    in_flight: bool = False
    text_sha: TextHash | None = None


class DriveStartParams(Message):
    """One prompt for one surface, under an id the caller made. The same id and body give the same answer again.

    `deadline_ms` bounds the proof of the submit, `wait_ms` how long the turn after it is followed. `require` is the
    grade that is good enough to settle as confirmed before the deadline. The body is the text, selector, target and
    draft; the rest may differ when the same drive is asked for again.
    """

    drive_id: DriveId
    text: str
    selector: SurfaceSelector
    target: ChatTarget
    draft: bool = False
    deadline_ms: Milliseconds = 90_000
    wait_ms: Milliseconds = 600_000
    require: Literal["host", "witness"] = "host"


class FactView(Message):
    """A fact of a drive as recorded. `source` names the plugin session or the observer it came from. Not `counted`: it
    came too late, or was about another text or chat."""

    kind: FactKind
    grade: Grade
    source: str
    at_ms: Milliseconds
    chat_id: str | None = None
    evidence: str | None = None
    detail: str | None = None
    counted: bool = True


class CandidateView(Message):
    """One interface that was considered, and why it was not chosen or did not act."""

    interface: str
    surface: str
    chosen: bool
    best_grade: Grade
    reason: str | None = None


class TurnView(Message):
    """What became of the turn after the submit. `reply` comes from the chat's own store, where that can be read."""

    state: TurnState
    reply: str | None = None
    reason: str | None = None


class DriveView(Message):
    """All there is to say of one drive. `outcome` is null until `state` is `settled`. `doubt`: what speaks against an
    outcome that rests on the host's word alone. `approval`: the approval it waits for. `warning`: what is to be known
    of its prompt. `marked`: what the operator says of an unknown outcome; it proves nothing, and the outcome stays.
    `resent_as`: the drive that an operator's recovery made of an unknown one."""

    drive_id: DriveId
    state: DriveState
    text_sha: TextHash
    text_chars: Milliseconds
    accepted_at_ms: Milliseconds
    facts: list[FactView]
    candidates: list[CandidateView]
    draft: bool = False
    settled_at_ms: Milliseconds | None = None
    outcome: Outcome | None = None
    blocker: str | None = None
    reason: str | None = None
    surface: str | None = None
    interface: str | None = None
    chat_id: str | None = None
    queued_behind: Integer | None = None
    turn: TurnView | None = None
    replayed: bool = False
    doubt: str | None = None
    approval: str | None = None
    warning: str | None = None
    marked: Literal["submitted", "not_submitted"] | None = None
    resent_as: str | None = None


class DriveGetParams(Message):
    """A drive by its id."""

    drive_id: DriveId


class DriveListParams(Message):
    """The newest drives first."""

    limit: Annotated[int, Field(ge=1, le=1000)] = 50
    state: DriveState | None = None


class DriveListResult(Message):
    """Drives, newest first."""

    drives: list[DriveView]


class DriveWaitParams(Message):
    """Answers when the drive has an outcome (or, with `turn`, when its turn is over too), or after `timeout_ms`."""

    drive_id: DriveId
    until: Literal["outcome", "turn"] = "outcome"
    timeout_ms: Milliseconds = 60_000


class QueueView(Message):
    """The drives of a window: the one whose turn it is, since when it was accepted, and how many are behind it."""

    window_id: str
    drive_id: DriveId
    state: DriveState
    accepted_at_ms: Milliseconds
    overdue: bool
    behind: Milliseconds
