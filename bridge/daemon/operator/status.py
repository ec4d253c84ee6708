"""What the daemon says of itself in one page, and its end."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import anyio

from bridge import contained
from bridge.daemon.drives.store import DriveStore
from bridge.daemon.ledger_writer import LedgerWriter
from bridge.daemon.operator.chat_feed import ChatFeed
from bridge.daemon.socket.sessions import Sessions
from bridge.protocol.answers import answers
from bridge.protocol.messages.daemon import ContainedView, StatusResult
from bridge.protocol.messages.initialize import PROTOCOL_MAX, PROTOCOL_MIN, ProtocolRange
from bridge.version import VERSION


@dataclass(frozen=True, slots=True)
class Identity:
    """Which daemon this is. `instance_id` differs with every start."""

    instance_id: str
    pid: int
    started_at_ms: int
    socket: Path
    state_directory: Path


class DaemonStatus:
    """`clients` counts the connections of clients and operators. `ending` is set to end the daemon."""

    def __init__(
        self,
        identity: Identity,
        sessions: Sessions,
        drives: DriveStore,
        journal: LedgerWriter,
        chats: ChatFeed,
        clients: Callable[[], int],
        ending: anyio.Event,
    ) -> None:
        self._identity, self._sessions, self._drives = identity, sessions, drives
        self._journal, self._chats, self._clients, self._ending = journal, chats, clients, ending

    @answers("daemon/status")
    def view(self) -> StatusResult:
        """The daemon as it stands. The doctor reads the same page."""
        drives_open, drives_settled = self._drives.counts()
        return StatusResult(
            version=VERSION,
            instance_id=self._identity.instance_id,
            pid=self._identity.pid,
            started_at_ms=self._identity.started_at_ms,
            socket=str(self._identity.socket),
            state_directory=str(self._identity.state_directory),
            protocol=ProtocolRange(min=PROTOCOL_MIN, max=PROTOCOL_MAX),
            sessions=self._sessions.views(),
            drives_open=drives_open,
            drives_settled=drives_settled,
            ledger_rows=self._journal.last_seq(),
            clients=self._clients(),
            watching=self._chats.watching(),
            refused=self._sessions.refused(),
            contained=[ContainedView(**asdict(fault)) for fault in contained.faults()],
        )

    @answers("daemon/stop")
    def stop(self) -> None:
        """End the daemon. The answer is queued before the daemon's main task can run, and connections are flushed when
        they are closed."""
        self._ending.set()
