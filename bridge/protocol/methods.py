"""Every name of the wire, once: who may ask it, who answers, and with which messages."""

from dataclasses import dataclass
from typing import Literal

from bridge.protocol.messages import (
    approvals,
    chat,
    chats,
    commands,
    daemon,
    desk,
    doctor,
    drive,
    events,
    goals,
    initialize,
    interfaces,
    ledger,
    log,
    plugin,
    recovery,
    sessions,
    surfaces,
    trust,
)
from bridge.protocol.messages.base import Empty, Message, Role


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
    "initialize": Method("daemon", initialize.InitializeParams, initialize.InitializeResult),
    "ping": Method("any", Empty, Empty),
    # asked by the daemon of a plugin
    "chat/deliver": Method("plugin", chat.DeliverParams, chat.DeliverResult),
    "chat/open": Method("plugin", chat.ChatOpenParams, chat.CommandResult),
    "chat/cancel": Method("plugin", chat.ChatCancelParams, chat.CommandResult),
    "drive/lookup": Method("plugin", drive.LookupParams, drive.LookupResult),
    "commands/list": Method("plugin", commands.CommandsListParams, commands.CommandsListResult),
    "window/reload": Method("plugin", Empty, chat.CommandResult),
    "plugin/selftest": Method("plugin", Empty, plugin.SelfTestResult),
    # told by a plugin
    "chat/event": Method("daemon", chat.ChatEvent, None, _PLUGIN),
    "surfaces/changed": Method("daemon", surfaces.SurfacesChanged, None, _PLUGIN),
    "log/message": Method("daemon", log.LogMessage, None, _PLUGIN),
    # asked by clients
    "drive/start": Method("daemon", drive.DriveStartParams, drive.DriveView, _CLIENTS),
    "drive/get": Method("daemon", drive.DriveGetParams, drive.DriveView, _CLIENTS),
    "drive/list": Method("daemon", drive.DriveListParams, drive.DriveListResult, _CLIENTS),
    "drive/wait": Method("daemon", drive.DriveWaitParams, drive.DriveView, _CLIENTS),
    "drive/cancel": Method("daemon", drive.DriveGetParams, drive.DriveView, _CLIENTS),
    "events/subscribe": Method("daemon", events.SubscribeParams, events.SubscribeResult, _CLIENTS),
    "sessions/list": Method("daemon", Empty, sessions.SessionsListResult, _CLIENTS),
    "sessions/selftest": Method("daemon", sessions.SelfTestParams, plugin.SelfTestResult, _CLIENTS),
    "interfaces/explain": Method("daemon", interfaces.ExplainParams, interfaces.ExplainResult, _CLIENTS),
    "interfaces/list": Method("daemon", Empty, interfaces.InterfacesListResult, _CLIENTS),
    "trust/list": Method("daemon", Empty, trust.TrustListResult, _CLIENTS),
    "trust/set": Method("daemon", trust.TrustSetParams, trust.TrustListResult, _OPERATOR),
    "approvals/list": Method("daemon", approvals.ApprovalsListParams, approvals.ApprovalsListResult, _CLIENTS),
    "approvals/decide": Method("daemon", approvals.ApprovalDecideParams, approvals.ApprovalView, _OPERATOR),
    "goals/start": Method("daemon", goals.GoalStartParams, goals.GoalView, _OPERATOR),
    "goals/get": Method("daemon", goals.GoalGetParams, goals.GoalView, _CLIENTS),
    "goals/list": Method("daemon", goals.GoalListParams, goals.GoalListResult, _CLIENTS),
    "goals/pause": Method("daemon", goals.GoalGetParams, goals.GoalView, _CLIENTS),
    "goals/resume": Method("daemon", goals.GoalGetParams, goals.GoalView, _OPERATOR),
    "goals/stop": Method("daemon", goals.GoalGetParams, goals.GoalView, _CLIENTS),
    "goals/answer": Method("daemon", goals.GoalAnswerParams, goals.GoalView, _OPERATOR),
    "ledger/tail": Method("daemon", ledger.LedgerTailParams, ledger.LedgerTailResult, _CLIENTS),
    "ledger/verify": Method("daemon", Empty, ledger.LedgerVerifyResult, _CLIENTS),
    "doctor/run": Method("daemon", doctor.DoctorRunParams, doctor.DoctorRunResult, _CLIENTS),
    "recovery/list": Method("daemon", Empty, recovery.RecoveriesListResult, _CLIENTS),
    "recovery/run": Method("daemon", recovery.RecoveryRunParams, recovery.RecoveryRunResult, _CLIENTS),
    "recovery/record": Method("daemon", recovery.RecoveryRecordParams, Empty, _OPERATOR),
    # The desktop by hand. Every client may end it.
    "desk/inject": Method("daemon", desk.DeskInjectParams, desk.DeskInjectResult, _OPERATOR),
    "desk/calibrate": Method("daemon", desk.DeskCalibrateParams, desk.DeskCalibrateResult, _OPERATOR),
    "desk/stop": Method("daemon", Empty, desk.DeskStopResult, _CLIENTS),
    "daemon/status": Method("daemon", Empty, daemon.StatusResult, _CLIENTS),
    "daemon/stop": Method("daemon", Empty, Empty, _CLIENTS),
    "chats/list": Method("daemon", chats.ChatsListParams, chats.ChatsListResult, _CLIENTS),
    # told to clients
    "events/event": Method("client", events.Event, None),
    "events/chat": Method("client", chats.ChatView, None),
    "events/store": Method("client", chats.StoreFault, None),
}
