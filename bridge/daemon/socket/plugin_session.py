"""One live connection of a plugin, as the rest of the daemon knows it."""

import secrets

import anyio

from bridge.clock import now_ms
from bridge.protocol.jsonrpc.peer import Peer
from bridge.protocol.messages.chat import ChatEvent
from bridge.protocol.messages.initialize import InitializeParams, PluginInfo
from bridge.protocol.messages.sessions import SessionView


class PluginSession:
    """Requests to the plugin go through `peer`. `info` is what the plugin told of its IDE and its chats last."""

    def __init__(self, hello: InitializeParams, info: PluginInfo, protocol: int, epoch: int, peer: Peer) -> None:
        self.session_id = secrets.token_hex(8)
        self.epoch = epoch
        self.window_id = info.window_id
        self.info = info
        self.peer = peer
        self.name = hello.name
        self.version = hello.version
        self.protocol = protocol
        self.connected_at_ms = now_ms()
        self.ended = anyio.Event()

    @property
    def alive(self) -> bool:
        """Neither the connection nor the session is over."""
        return self.peer.gone is None and not self.ended.is_set()

    def surface_key(self, surface_id: str) -> str:
        """`<ide product>:<window_id>/<surface_id>`: stays the same over reloads and restarts."""
        return f"{self.info.ide.product}:{self.window_id}/{surface_id}"

    def is_late(self, event: ChatEvent) -> bool:
        """Whether the event is about something an earlier connection of this window was asked."""
        return event.epoch < self.epoch

    def silent_seconds(self) -> float:
        """How long nothing at all was received."""
        return anyio.current_time() - self.peer.last_received

    def view(self) -> SessionView:
        """The session as the wire has it."""
        return SessionView(
            session_id=self.session_id,
            epoch=self.epoch,
            ide=self.info.ide,
            window_id=self.window_id,
            pid=self.info.pid,
            plugin_name=self.name,
            plugin_version=self.version,
            protocol=self.protocol,
            connected_at_ms=self.connected_at_ms,
            last_seen_at_ms=now_ms() - int(self.silent_seconds() * 1000),
            capabilities=self.info.capabilities,
            surfaces=self.info.surfaces,
        )

    def __str__(self) -> str:
        return f"{self.info.ide.product} window {self.window_id} (pid {self.info.pid}, epoch {self.epoch})"
