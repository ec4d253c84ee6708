"""Method name to function, for everything the daemon answers. What stands behind is named by protocols only."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final, Protocol

import anyio

from bridge.daemon.socket.connection import Connection
from bridge.daemon.socket.sessions import PluginSession, Sessions
from bridge.protocol.errors import BridgeError, Reason
from bridge.protocol.jsonrpc.peer import Handler
from bridge.protocol.messages.approvals import (
    ApprovalDecideParams,
    ApprovalsListParams,
    ApprovalsListResult,
    ApprovalView,
)
from bridge.protocol.messages.base import Empty, Message, Role
from bridge.protocol.messages.chats import ChatsListParams, ChatsListResult, ChatView, StoreFault, WatchView
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
from bridge.protocol.messages.initialize import (
    PROTOCOL_MAX,
    PROTOCOL_MIN,
    InitializeParams,
    InitializeResult,
    ProtocolRange,
)
from bridge.protocol.messages.interfaces import ExplainParams, ExplainResult, InterfacesListResult
from bridge.protocol.messages.ledger import LedgerTailParams, LedgerTailResult, LedgerVerifyResult
from bridge.protocol.messages.plugin import SelfTestResult
from bridge.protocol.messages.recovery import (
    RecoveriesListResult,
    RecoveryRecordParams,
    RecoveryRunParams,
    RecoveryRunResult,
)
from bridge.protocol.messages.sessions import SelfTestParams, SessionsListResult
from bridge.protocol.messages.trust import TrustListResult, TrustSetParams
from bridge.version import VERSION

SELFTEST_S = 15.0


class Drives(Protocol):
    """The drives, as handlers see them. A cancelled call (its client left) must not stop a drive that was accepted."""

    async def start(self, params: DriveStartParams) -> DriveView: ...
    async def get(self, params: DriveGetParams) -> DriveView: ...
    async def list(self, params: DriveListParams) -> DriveListResult: ...
    async def wait(self, params: DriveWaitParams) -> DriveView: ...
    async def cancel(self, params: DriveGetParams) -> DriveView: ...

    def subscribe(self, callback: Callable[[Event], None]) -> Callable[[], None]:
        """Call back with every event after the row `Records.last_seq`, until the returned function is called."""

    def counts(self) -> tuple[int, int]:
        """Drives open and settled."""


class Records(Protocol):
    """The ledger, as handlers see it."""

    async def tail(self, params: LedgerTailParams) -> LedgerTailResult: ...
    async def verify(self) -> LedgerVerifyResult: ...
    def last_seq(self) -> int:
        """The last row that subscribers have been told of."""


class Interfaces(Protocol):
    """The registry, as handlers see it."""

    def list(self) -> InterfacesListResult: ...
    async def explain(self, params: ExplainParams) -> ExplainResult: ...


class Permissions(Protocol):
    """Trust and approvals, as handlers see them."""

    async def trust_list(self) -> TrustListResult: ...
    async def trust_set(self, params: TrustSetParams) -> TrustListResult: ...
    def list(self, params: ApprovalsListParams) -> ApprovalsListResult: ...
    async def decide(self, params: ApprovalDecideParams) -> ApprovalView: ...


class Desktop(Protocol):
    """The desktop as handlers see it."""

    async def inject(self, params: DeskInjectParams) -> DeskInjectResult: ...
    async def calibrate(self, params: DeskCalibrateParams) -> DeskCalibrateResult: ...
    async def stop(self) -> DeskStopResult: ...


class Chats(Protocol):
    """What the chats' own stores show, as handlers see it."""

    async def list(self, params: ChatsListParams) -> ChatsListResult: ...
    def watching(self) -> WatchView | None: ...
    def subscribe(self, callback: Callable[[ChatView | StoreFault], None]) -> Callable[[], None]:
        """Call back with every chat whose state changes and every fault, until the returned function is called."""


class Recoveries(Protocol):
    """What can be done against what is wrong, as handlers see it."""

    def list(self) -> RecoveriesListResult: ...
    async def run(self, params: RecoveryRunParams, role: Role) -> RecoveryRunResult: ...
    async def record(self, params: RecoveryRecordParams) -> Empty: ...


class Examiner(Protocol):
    """The doctor, as handlers see it."""

    async def run(self, params: DoctorRunParams) -> DoctorRunResult: ...


class Goals(Protocol):
    """The goals, as handlers see them."""

    async def start(self, params: GoalStartParams) -> GoalView: ...
    async def get(self, params: GoalGetParams) -> GoalView: ...
    async def list(self, params: GoalListParams) -> GoalListResult: ...
    async def pause(self, params: GoalGetParams) -> GoalView: ...
    async def resume(self, params: GoalGetParams) -> GoalView: ...
    async def stop(self, params: GoalGetParams) -> GoalView: ...
    async def answer(self, params: GoalAnswerParams) -> GoalView: ...
    def subscribe(self, callback: Callable[[Event], None]) -> Callable[[], None]:
        """Call back with every change of a goal, until the returned function is called."""


