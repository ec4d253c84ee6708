"""Plays the daemon to real plugins: listens where they look, keeps what they say, asks them things. Blocking calls."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar
from uuid import uuid4

import anyio
from anyio.abc import TaskStatus, UNIXSocketStream
from anyio.from_thread import start_blocking_portal

from bridge.drive.match import text_sha
from bridge.protocol.jsonrpc.peer import Peer
from bridge.protocol.messages.base import Message, Outcome
from bridge.protocol.messages.chat import ChatEvent, ChatTarget, DeliverParams, DeliverResult, FactReport
from bridge.protocol.messages.drive import DriveStartParams, DriveView, DriveWaitParams, LookupParams, LookupResult
from bridge.protocol.messages.initialize import InitializeParams, InitializeResult, PluginInfo
from bridge.protocol.messages.log import LogMessage
from bridge.protocol.messages.surfaces import SurfacesChanged
from tests.real.vscode.deadline import SECONDS, until

M = TypeVar("M", bound=Message)
NATIVE = "vscode_native_send"
INPUT = "plugin_socket_vscode_family"
# It sends no pings, so it promises none: a plugin that hears nothing for three of these attaches anew.
HEARTBEAT_MS = 3_600_000


@dataclass
class Session:
    """One connection of a plugin: what it said of itself, and what it told since."""

    house: "Daemon"
    peer: Peer
    epoch: int
    hello: InitializeParams
    events: list[ChatEvent] = field(default_factory=list)
    surfaces: list[SurfacesChanged] = field(default_factory=list)

    @property
    def info(self) -> PluginInfo:
        assert self.hello.plugin is not None
        return self.hello.plugin

    @property
    def folders(self) -> list[str]:
        """Those that the plugin told last."""
        told = self.surfaces[-1].surfaces if self.surfaces else self.info.surfaces
        return told[0].workspace_folders

    @property
    def alive(self) -> bool:
        return self.peer.gone is None

    def ask(self, method: str, params: Message, kind: type[M], seconds: float = SECONDS) -> M:
        """The plugin's validated answer. Raises BridgeError."""
        answer = self.house.call(lambda: self.peer.request(method, params, timeout=seconds))
        assert isinstance(answer, kind)
        return answer

    def deliver(
        self,
        text: str,
        *,
        drive_id: str | None = None,
        interface: str = NATIVE,
        submit: bool = True,
        target: ChatTarget | None = None,
        within_ms: int = 20_000,
    ) -> DeliverResult:
        params = DeliverParams(
            drive_id=drive_id or f"d-{uuid4()}",
            epoch=self.epoch,
            surface_id="chat",
            interface=interface,
            text=text,
            text_sha=text_sha(text),
            submit=submit,
            target=target or ChatTarget(),
            answer_within_ms=within_ms,
        )
        return self.ask("chat/deliver", params, DeliverResult)

    def lookup(self, drive_id: str) -> LookupResult:
        return self.ask("drive/lookup", LookupParams(drive_id=drive_id), LookupResult)

    def told(self, drive_id: str, kind: str) -> FactReport:
        """Waits until the plugin tells this of the drive."""

        def found() -> FactReport | None:
            return next((e.fact for e in self.events if e.drive_id == drive_id and e.fact.kind == kind), None)

        return until(found, f"the plugin told {kind} of {drive_id}")


class Daemon:
    """A context manager. `stop` and `start` are a daemon's death and return on the same path."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(mode=0o700)
        self.socket = directory / "bridge.sock"
        self.sessions: list[Session] = []
        self.logs: list[LogMessage] = []
        self.started: list[DriveStartParams] = []
        self.refusals: list[Callable[[PluginInfo], Exception | None]] = []
        self._stack = ExitStack()
        self._scope: anyio.CancelScope | None = None

    def __enter__(self) -> "Daemon":
        self._portal = self._stack.enter_context(start_blocking_portal())
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._stack.close()

    def start(self) -> None:
        self._served, _ = self._portal.start_task(self._serve)

    def stop(self) -> None:
        if self._scope is not None:
            self._portal.call(self._scope.cancel)
            self._served.result(SECONDS)
            self._scope = None

    def call(self, act: Callable[[], object]) -> object:
        async def run() -> object:
            return await act()  # type: ignore[misc]

        return self._portal.call(run)

    def attached(self, host_pid: int, *, after: Session | None = None) -> Session:
        """Waits for the live session of an extension host, a later one than `after`."""

        def found() -> Session | None:
            known = self.sessions[self.sessions.index(after) + 1 :] if after is not None else self.sessions
            return next((s for s in reversed(known) if s.info.pid == host_pid and s.alive), None)

        return until(found, f"the plugin of extension host {host_pid} attached")

    async def _serve(self, *, task_status: TaskStatus[None]) -> None:
        self.socket.unlink(missing_ok=True)
        with anyio.CancelScope() as self._scope:
            async with await anyio.create_unix_listener(self.socket) as listener:
                task_status.started()
                await listener.serve(self._connected)  # type: ignore[arg-type]

    async def _connected(self, stream: UNIXSocketStream) -> None:
        mine: list[Session] = []

        async def initialize(params: InitializeParams) -> InitializeResult:
            if params.plugin is None:
                return _welcome(0)
            for refuse in self.refusals:
                error = refuse(params.plugin)
                if error is not None:
                    raise error
            mine.append(Session(self, peer, len(self.sessions) + 1, params))
            self.sessions.append(mine[0])
            return _welcome(mine[0].epoch)

        async def start(params: DriveStartParams) -> DriveView:
            self.started.append(params)
            return _view(params)

        async def wait(params: DriveWaitParams) -> DriveView:
            [drive] = [each for each in self.started if each.drive_id == params.drive_id]
            return _view(drive, outcome="confirmed")

        async def event(params: ChatEvent) -> None:
            mine[0].events.append(params)

        async def surfaces(params: SurfacesChanged) -> None:
            mine[0].surfaces.append(params)

        async def log(params: LogMessage) -> None:
            self.logs.append(params)

        handlers: Mapping[str, Callable[..., object]] = {
            "initialize": initialize,
            "chat/event": event,
            "surfaces/changed": surfaces,
            "log/message": log,
            "drive/start": start,
            "drive/wait": wait,
        }
        peer = Peer(stream, handlers, name="the plugin")  # type: ignore[arg-type]
        await peer.serve()


def _welcome(epoch: int) -> InitializeResult:
    return InitializeResult(
        protocol=1,
        daemon_version="0",
        instance_id="test",
        session_id=f"s-{epoch}",
        epoch=epoch,
        heartbeat_ms=HEARTBEAT_MS,
    )


def _view(drive: DriveStartParams, outcome: Outcome | None = None) -> DriveView:
    return DriveView(
        drive_id=drive.drive_id,
        state="settled" if outcome else "accepted",
        outcome=outcome,
        reason="the host returned this turn" if outcome else None,
        text_sha=text_sha(drive.text),
        text_chars=len(drive.text),
        accepted_at_ms=0,
        facts=[],
        candidates=[],
    )
