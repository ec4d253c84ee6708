"""Every name of the wire, once: who may ask it, who answers, and with which messages."""

from dataclasses import dataclass
from typing import Literal

from bridge.protocol.messages import (
    ApprovalDecideParams,
    ApprovalsListParams,
    ApprovalsListResult,
    ApprovalView,
    ChatCancelParams,
    ChatEvent,
    ChatOpenParams,
    ChatsListParams,
    ChatsListResult,
    ChatView,
    CommandResult,
    CommandsListParams,
    CommandsListResult,
    DeliverParams,
    DeliverResult,
    DeskCalibrateParams,
    DeskCalibrateResult,
    DeskInjectParams,
    DeskInjectResult,
    DeskStopResult,
    DoctorRunParams,
    DoctorRunResult,
    DriveGetParams,
    DriveListParams,
    DriveListResult,
    DriveStartParams,
    DriveView,
    DriveWaitParams,
    Empty,
    Event,
    ExplainParams,
    ExplainResult,
    GoalAnswerParams,
    GoalGetParams,
    GoalListParams,
    GoalListResult,
    GoalStartParams,
    GoalView,
    InitializeParams,
    InitializeResult,
    InterfacesListResult,
    LedgerTailParams,
    LedgerTailResult,
    LedgerVerifyResult,
    LogMessage,
    LookupParams,
    LookupResult,
    Message,
    RecoveriesListResult,
    RecoveryRecordParams,
    RecoveryRunParams,
    RecoveryRunResult,
    Role,
    SelfTestParams,
    SelfTestResult,
    SessionsListResult,
    StatusResult,
    StoreFault,
    SubscribeParams,
    SubscribeResult,
    SurfacesChanged,
    TrustListResult,
    TrustSetParams,
)


@dataclass(frozen=True, slots=True)
class Method:
    """One name of the wire: who answers it, what it takes, and what it gives (`None`: a notification)."""

    answered_by: Literal["daemon", "plugin", "client", "any"]
    params: type[Message]
    result: type[Message] | None
    asked_by: frozenset[Role] = frozenset({"plugin", "client", "operator"})


_PLUGIN: frozenset[Role] = frozenset({"plugin"})
_CLIENTS: frozenset[Role] = frozenset({"client", "operator"})
# What a person decides. A program that drives for others connects as a client, and cannot permit itself anything.
_OPERATOR: frozenset[Role] = frozenset({"operator"})

METHODS: dict[str, Method] = {
    "initialize": Method("daemon", InitializeParams, InitializeResult),
    "ping": Method("any", Empty, Empty),
    # asked by the daemon of a plugin
    "chat/deliver": Method("plugin", DeliverParams, DeliverResult),
    "chat/open": Method("plugin", ChatOpenParams, CommandResult),
    "chat/cancel": Method("plugin", ChatCancelParams, CommandResult),
    "drive/lookup": Method("plugin", LookupParams, LookupResult),
    "commands/list": Method("plugin", CommandsListParams, CommandsListResult),
    "window/reload": Method("plugin", Empty, CommandResult),
    "plugin/selftest": Method("plugin", Empty, SelfTestResult),
    # told by a plugin
    "chat/event": Method("daemon", ChatEvent, None, _PLUGIN),
    "surfaces/changed": Method("daemon", SurfacesChanged, None, _PLUGIN),
    "log/message": Method("daemon", LogMessage, None, _PLUGIN),
    # asked by clients
    "drive/start": Method("daemon", DriveStartParams, DriveView, _CLIENTS),
    "drive/get": Method("daemon", DriveGetParams, DriveView, _CLIENTS),
    "drive/list": Method("daemon", DriveListParams, DriveListResult, _CLIENTS),
    "drive/wait": Method("daemon", DriveWaitParams, DriveView, _CLIENTS),
    "drive/cancel": Method("daemon", DriveGetParams, DriveView, _CLIENTS),
    "events/subscribe": Method("daemon", SubscribeParams, SubscribeResult, _CLIENTS),
    "sessions/list": Method("daemon", Empty, SessionsListResult, _CLIENTS),
    "sessions/selftest": Method("daemon", SelfTestParams, SelfTestResult, _CLIENTS),
    "interfaces/explain": Method("daemon", ExplainParams, ExplainResult, _CLIENTS),
    "interfaces/list": Method("daemon", Empty, InterfacesListResult, _CLIENTS),
    "trust/list": Method("daemon", Empty, TrustListResult, _CLIENTS),
    "trust/set": Method("daemon", TrustSetParams, TrustListResult, _OPERATOR),
    "approvals/list": Method("daemon", ApprovalsListParams, ApprovalsListResult, _CLIENTS),
    "approvals/decide": Method("daemon", ApprovalDecideParams, ApprovalView, _OPERATOR),
    "goals/start": Method("daemon", GoalStartParams, GoalView, _OPERATOR),
    "goals/get": Method("daemon", GoalGetParams, GoalView, _CLIENTS),
    "goals/list": Method("daemon", GoalListParams, GoalListResult, _CLIENTS),
    "goals/pause": Method("daemon", GoalGetParams, GoalView, _CLIENTS),
    "goals/resume": Method("daemon", GoalGetParams, GoalView, _OPERATOR),
    "goals/stop": Method("daemon", GoalGetParams, GoalView, _CLIENTS),
    "goals/answer": Method("daemon", GoalAnswerParams, GoalView, _OPERATOR),
    "ledger/tail": Method("daemon", LedgerTailParams, LedgerTailResult, _CLIENTS),
    "ledger/verify": Method("daemon", Empty, LedgerVerifyResult, _CLIENTS),
    "doctor/run": Method("daemon", DoctorRunParams, DoctorRunResult, _CLIENTS),
    "recovery/list": Method("daemon", Empty, RecoveriesListResult, _CLIENTS),
    "recovery/run": Method("daemon", RecoveryRunParams, RecoveryRunResult, _CLIENTS),
    "recovery/record": Method("daemon", RecoveryRecordParams, Empty, _OPERATOR),
    # The desktop by hand. Ending it is anybody's right.
    "desk/inject": Method("daemon", DeskInjectParams, DeskInjectResult, _OPERATOR),
    "desk/calibrate": Method("daemon", DeskCalibrateParams, DeskCalibrateResult, _OPERATOR),
    "desk/stop": Method("daemon", Empty, DeskStopResult, _CLIENTS),
    "daemon/status": Method("daemon", Empty, StatusResult, _CLIENTS),
    "daemon/stop": Method("daemon", Empty, Empty, _CLIENTS),
    "chats/list": Method("daemon", ChatsListParams, ChatsListResult, _CLIENTS),
    # told to clients
    "events/event": Method("client", Event, None),
    "events/chat": Method("client", ChatView, None),
    "events/store": Method("client", StoreFault, None),
}