@dataclass(frozen=True, slots=True)
class Identity:
    """What the daemon says of itself."""

    instance_id: str
    pid: int
    started_at_ms: int
    socket: Path
    state_directory: Path


@dataclass(frozen=True, slots=True)
class House:
    """Everything that handlers act on. `stop` is set to end the daemon."""

    identity: Identity
    sessions: Sessions
    drives: Drives
    records: Records
    interfaces: Interfaces
    permissions: Permissions
    goals: Goals
    recoveries: Recoveries
    examiner: Examiner
    desktop: Desktop
    stop: anyio.Event
    clients: Callable[[], int]
    chats: Chats


async def _initialize(house: House, connection: Connection, params: InitializeParams) -> InitializeResult:
    connection.begin()
    try:
        protocol = negotiate(params.protocol)
        session = await _attach(house, connection, params, protocol)
    except BaseException as error:
        if isinstance(error, BridgeError) and error.reason is Reason.PROTOCOL_MISMATCH:
            house.sessions.refuse(params)
        connection.give_up()
        raise
    connection.peer.name = f"{params.role} {params.name}"
    connection.become(params.role, session)
    return InitializeResult(
        protocol=protocol,
        daemon_version=VERSION,
        instance_id=house.identity.instance_id,
        session_id=session.session_id if session else "",
        epoch=session.epoch if session else 0,
        heartbeat_ms=house.sessions.heartbeat_ms,
    )


def negotiate(offered: ProtocolRange) -> int:
    """The highest version both speak. BridgeError PROTOCOL_MISMATCH, INVALID_PARAMS."""
    if offered.min > offered.max:
        raise BridgeError(Reason.INVALID_PARAMS, "min is greater than max", where="protocol")
    chosen = min(offered.max, PROTOCOL_MAX)
    if chosen >= max(offered.min, PROTOCOL_MIN):
        return chosen
    older = "the plugin or client" if offered.max < PROTOCOL_MIN else "the daemon"
    raise BridgeError(
        Reason.PROTOCOL_MISMATCH,
        f"this daemon ({VERSION}) speaks protocol {PROTOCOL_MIN} to {PROTOCOL_MAX}, "
        f"the other side {offered.min} to {offered.max}",
        where="protocol",
        hint=f"update {older}",
    )


async def _attach(
    house: House, connection: Connection, params: InitializeParams, protocol: int
) -> PluginSession | None:
    if (params.role == "plugin") != (params.plugin is not None):
        message = "plugin is given by the role plugin, and by no other"
        raise BridgeError(Reason.INVALID_PARAMS, message, where="plugin")
    if params.plugin is None:
        return None
    return await house.sessions.admit(params, params.plugin, protocol, connection.peer)


async def _chat_event(house: House, connection: Connection, params: Any) -> None:
    house.sessions.tell_event(connection.plugin(), params)


async def _surfaces_changed(house: House, connection: Connection, params: Any) -> None:
    house.sessions.tell_surfaces(connection.plugin(), params)


async def _log_message(house: House, connection: Connection, params: Any) -> None:
    house.sessions.tell_log(connection.plugin(), params)


async def _subscribe(house: House, connection: Connection, params: SubscribeParams) -> SubscribeResult:
    connection.check_subscriptions()

    def tell(event: Event) -> None:
        if event.goal is None and event.kind.startswith("goal_"):
            return  # the goals tell it themselves, with what the goal is then
        if _wanted(params, event):
            _tell(connection, event)

    stop_drives, stop_goals = house.drives.subscribe(tell), house.goals.subscribe(tell)
    connection.subscribed(lambda: (stop_drives(), stop_goals(), None)[-1])
    if params.chats:
        connection.subscribed(house.chats.subscribe(partial(_tell_chat, connection)))
    return SubscribeResult(seq=house.records.last_seq())


def _wanted(params: SubscribeParams, event: Event) -> bool:
    """Of a goal, its drives are wanted, too: their ids begin with its own."""
    drive_id = event.drive.drive_id if event.drive else None
    if params.drive_id is not None:
        return drive_id == params.drive_id
    if params.goal_id is None:
        return True
    if event.goal is not None:
        return event.goal.goal_id == params.goal_id
    return drive_id is not None and drive_id.startswith(f"{params.goal_id}.")


def _tell(connection: Connection, event: Event) -> None:
    """Never raises: a subscriber must not disturb the drive. A drive too long for a line is left to `drive/get`."""
    try:
        connection.peer.notify("events/event", event)
    except BridgeError:
        connection.peer.notify("events/event", event.model_copy(update={"drive": None, "goal": None}))


def _tell_chat(connection: Connection, told: ChatView | StoreFault) -> None:
    """Never raises, as above."""
    with suppress(BridgeError):
        connection.peer.notify("events/chat" if isinstance(told, ChatView) else "events/store", told)


