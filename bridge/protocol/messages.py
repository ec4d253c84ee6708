"""Every message of the wire, once. `python -m bridge.protocol.generate` writes the other languages from this file.

Times are integer milliseconds: `*_at_ms` since the Unix epoch, `*_ms` alone a length. Paths are absolute.
"""

from typing import Annotated, Literal

from pydantic import Field

from bridge.protocol.choosing import ExplainParams as ExplainParams
from bridge.protocol.choosing import ExplainResult as ExplainResult
from bridge.protocol.choosing import ExplainRow as ExplainRow
from bridge.protocol.choosing import InterfacesListResult as InterfacesListResult
from bridge.protocol.choosing import InterfaceView as InterfaceView
from bridge.protocol.choosing import SurfaceSelector as SurfaceSelector
from bridge.protocol.commanding import ChatCancelParams as ChatCancelParams
from bridge.protocol.commanding import ChatOpenParams as ChatOpenParams
from bridge.protocol.commanding import CommandResult as CommandResult
from bridge.protocol.commanding import CommandsListParams as CommandsListParams
from bridge.protocol.commanding import CommandsListResult as CommandsListResult
from bridge.protocol.commanding import Lookup as Lookup
from bridge.protocol.commanding import LookupParams as LookupParams
from bridge.protocol.commanding import SelfTestParams as SelfTestParams
from bridge.protocol.commanding import SelfTestResult as SelfTestResult
from bridge.protocol.examining import DoctorRunParams as DoctorRunParams
from bridge.protocol.examining import DoctorRunResult as DoctorRunResult
from bridge.protocol.examining import ExaminedState as ExaminedState
from bridge.protocol.examining import ExaminedView as ExaminedView
from bridge.protocol.examining import FindingView as FindingView
from bridge.protocol.examining import RefusedPlugin as RefusedPlugin
from bridge.protocol.examining import RemedyView as RemedyView
from bridge.protocol.examining import SeenView as SeenView
from bridge.protocol.examining import Severity as Severity
from bridge.protocol.examining import StandingView as StandingView
from bridge.protocol.framing import LINE_MAX_BYTES as LINE_MAX_BYTES
from bridge.protocol.injecting import DeskCalibrateParams as DeskCalibrateParams
from bridge.protocol.injecting import DeskCalibrateResult as DeskCalibrateResult
from bridge.protocol.injecting import DeskInjectParams as DeskInjectParams
from bridge.protocol.injecting import DeskInjectResult as DeskInjectResult
from bridge.protocol.injecting import DeskStep as DeskStep
from bridge.protocol.injecting import DeskStopResult as DeskStopResult
from bridge.protocol.injecting import DeskTarget as DeskTarget
from bridge.protocol.injecting import InjectionLevel as InjectionLevel
from bridge.protocol.permitting import ApprovalDecideParams as ApprovalDecideParams
from bridge.protocol.permitting import ApprovalsListParams as ApprovalsListParams
from bridge.protocol.permitting import ApprovalsListResult as ApprovalsListResult
from bridge.protocol.permitting import ApprovalState as ApprovalState
from bridge.protocol.permitting import ApprovalView as ApprovalView
from bridge.protocol.permitting import DefaultTrust as DefaultTrust
from bridge.protocol.permitting import DriveAction as DriveAction
from bridge.protocol.permitting import GrantView as GrantView
from bridge.protocol.permitting import PolicyDecision as PolicyDecision
from bridge.protocol.permitting import SecretsInPrompts as SecretsInPrompts
from bridge.protocol.permitting import TrustLevel as TrustLevel
from bridge.protocol.permitting import TrustListResult as TrustListResult
from bridge.protocol.permitting import TrustSetParams as TrustSetParams
from bridge.protocol.permitting import Workspace as Workspace
from bridge.protocol.prompt import PROMPT_MAX_BYTES as PROMPT_MAX_BYTES
from bridge.protocol.pursuing import AnsweredBy as AnsweredBy
from bridge.protocol.pursuing import BudgetTerms as BudgetTerms
from bridge.protocol.pursuing import ChatChoice as ChatChoice
from bridge.protocol.pursuing import CheckState as CheckState
from bridge.protocol.pursuing import CheckTerms as CheckTerms
from bridge.protocol.pursuing import CheckView as CheckView
from bridge.protocol.pursuing import GoalAnswerParams as GoalAnswerParams
from bridge.protocol.pursuing import GoalDecision as GoalDecision
from bridge.protocol.pursuing import GoalGetParams as GoalGetParams
from bridge.protocol.pursuing import GoalId as GoalId
from bridge.protocol.pursuing import GoalListParams as GoalListParams
from bridge.protocol.pursuing import GoalListResult as GoalListResult
from bridge.protocol.pursuing import GoalStartParams as GoalStartParams
from bridge.protocol.pursuing import GoalState as GoalState
from bridge.protocol.pursuing import GoalTerms as GoalTerms
from bridge.protocol.pursuing import GoalView as GoalView
from bridge.protocol.pursuing import OnQuestion as OnQuestion
from bridge.protocol.pursuing import QuestionKind as QuestionKind
from bridge.protocol.pursuing import QuestionView as QuestionView
from bridge.protocol.pursuing import ReviewerApi as ReviewerApi
from bridge.protocol.pursuing import ReviewerTerms as ReviewerTerms
from bridge.protocol.pursuing import SpentView as SpentView
from bridge.protocol.pursuing import StopCause as StopCause
from bridge.protocol.pursuing import StopTerms as StopTerms
from bridge.protocol.recording import LedgerRow as LedgerRow
from bridge.protocol.recording import LedgerTailParams as LedgerTailParams
from bridge.protocol.recording import LedgerTailResult as LedgerTailResult
from bridge.protocol.recording import LedgerVerifyResult as LedgerVerifyResult
from bridge.protocol.recovering import CheckedAgain as CheckedAgain
from bridge.protocol.recovering import QueueView as QueueView
from bridge.protocol.recovering import RecoveriesListResult as RecoveriesListResult
from bridge.protocol.recovering import RecoveryPlace as RecoveryPlace
from bridge.protocol.recovering import RecoveryRecordParams as RecoveryRecordParams
from bridge.protocol.recovering import RecoveryRunParams as RecoveryRunParams
from bridge.protocol.recovering import RecoveryRunResult as RecoveryRunResult
from bridge.protocol.recovering import RecoveryState as RecoveryState
from bridge.protocol.recovering import RecoveryView as RecoveryView
from bridge.protocol.vocabulary import SAFE_INTEGER as SAFE_INTEGER
from bridge.protocol.vocabulary import ChannelGrade as ChannelGrade
from bridge.protocol.vocabulary import Disposition as Disposition
from bridge.protocol.vocabulary import DriveId as DriveId
from bridge.protocol.vocabulary import DriveState as DriveState
from bridge.protocol.vocabulary import Empty as Empty
from bridge.protocol.vocabulary import FactKind as FactKind
from bridge.protocol.vocabulary import Grade as Grade
from bridge.protocol.vocabulary import Identifier as Identifier
from bridge.protocol.vocabulary import Integer as Integer
from bridge.protocol.vocabulary import JournalState as JournalState
from bridge.protocol.vocabulary import LogLevel as LogLevel
from bridge.protocol.vocabulary import Message as Message
from bridge.protocol.vocabulary import Milliseconds as Milliseconds
from bridge.protocol.vocabulary import Outcome as Outcome
from bridge.protocol.vocabulary import Role as Role
from bridge.protocol.vocabulary import TextHash as TextHash
from bridge.protocol.vocabulary import TurnState as TurnState
from bridge.protocol.watching import ChatsListParams as ChatsListParams
from bridge.protocol.watching import ChatsListResult as ChatsListResult
from bridge.protocol.watching import ChatState as ChatState
from bridge.protocol.watching import ChatView as ChatView
from bridge.protocol.watching import StoreFault as StoreFault
from bridge.protocol.watching import WatchView as WatchView

