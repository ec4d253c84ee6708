"""The first request of every connection: which protocol is spoken, and who is at the other end."""

from bridge.daemon.socket.connection import Connection
from bridge.daemon.socket.plugin_session import PluginSession
from bridge.daemon.socket.sessions import Sessions
from bridge.protocol.answers import answers
from bridge.protocol.errors import BridgeError, Reason
from bridge.protocol.messages.initialize import (
    PROTOCOL_MAX,
    PROTOCOL_MIN,
    InitializeParams,
    InitializeResult,
    ProtocolRange,
)
from bridge.version import VERSION


class Handshake:
    """Makes a connection that of a client, an operator or a plugin. `instance_id` differs with every daemon start."""

    def __init__(self, sessions: Sessions, instance_id: str) -> None:
        self._sessions, self._instance_id = sessions, instance_id

    @answers("initialize")
    async def initialize(self, params: InitializeParams, connection: Connection) -> InitializeResult:
        """BridgeError PROTOCOL_MISMATCH, INVALID_PARAMS, SUPERSEDED; each of them may be followed by another try."""
        connection.begin()
        try:
            protocol = self._protocol(params)
            session = await self._attach(params, protocol, connection)
            connection.peer.name = f"{params.role} {params.name}"
            connection.become(params.role, session)
        finally:
            if connection.role is None:
                connection.give_up()
        return InitializeResult(
            protocol=protocol,
            daemon_version=VERSION,
            instance_id=self._instance_id,
            session_id=session.session_id if session else "",
            epoch=session.epoch if session else 0,
            heartbeat_ms=self._sessions.heartbeat_ms,
        )

    def _protocol(self, params: InitializeParams) -> int:
        try:
            return negotiate(params.protocol)
        except BridgeError as error:
            if error.reason is Reason.PROTOCOL_MISMATCH:
                self._sessions.refuse(params)
            raise

    async def _attach(self, params: InitializeParams, protocol: int, connection: Connection) -> PluginSession | None:
        if (params.role == "plugin") != (params.plugin is not None):
            message = "plugin is given by the role plugin, and by no other"
            raise BridgeError(Reason.INVALID_PARAMS, message, where="plugin")
        if params.plugin is None:
            return None
        return await self._sessions.admit(params, params.plugin, protocol, connection.peer)


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
