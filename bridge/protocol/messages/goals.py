"""The messages about goals.

Money is in whole microdollars (millionths of a US dollar), so that sums are exact.
"""

from typing import Annotated, Literal

from pydantic import Field

from bridge.protocol.messages.base import DriveId, Identifier, Integer, Message, Milliseconds, TextHash
from bridge.protocol.messages.surfaces import SurfaceSelector
from bridge.protocol.messages.trust import TrustLevel, Workspace

GoalId = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,95}$")]
GoalState = Literal["queued", "running", "asking", "waiting", "paused", "accepted", "stopped"]
GoalDecision = Literal["continue", "accept", "ask", "stop"]
StopCause = Literal["budget", "repeat", "regression", "blocked", "failed", "operator"]
CheckState = Literal["pass", "fail", "unknown"]
OnQuestion = Literal["ask", "notes", "reviewer"]
ReviewerApi = Literal["openai", "anthropic"]
QuestionKind = Literal["reply", "pending", "doubt", "cancelled"]
AnsweredBy = Literal["operator", "notes", "reviewer", "ide"]
ChatChoice = Literal["current", "new"]


class CheckTerms(Message):
    """A command that says whether the goal is reached: its `exit` is expected. `cwd` is below the workspace.

    `protect`: globs below the workspace; to change such a file is to change the check itself.
    """

    name: Identifier
    command: list[str]
    exit: Annotated[int, Field(ge=0, le=255)]
    cwd: str
    timeout_ms: Milliseconds
    protect: list[str]


class BudgetTerms(Message):
    """What a goal may take. `ms` counts while it works, not while a person is asked. Tokens and money are the
    reviewer's; what the IDE's agent costs is not known here."""

    turns: Milliseconds
    ms: Milliseconds
    tokens: Milliseconds | None = None
    microdollars: Milliseconds | None = None


class StopTerms(Message):
    """How often in a row before it stops: the same failure, the same blocker, more failing than the turn before."""

    same_failure: Annotated[int, Field(ge=1, le=1000)]
    same_blocker: Annotated[int, Field(ge=1, le=1000)]
    growing: Annotated[int, Field(ge=1, le=1000)]


class ReviewerTerms(Message):
    """Who reads the replies. The key is in the file `key_file`, else in the daemon's environment under `key_env`.

    Prices are microdollars for a million tokens; without them money is not counted.
    """

    api: ReviewerApi
    model: Identifier
    url: str | None = None
    key_env: Identifier | None = None
    key_file: str | None = None
    price_in: Milliseconds | None = None
    price_out: Milliseconds | None = None


class GoalTerms(Message):
    """All that a goal is. `approve`: interfaces whose approvals are given without a person. `prompts`: a folder whose
    templates take the place of ours. `trust`: the level that the interface must have for this."""

    text: Annotated[str, Field(min_length=1, max_length=20_000)]
    selector: SurfaceSelector
    checks: list[CheckTerms]
    notes: list[str]
    budget: BudgetTerms
    stop: StopTerms
    approve: list[Identifier]
    turn_ms: Milliseconds
    quiet_ms: Milliseconds
    answer_ms: Milliseconds
    on_question: OnQuestion
    trust: TrustLevel
    chat: ChatChoice = "current"
    workspace: Workspace | None = None
    reviewer: ReviewerTerms | None = None
    prompts: str | None = None


class GoalStartParams(Message):
    """Begin a goal, under an id the caller made. The same id and terms are the same goal. An operator's word: checks
    are commands."""

    goal_id: GoalId
    terms: GoalTerms


class GoalGetParams(Message):
    """A goal by its id."""

    goal_id: GoalId


class GoalListParams(Message):
    """The newest goals first."""

    limit: Annotated[int, Field(ge=1, le=1000)] = 50
    state: GoalState | None = None


class GoalAnswerParams(Message):
    """An operator's answer to the question that was read; refused when it is another by now."""

    goal_id: GoalId
    question_id: Identifier
    text: Annotated[str, Field(min_length=1, max_length=20_000)]


class CheckView(Message):
    """One check as it ended last. `failing`: how many failures its output counts. `why`: what kept it from an answer.
    `stable` is false when the workspace changed while it ran."""

    name: str
    state: CheckState
    ms: Milliseconds
    exit: Integer | None = None
    failing: Integer | None = None
    why: str | None = None
    stable: bool = True


class QuestionView(Message):
    """What a person is asked. `reply`: the agent's reply ends with it. `pending`: the chat itself waits, and can be
    answered there. `doubt`: whether a prompt was sent is not known. `cancelled`: the turn was stopped in the IDE."""

    question_id: Identifier
    kind: QuestionKind
    text: str
    asked_at_ms: Milliseconds
    expires_at_ms: Milliseconds


class SpentView(Message):
    """What a goal took so far, in the units of its budget."""

    turns: Milliseconds
    ms: Milliseconds
    tokens: Milliseconds
    microdollars: Milliseconds


class GoalView(Message):
    """All there is to say of one goal. `activity` is what is being done, for people. `cause` and `reason` say why it
    was stopped, `decision` what was decided last."""

    goal_id: GoalId
    state: GoalState
    text: str
    created_at_ms: Milliseconds
    turn: Milliseconds
    budget: BudgetTerms
    spent: SpentView
    checks: list[CheckView]
    terms_sha: TextHash
    activity: str
    pausing: bool = False
    surface: str | None = None
    workspace: str | None = None
    interface: str | None = None
    drive_id: DriveId | None = None
    approval: str | None = None
    decision: GoalDecision | None = None
    cause: StopCause | None = None
    reason: str | None = None
    summary: str | None = None
    question: QuestionView | None = None
    wakes_at_ms: Milliseconds | None = None
    ended_at_ms: Milliseconds | None = None
    queued_behind: Integer | None = None


class GoalListResult(Message):
    """Newest first."""

    goals: list[GoalView]