PROTOCOL_MIN = 1
PROTOCOL_MAX = 1


class ErrorData(Message):
    """Our part of a JSON-RPC error. `reason` is a stable word, `where` a field or file, `hint` the next step.

    `retry` says that the same request may succeed later without a change by the caller.
    """

    reason: Identifier
    retry: bool = False
    where: str | None = None
    hint: str | None = None


class ErrorObject(Message):
    """The `error` of a JSON-RPC answer. `message` is for people and never holds the text of a prompt."""

    code: Integer
    message: str
    data: ErrorData | None = None


# --- initialize ------------------------------------------------------------------------------------------------------


class ProtocolRange(Message):
    """The protocol versions a peer can speak, both ends included."""

    min: Annotated[int, Field(ge=1, le=SAFE_INTEGER)]
    max: Annotated[int, Field(ge=1, le=SAFE_INTEGER)]


class IdeInfo(Message):
    """Which IDE the plugin runs in. `product` is a lower-case id such as `code`, `cursor`, `codium`, `idea`."""

    product: Identifier
    version: str
    app_name: str
    app_host: str


class StoreHint(Message):
    """Where the plugin believes the chats of a surface are stored. `store` is the id of an observer."""

    store: Identifier
    path: str


class SurfaceInfo(Message):
    """One chat that can be addressed through a plugin. `interfaces` are registry ids the plugin can perform for it."""

    surface_id: Identifier
    agent: Identifier
    title: str
    workspace_folders: list[str]
    interfaces: list[Identifier]
    store: StoreHint | None = None


class PluginInfo(Message):
    """What only plugins say of themselves. `window_id` stays the same over a reload; `host_started_at_ms` does not."""

    ide: IdeInfo
    pid: Annotated[int, Field(ge=1, le=SAFE_INTEGER)]
    host_started_at_ms: Milliseconds
    window_id: Identifier
    capabilities: list[Identifier]
    surfaces: list[SurfaceInfo]


