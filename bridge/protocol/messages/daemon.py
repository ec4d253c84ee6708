"""The daemon in one page."""

from bridge.protocol.messages.base import Integer, Message, Milliseconds
from bridge.protocol.messages.chats import WatchView
from bridge.protocol.messages.initialize import ProtocolRange
from bridge.protocol.messages.sessions import RefusedPlugin, SessionView


class StatusResult(Message):
    """The daemon in one page. `refused`: plugins that were turned away and did not come back otherwise since."""

    version: str
    instance_id: str
    pid: Integer
    started_at_ms: Milliseconds
    socket: str
    state_directory: str
    protocol: ProtocolRange
    sessions: list[SessionView]
    drives_open: Integer
    drives_settled: Integer
    ledger_rows: Integer
    clients: Integer
    watching: WatchView | None = None
    refused: list[RefusedPlugin] | None = None
