"""Accepts connections, checks their user, and serves each in a task of its own: the fault of one ends no other."""

import logging
import os
import socket
from collections.abc import Mapping
from contextlib import suppress

import anyio
from anyio.abc import SocketAttribute, SocketListener, SocketStream

from bridge import peercred
from bridge.contained import contained
from bridge.daemon.socket.connection import Connection
from bridge.daemon.socket.sessions import Sessions
from bridge.protocol.answers import Answerer
from bridge.protocol.errors import BridgeError, Reason
from bridge.protocol.jsonrpc import envelope

CONNECTIONS_MAX = 4096
INITIALIZE_SECONDS = 10.0
ACCEPT_PAUSE_SECONDS = 0.1
STOP_SECONDS = 3.0

_LOG = logging.getLogger(__name__)


class Connections:
    """Those that are served now."""

    def __init__(self) -> None:
        self.all: set[Connection] = set()

    def clients(self) -> int:
        """How many are of clients or operators."""
        return sum(connection.role in ("client", "operator") for connection in self.all)


class Server:
    """Serves the bound and listening socket it is given until `stop`."""

    def __init__(
        self,
        bound: socket.socket,
        answerers: Mapping[str, Answerer],
        sessions: Sessions,
        connections: Connections,
        *,
        connections_max: int = CONNECTIONS_MAX,
        initialize_seconds: float = INITIALIZE_SECONDS,
    ) -> None:
        self._bound = bound
        self._answerers = answerers
        self._sessions = sessions
        self._connections = connections
        self._connections_max = connections_max
        self._initialize_seconds = initialize_seconds
        self._listener: SocketListener | None = None
        self._ended = anyio.Event()
        self._scope = anyio.CancelScope()

    async def serve(self, *, task_status: anyio.abc.TaskStatus[None] = anyio.TASK_STATUS_IGNORED) -> None:
        """Accept until `stop` is called; `started` once connections are accepted."""
        self._listener = await SocketListener.from_socket(self._bound)
        try:
            with self._scope:
                async with anyio.create_task_group() as tasks:
                    task_status.started()
                    while (stream := await self._accept(self._listener)) is not None:
                        tasks.start_soon(self._connection, stream)
        finally:
            await anyio.aclose_forcefully(self._listener)
            self._ended.set()

    async def stop(self) -> None:
        """Accept no more, let every connection write what is queued, and cut off what is left after STOP_SECONDS."""
        if self._listener is not None:
            await self._listener.aclose()
        for connection in tuple(self._connections.all):
            connection.peer.close()
        with anyio.move_on_after(STOP_SECONDS):
            await self._ended.wait()
        self._scope.cancel()

    async def _accept(self, listener: SocketListener) -> SocketStream | None:
        while True:
            try:
                return await listener.accept()
            except anyio.ClosedResourceError:
                return None
            except anyio.BrokenResourceError as error:
                # No descriptors or no memory: those connected go on, and the backlog waits until there are some.
                _LOG.warning("a connection could not be accepted: %s", error.__cause__)
                await anyio.sleep(ACCEPT_PAUSE_SECONDS)

    async def _connection(self, stream: SocketStream) -> None:
        try:
            self._check(stream)
        except BridgeError as error:
            await self._turn_away(stream, error)
            return
        connection = Connection(stream, self._answerers)
        self._connections.all.add(connection)
        try:
            with contained("serving a connection", connection.peer):
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(self._watch, connection)
                    await connection.peer.serve()
                    tasks.cancel_scope.cancel()
        finally:
            self._connections.all.discard(connection)
            connection.closed()
            if connection.session is not None:
                self._sessions.end(connection.session)

    def _check(self, stream: SocketStream) -> None:
        uid = peercred.peer_uid(stream.extra(SocketAttribute.raw_socket))  # noqa: S610 - not Django's
        if uid is None or uid != os.geteuid():
            who = "could not be identified" if uid is None else f"runs as user {uid}"
            raise BridgeError(Reason.PEER_REFUSED, f"the peer {who}; only the daemon's own user may connect")
        if len(self._connections.all) >= self._connections_max:
            hint = "close some clients, then connect again"
            raise BridgeError(Reason.OVERLOADED, f"{self._connections_max} peers are connected", hint=hint, retry=True)

    async def _turn_away(self, stream: SocketStream, error: BridgeError) -> None:
        _LOG.warning("a connection was refused: %s", error.message)
        with suppress(anyio.BrokenResourceError, anyio.ClosedResourceError), anyio.move_on_after(1):
            await stream.send(envelope.error_line(None, error))
        await stream.aclose()

    async def _watch(self, connection: Connection) -> None:
        with anyio.move_on_after(self._initialize_seconds):
            await connection.initialized.wait()
        if not connection.initialized.is_set():
            seconds = self._initialize_seconds
            connection.peer.dismiss(
                BridgeError(Reason.NOT_INITIALIZED, f"initialize did not come within {seconds:g} s")
            )
        elif connection.session is not None:
            self._sessions.announce(connection.session)
            await self._sessions.keep(connection.session)
