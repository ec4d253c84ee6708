"""The language between the drive machine, which decides, and the runner, which acts: commands out, events in."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from bridge.drive.evidence import Evidence, Fact, Verdict
from bridge.protocol.messages.base import Grade, JournalState, TurnState

Phase = Literal["approval", "submit", "turn", "reply"]


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for, as far as deciding needs it."""

    drive_id: str
    text_sha: str
    chat_id: str | None = None
    draft: bool = False
    wait: bool = False
    require: Grade = "host"


@dataclass(frozen=True, slots=True)
class Candidate:
    """One way to act: an interface on a surface. `best_grade` caps what its channel may claim. With `ask` it acts only
    once a person approved it, and `ask` says why."""

    interface: str
    surface: str
    best_grade: Grade
    ask: str | None = None


@dataclass(frozen=True, slots=True)
class Anchor:
    """Where the observer stood before acting. `cursor` is the observer's own text; None: nothing can be observed, and
    `reason` says why. With a `blocker` the chat is in no state to be touched."""

    observer: str | None = None
    cursor: str | None = None
    reason: str | None = None
    blocker: str | None = None


# --- commands --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AskApproval:
    """Ask a person, before anything is touched. The decision comes as `Approved` or `ApprovalDenied`."""

    candidate: Candidate


@dataclass(frozen=True, slots=True)
class TakeAnchor:
    """Note where the observer of the candidate's chat stands. Answered by `Anchored`."""

    candidate: Candidate


@dataclass(frozen=True, slots=True)
class RecordActing:
    """The row that must be on disk before anything is touched. Answered by `CancelAsked` or `Withheld` when it was not
    written."""

    candidate: Candidate
    anchor: Anchor


@dataclass(frozen=True, slots=True)
class Follow:
    """Start to watch past the anchor. What is seen comes as `Learned`."""

    anchor: Anchor


@dataclass(frozen=True, slots=True)
class Deliver:
    """Start to deliver. Answered at once; what happens comes as events."""

    candidate: Candidate


@dataclass(frozen=True, slots=True)
class RecordDeclined:
    """The candidate touched nothing, so that the next one may act."""

    candidate: Candidate
    blocker: str
    message: str


@dataclass(frozen=True, slots=True)
class RecordFact:
    """`counted` is false for a fact about another text or another chat."""

    fact: Fact
    counted: bool


@dataclass(frozen=True, slots=True)
class AskJournal:
    """Ask the plugin's journal, after it has re-attached. Answered later by `LookedUp`."""

    candidate: Candidate


@dataclass(frozen=True, slots=True)
class CancelTurn:
    """Ask the channel to stop the turn. What becomes of it comes as facts."""

    candidate: Candidate


@dataclass(frozen=True, slots=True)
class RecordSettled:
    """The outcome, written once."""

    verdict: Verdict
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class RecordTurn:
    """How the turn ended, or that its end was not seen in time."""

    state: TurnState
    reason: str
    reply: str | None = None


@dataclass(frozen=True, slots=True)
class RecordDoubt:
    """What was confirmed by the host alone, and then not seen where it had to appear."""

    reason: str


@dataclass(frozen=True, slots=True)
class Await:
    """The next event. The runner sends `DeadlinePassed` when the time of that phase is over."""

    phase: Phase


# What is written down whatever happens meanwhile, and answered by `Done`.
Recorded = RecordDeclined | RecordFact | RecordSettled | RecordTurn | RecordDoubt
DriveCommand = AskApproval | TakeAnchor | RecordActing | Follow | Deliver | AskJournal | CancelTurn | Await | Recorded


# --- events ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Done:
    """The command was carried out."""


@dataclass(frozen=True, slots=True)
class Anchored:
    """Answers `TakeAnchor`."""

    anchor: Anchor


@dataclass(frozen=True, slots=True)
class Learned:
    """A fact from the channel or from the observer."""

    fact: Fact


@dataclass(frozen=True, slots=True)
class ChannelDone:
    """The channel will report nothing more."""


@dataclass(frozen=True, slots=True)
class ChannelDeclined:
    """The channel touched nothing and says why."""

    blocker: str
    message: str


@dataclass(frozen=True, slots=True)
class ChannelLost:
    """The channel is gone, or cannot say what became of the text."""

    reason: str


@dataclass(frozen=True, slots=True)
class NotSubmitted:
    """The channel put the text in and proves that it did not send it; `reason` says what became of the text."""

    blocker: str
    reason: str


@dataclass(frozen=True, slots=True)
class LookedUp:
    """What the plugin's journal says; `state` None when it could not be asked. `in_flight`: it is still acting."""

    state: JournalState | None
    blocker: str | None = None
    in_flight: bool = False


@dataclass(frozen=True, slots=True)
class Approved:
    """A person let the candidate act."""


@dataclass(frozen=True, slots=True)
class ApprovalDenied:
    """A person did not let the candidate act, or it cannot be asked for."""

    reason: str


@dataclass(frozen=True, slots=True)
class Withheld:
    """What was approved is not what would be done now, or may not be done any more."""

    blocker: str
    reason: str


@dataclass(frozen=True, slots=True)
class CancelAsked:
    """A client or a person asked for the end of the drive."""


@dataclass(frozen=True, slots=True)
class GivenUp:
    """The operator waits no longer: it is settled by what is known now."""


@dataclass(frozen=True, slots=True)
class DeadlinePassed:
    """The time of the phase that was waited in is over."""


DriveEvent = (
    Done
    | Anchored
    | Learned
    | ChannelDone
    | ChannelDeclined
    | ChannelLost
    | NotSubmitted
    | LookedUp
    | Approved
    | ApprovalDenied
    | Withheld
    | CancelAsked
    | GivenUp
    | DeadlinePassed
)
EventSink = Callable[[DriveEvent], None]
