"""Every name of the wire, once: who may ask it, who answers, and with which messages."""

from dataclasses import dataclass
from typing import Literal

from bridge.protocol.messages.approvals import (
    ApprovalDecideParams,
    ApprovalsListParams,
    ApprovalsListResult,
    ApprovalView,
)
from bridge.protocol.messages.base import Empty, Message, Role
from bridge.protocol.messages.chat import (
    ChatCancelParams,
    ChatEvent,
    ChatOpenParams,
    CommandResult,
    DeliverParams,
    DeliverResult,
)
from bridge.protocol.messages.chats import ChatsListParams, ChatsListResult, ChatView, StoreFault
from bridge.protocol.messages.commands import CommandsListParams, CommandsListResult
from bridge.protocol.messages.daemon import StatusResult
from bridge.protocol.messages.desk import (
    DeskCalibrateParams,
    DeskCalibrateResult,
    DeskInjectParams,
    DeskInjectResult,
    DeskStopResult,
)
from bridge.protocol.messages.doctor import DoctorRunParams, DoctorRunResult
from bridge.protocol.messages.drive import (
    DriveGetParams,
    DriveListParams,
    DriveListResult,
    DriveStartParams,
    DriveView,
    DriveWaitParams,
    LookupParams,
    LookupResult,
)
from bridge.protocol.messages.events import Event, SubscribeParams, SubscribeResult
from bridge.protocol.messages.goals import (
    GoalAnswerParams,
    GoalGetParams,
    GoalListParams,
    GoalListResult,
    GoalStartParams,
    GoalView,
)
from bridge.protocol.messages.initialize import InitializeParams, InitializeResult
from bridge.protocol.messages.interfaces import ExplainParams, ExplainResult, InterfacesListResult
from bridge.protocol.messages.ledger import LedgerTailParams, LedgerTailResult, LedgerVerifyResult
from bridge.protocol.messages.log import LogMessage
from bridge.protocol.messages.plugin import SelfTestResult
from bridge.protocol.messages.recovery import (
    RecoveriesListResult,
    RecoveryRecordParams,
    RecoveryRunParams,
    RecoveryRunResult,
)
from bridge.protocol.messages.sessions import SelfTestParams, SessionsListResult
from bridge.protocol.messages.surfaces import SurfacesChanged
from bridge.protocol.messages.trust import TrustListResult, TrustSetParams


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
