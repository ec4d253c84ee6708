"""What the goal machine asks for (commands) and is told (events). Events are what the ledger keeps of a goal."""

from dataclasses import dataclass
from typing import Literal

from bridge.protocol.messages.base import Outcome, TurnState
from bridge.protocol.messages.goals import AnsweredBy, CheckState, GoalDecision, OnQuestion, QuestionKind, StopCause

DraftKind = Literal["first", "continue", "answer", "resume", "retry"]
WaitWhy = Literal["rate_limit", "blocked"]


@dataclass(frozen=True, slots=True)
class Limits:
    """What the machine needs of a goal's terms. Times in milliseconds, money in microdollars."""

    turns: int
    ms: int
    tokens: int | None = None
    microdollars: int | None = None
    same_failure: int = 3
    same_blocker: int = 3
    growing: int = 2
    on_question: OnQuestion = "ask"
    notes: tuple[str, ...] = ()
    retry_ms: int = 15_000


@dataclass(frozen=True, slots=True)
class Spent:
    """What the goal took so far; `ms` without the time a person was waited for."""

    ms: int = 0
    tokens: int = 0
    microdollars: int = 0


@dataclass(frozen=True, slots=True)
class WorkspaceState:
    """The files as they were at one moment: git's revision, a hash of what differs from it, and of what checks read.

    Without git, `dirty` is over all files. `unread`: why there is no hash, so that nothing can be said to be stable.
    """

    git: bool
    revision: str | None
    dirty: str | None
    protected: str
    unread: str | None = None

    def same_files(self, other: "WorkspaceState") -> bool:
        known = self.dirty is not None and other.dirty is not None
        return known and (self.revision, self.dirty, self.protected) == (other.revision, other.dirty, other.protected)


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One run of a check. `ms`: how long it took. `signature`: see `output.signature`. `started` is false when the
    command could not be run at all."""

    name: str
    state: CheckState
    ms: int
    signature: str
    output: str = ""
    exit: int | None = None
    failing: int | None = None
    why: str | None = None
    started: bool = True


# --- commands --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RunChecks:
    """Run every check on the workspace as it is. Turn 0 is before anything was driven."""

    turn: int


@dataclass(frozen=True, slots=True)
class Draft:
    """Word the prompt of a turn. `answer` is what is to be told to the agent, `tried` what did not help so far."""

    turn: int
    kind: DraftKind
    results: tuple[CheckResult, ...] = ()
    answer: str | None = None
    question: str | None = None
    said: str | None = None
    tried: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Drive:
    """Send the text and follow its turn. The same turn is the same drive, however often it is asked for."""

    turn: int
    text: str


@dataclass(frozen=True, slots=True)
class Rejoin:
    """Go on to follow a turn: one that a person answered in the IDE, or one that was quiet for long."""

    turn: int


@dataclass(frozen=True, slots=True)
class Review:
    """Read the reply: does it ask something?"""

    turn: int
    reply: str | None
    results: tuple[CheckResult, ...]


@dataclass(frozen=True, slots=True)
class Ask:
    """Ask a person and wait for the answer."""

    turn: int
    kind: QuestionKind
    text: str


@dataclass(frozen=True, slots=True)
class Wait:
    """Do nothing for so many milliseconds."""

    ms: int
    why: WaitWhy
    reason: str


@dataclass(frozen=True, slots=True)
class Release:
    """End the turn that waits in the chat, so that the answer can be sent as a prompt."""

    turn: int


@dataclass(frozen=True, slots=True)
class Decide:
    """Record a decision. After `accept` and `stop` nothing follows."""

    decision: GoalDecision
    turn: int
    reason: str
    cause: StopCause | None = None


# What a person may stop while it is carried out; a decision is only written down.
Stoppable = RunChecks | Draft | Drive | Rejoin | Review | Ask | Wait | Release
GoalCommand = Stoppable | Decide

# --- events ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Checked:
    """The results, and the workspace before and after they ran."""

    turn: int
    results: tuple[CheckResult, ...]
    before: WorkspaceState
    after: WorkspaceState
    spent: Spent = Spent()


@dataclass(frozen=True, slots=True)
class Drafted:
    """The prompt. `text_sha` is over the text as it was worded; when the ledger's differs, a secret was taken out."""

    turn: int
    text: str
    text_sha: str
    spent: Spent = Spent()


@dataclass(frozen=True, slots=True)
class Driven:
    """What became of a drive and its turn. `limited`: the turn was rate limited, `resets_in_ms`: for how long still,
    None when not known. `still`: the turn did not end, but chat and workspace have not changed for long."""

    turn: int
    drive_id: str
    outcome: Outcome
    state: TurnState | None = None
    reply: str | None = None
    reason: str | None = None
    obstacle: str | None = None
    doubt: str | None = None
    limited: bool = False
    resets_in_ms: int | None = None
    still: bool = False
    spent: Spent = Spent()


@dataclass(frozen=True, slots=True)
class Reviewed:
    """What was read in a reply, by rules or by a model. `problem`: why the model gave no judgement."""

    turn: int
    by: str
    question: str | None = None
    answer: str | None = None
    wording: str | None = None
    summary: str | None = None
    problem: str | None = None
    spent: Spent = Spent()


@dataclass(frozen=True, slots=True)
class Answered:
    """A person answered the question. `text` is None when it was answered in the IDE."""

    turn: int
    by: AnsweredBy
    text: str | None = None
    spent: Spent = Spent()


@dataclass(frozen=True, slots=True)
class Unanswered:
    """The question was not answered in the time given."""

    turn: int
    spent: Spent = Spent()


@dataclass(frozen=True, slots=True)
class Waited:
    """The time of a `Wait` is over."""

    spent: Spent = Spent()


@dataclass(frozen=True, slots=True)
class Released:
    """The turn that waited was asked to end. `ok` is false when the chat still waits."""

    turn: int
    ok: bool
    spent: Spent = Spent()


@dataclass(frozen=True, slots=True)
class Halted:
    """A person stopped the goal; may come instead of any other event."""

    reason: str
    spent: Spent = Spent()


@dataclass(frozen=True, slots=True)
class Broken:
    """What was asked for cannot be done at all; may come instead of any other event."""

    cause: StopCause
    reason: str
    spent: Spent = Spent()


@dataclass(frozen=True, slots=True)
class Noted:
    """A decision was recorded."""

    spent: Spent = Spent()


GoalEvent = Checked | Drafted | Driven | Reviewed | Answered | Unanswered | Waited | Released | Halted | Broken | Noted