class InitializeParams(Message):
    """The first request of every peer. `plugin` is required for the role plugin and absent for the others."""

    role: Role
    name: Identifier
    version: str
    protocol: ProtocolRange
    plugin: PluginInfo | None = None


class InitializeResult(Message):
    """`epoch` grows with each connection of the same window; a plugin sends it back with everything it reports."""

    protocol: Integer
    daemon_version: str
    instance_id: str
    session_id: str
    epoch: Integer
    heartbeat_ms: Milliseconds


# --- asked by the daemon of a plugin ---------------------------------------------------------------------------------


class FactReport(Message):
    """One thing a plugin learned about a drive, at the grade it can honestly give; never `witness`.

    `text_sha` is the hash of the normalised text the fact is about (`bridge.drive.match`), where the plugin knows it.
    """

    kind: FactKind
    grade: ChannelGrade
    at_ms: Milliseconds
    text_sha: TextHash | None = None
    chat_id: str | None = None
    detail: str | None = None


class TraceStep(Message):
    """One command the plugin ran on the way, for people who look for a fault."""

    op: Identifier
    ok: bool
    ms: Milliseconds
    command: str | None = None
    detail: str | None = None


class ChatTarget(Message):
    """Which chat of a surface: a given one, a new one, or (both unset) the one in use."""

    chat_id: str | None = None
    new_chat: bool = False
    mode: str | None = None


class DeliverParams(Message):
    """Put the text into the chat, and with `submit` send it, by the named interface and no other.

    The plugin answers within `answer_within_ms`; what it learns later it tells by `chat/event`.
    """

    drive_id: DriveId
    epoch: Integer
    surface_id: Identifier
    interface: Identifier
    text: str
    text_sha: TextHash
    submit: bool
    target: ChatTarget
    answer_within_ms: Milliseconds


class DeliverResult(Message):
    """`declined`: nothing was touched and `blocker` says why. `pending`: acting, more facts follow by `chat/event`.
    `done`: all that will be learned is in `facts`. `lost`: something was touched and the plugin cannot say what became
    of it."""

    drive_id: DriveId
    epoch: Integer
    disposition: Disposition
    facts: list[FactReport]
    trace: list[TraceStep]
    blocker: Identifier | None = None
    message: str | None = None


class LookupResult(Message):
    """The last journaled state of a drive and the facts recorded with it. `absent`: it was never begun here, and from
    now on never will be. `in_flight`: the delivery still runs, more facts follow by `chat/event`."""

    drive_id: DriveId
    state: JournalState
    facts: list[FactReport]
    in_flight: bool = False
    text_sha: TextHash | None = None


# --- told by a plugin ------------------------------------------------------------------------------------------------


class ChatEvent(Message):
    """Something happened in a chat. `drive_id` only where the plugin knows that it belongs to that drive."""

    surface_id: Identifier
    epoch: Integer
    fact: FactReport
    drive_id: DriveId | None = None


class SurfacesChanged(Message):
    """The whole new list of a plugin's surfaces, after a folder or an agent came or went."""

    surfaces: list[SurfaceInfo]


class LogMessage(Message):
    """A line for the daemon's log. Never holds the text of a prompt."""

    level: LogLevel
    message: str


# --- asked by clients ------------------------------------------------------------------------------------------------


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


class SubscribeParams(Message):
    """Events of one drive, of one goal, or of everything. With `chats` also what the chats' stores show."""

    drive_id: DriveId | None = None
    goal_id: GoalId | None = None
    chats: bool = False


class SubscribeResult(Message):
    """`seq` of the last ledger row before the first event that will be sent."""

    seq: Integer


class Event(Message):
    """One new ledger row, as told to subscribers. `drive` is the drive after that row, where the row is of one; so is
    `goal`, also with a `seq` of 0 and the kind `goal` for a change that is no row."""

    seq: Integer
    kind: Identifier
    at_ms: Milliseconds
    drive: DriveView | None = None
    goal: GoalView | None = None


class SessionView(Message):
    """One connected plugin."""

    session_id: str
    epoch: Integer
    ide: IdeInfo
    window_id: str
    pid: Integer
    plugin_name: str
    plugin_version: str
    protocol: Integer
    connected_at_ms: Milliseconds
    last_seen_at_ms: Milliseconds
    capabilities: list[str]
    surfaces: list[SurfaceInfo]


class SessionsListResult(Message):
    """The plugins connected now."""

    sessions: list[SessionView]


class StatusResult(Message):
    """The daemon in one page. `refused`: plugins that were turned away and did not come back otherwise since."""

    version: str
    instance_id: str
    pid: Integer
    started_at_ms: Milliseconds
    socket: str
    state_directory: str
    protocol: ProtocolRange
    sessions: list[SessionView]
    drives_open: Integer
    drives_settled: Integer
    ledger_rows: Integer
    clients: Integer
    watching: WatchView | None = None
    refused: list[RefusedPlugin] | None = None