async def _sessions_list(house: House, connection: Connection, params: Message) -> SessionsListResult:
    return SessionsListResult(sessions=[session.view() for session in house.sessions.live()])


async def _selftest(house: House, connection: Connection, params: SelfTestParams) -> SelfTestResult:
    session = next((each for each in house.sessions.live() if each.session_id == params.session_id), None)
    if session is None:
        text = "no such session is connected now"
        raise BridgeError(Reason.INVALID_PARAMS, text, where="session_id", hint="koru status")
    answer = await session.peer.request("plugin/selftest", Empty(), timeout=SELFTEST_S)
    if not isinstance(answer, SelfTestResult):
        raise BridgeError(Reason.INVALID_RESULT, f"{session} answered something else than a self-test")
    return answer


async def _recovery_run(house: House, connection: Connection, params: RecoveryRunParams) -> RecoveryRunResult:
    return await house.recoveries.run(params, connection.role or "client")


async def _recovery_list(house: House, connection: Connection, params: Message) -> RecoveriesListResult:
    return house.recoveries.list()


async def _status(house: House, connection: Connection, params: Message) -> StatusResult:
    return status(house)


def status(house: House) -> StatusResult:
    """The daemon in one page."""
    drives_open, drives_settled = house.drives.counts()
    return StatusResult(
        version=VERSION,
        instance_id=house.identity.instance_id,
        pid=house.identity.pid,
        started_at_ms=house.identity.started_at_ms,
        socket=str(house.identity.socket),
        state_directory=str(house.identity.state_directory),
        protocol=ProtocolRange(min=PROTOCOL_MIN, max=PROTOCOL_MAX),
        sessions=[session.view() for session in house.sessions.live()],
        drives_open=drives_open,
        drives_settled=drives_settled,
        ledger_rows=house.records.last_seq(),
        clients=house.clients(),
        watching=house.chats.watching(),
        refused=house.sessions.refused(),
    )


async def _explain(house: House, connection: Connection, params: ExplainParams) -> ExplainResult:
    return await house.interfaces.explain(params)


async def _interfaces_list(house: House, connection: Connection, params: Message) -> InterfacesListResult:
    return house.interfaces.list()


async def _approvals_list(house: House, connection: Connection, params: ApprovalsListParams) -> ApprovalsListResult:
    return house.permissions.list(params)


async def _stop(house: House, connection: Connection, params: Message) -> None:
    # The answer is queued before the daemon's main task can run; connections are flushed when they are closed.
    house.stop.set()


Answer = Callable[[House, Connection, Any], Awaitable[Message | None]]

ANSWERS: Final[Mapping[str, Answer]] = {
    "initialize": _initialize,
    "chat/event": _chat_event,
    "surfaces/changed": _surfaces_changed,
    "log/message": _log_message,
    "drive/start": lambda house, _, params: house.drives.start(params),
    "drive/get": lambda house, _, params: house.drives.get(params),
    "drive/list": lambda house, _, params: house.drives.list(params),
    "drive/wait": lambda house, _, params: house.drives.wait(params),
    "drive/cancel": lambda house, _, params: house.drives.cancel(params),
    "events/subscribe": _subscribe,
    "sessions/list": _sessions_list,
    "sessions/selftest": _selftest,
    "chats/list": lambda house, _, params: house.chats.list(params),
    "interfaces/explain": _explain,
    "interfaces/list": _interfaces_list,
    "trust/list": lambda house, _, params: house.permissions.trust_list(),
    "trust/set": lambda house, _, params: house.permissions.trust_set(params),
    "approvals/list": _approvals_list,
    "approvals/decide": lambda house, _, params: house.permissions.decide(params),
    "goals/start": lambda house, _, params: house.goals.start(params),
    "goals/get": lambda house, _, params: house.goals.get(params),
    "goals/list": lambda house, _, params: house.goals.list(params),
    "goals/pause": lambda house, _, params: house.goals.pause(params),
    "goals/resume": lambda house, _, params: house.goals.resume(params),
    "goals/stop": lambda house, _, params: house.goals.stop(params),
    "goals/answer": lambda house, _, params: house.goals.answer(params),
    "ledger/tail": lambda house, _, params: house.records.tail(params),
    "ledger/verify": lambda house, _, params: house.records.verify(),
    "desk/inject": lambda house, _, params: house.desktop.inject(params),
    "desk/calibrate": lambda house, _, params: house.desktop.calibrate(params),
    "desk/stop": lambda house, _, params: house.desktop.stop(),
    "doctor/run": lambda house, _, params: house.examiner.run(params),
    "recovery/list": _recovery_list,
    "recovery/run": _recovery_run,
    "recovery/record": lambda house, _, params: house.recoveries.record(params),
    "daemon/status": _status,
    "daemon/stop": _stop,
}


def handlers_for(house: House, connection: Connection) -> dict[str, Handler]:
    """The table, bound to one connection."""
    return {method: partial(answer, house, connection) for method, answer in ANSWERS.items()}
