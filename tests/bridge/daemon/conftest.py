"""The daemon's server and sessions in the event loop of the test, on a real socket."""

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
import pytest
from anyio import to_thread

from bridge.daemon.faults import Faults
from bridge.daemon.ledger_writer import LedgerWriter
from bridge.daemon.operator.status import DaemonStatus, Identity
from bridge.daemon.socket import rundir
from bridge.daemon.socket.epochs import Epochs
from bridge.daemon.socket.handshake import Handshake
from bridge.daemon.socket.server import Connections, Server
from bridge.daemon.socket.sessions import Sessions
from bridge.daemon.socket.subscriptions import Subscriptions
from bridge.ledger.store import Ledger
from bridge.policy.redaction import Redactor
from bridge.protocol.answers import collect
from bridge.protocol.jsonrpc.peer import Handler, Peer
from bridge.protocol.messages.initialize import IdeInfo, InitializeParams, InitializeResult, PluginInfo, ProtocolRange

if TYPE_CHECKING:
    from tests.bridge.conftest import Home


class Nothing:
    """In the place of drives, ledger and the like, where a test is about none of them."""

    def counts(self) -> tuple[int, int]:
        return 0, 0

    def last_seq(self) -> int:
        return 0

    def subscribe(self, callback: Callable[[Any], None]) -> Callable[[], None]:
        return lambda: None


class Quiet(Nothing):
    """In the place of what tells events of its own beside the drives: there are none."""

    def watching(self) -> None:
        return None


@dataclass(frozen=True)
class Served:
    """An open door, and a way to walk in."""

    sessions: Sessions
    home: "Home"
    connections: Connections

    @asynccontextmanager
    async def peer(self, handlers: dict[str, Handler] | None = None) -> AsyncIterator[Peer]:
        """A connection that has said nothing yet."""
        stream = await anyio.connect_unix(self.home.socket)
        peer = Peer(stream, handlers or {}, name="the daemon")
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(peer.serve)
            yield peer
            peer.close()

    def hello(self, window: str, *, pid: int = 1) -> InitializeParams:
        ide = IdeInfo(product="code", version="1.90.0", app_name="Code", app_host="desktop")
        info = PluginInfo(ide=ide, pid=pid, host_started_at_ms=1, window_id=window, capabilities=[], surfaces=[])
        protocol = ProtocolRange(min=1, max=1)
        return InitializeParams(role="plugin", name="test", version="1", protocol=protocol, plugin=info)

    @asynccontextmanager
    async def plugin(self, window: str, *, pid: int = 1) -> AsyncIterator[tuple[Peer, InitializeResult]]:
        """An attached plugin, and what it was told."""
        async with self.peer() as peer:
            hello = await peer.request("initialize", self.hello(window, pid=pid), timeout=30)
            assert isinstance(hello, InitializeResult)
            yield peer, hello


Serve = Callable[..., AbstractAsyncContextManager[Served]]


@pytest.fixture
def serve(home: "Home") -> Serve:
    """Serves within the block. `drives` is asked as drives and as ledger, `more` answers what else is asked."""

    @asynccontextmanager
    async def serving(
        *, heartbeat_ms: int = 10_000, drives: Any = None, more: Sequence[object] = (), **limits: Any
    ) -> AsyncIterator[Served]:
        await to_thread.run_sync(lambda: rundir.make_private(home.socket.parent, mend=False))
        listening = await to_thread.run_sync(rundir.listen, home.socket)
        sessions = Sessions(Epochs(1, 1000), heartbeat_ms=heartbeat_ms)
        connections = Connections()
        behind: Any = drives or Nothing()
        quiet: Any = Quiet()
        identity = Identity("test", 1, 1, home.socket, home.state)
        status = DaemonStatus(identity, sessions, behind, behind, quiet, connections.clients, anyio.Event())
        subscriptions = Subscriptions((behind.subscribe, quiet.subscribe), quiet.subscribe, behind.last_seq)
        parts = (Handshake(sessions, "test"), subscriptions, sessions, status, behind, *more)
        server = Server(listening.socket, collect(parts), sessions, connections, **limits)
        async with anyio.create_task_group() as tasks:
            await tasks.start(server.serve)
            yield Served(sessions, home, connections)
            await server.stop()

    return serving


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with closing(Ledger.open(tmp_path / "ledger")) as opened:
        yield opened


@pytest.fixture
def journal(ledger: Ledger, tmp_path: Path) -> LedgerWriter:
    return LedgerWriter(ledger, tmp_path / "ledger", None, Faults(None), Redactor(b"k" * 32))
