"""What the daemon says of itself: its status, and the faults of its own that it contained."""

from bridge.protocol.messages.base import Integer, Message, Milliseconds
from bridge.protocol.messages.chats import WatchView
from bridge.protocol.messages.initialize import ProtocolRange
from bridge.protocol.messages.sessions import RefusedPlugin, SessionView


class ContainedView(Message):
    """Work of the daemon that failed and took nothing else with it: how often since its start, and how the last time.

    `what`: the work, in words that stay the same. `error`: the class of what was raised, for the log has the rest.
    """

    what: str
    count: Integer
    error: str
    at_ms: Milliseconds


class StatusResult(Message):
    """The daemon in one page. `refused`: plugins that were turned away and did not come back otherwise since.

    `contained`: faults of the daemon's own, the last one at the end, one for each work that can fail.
    """

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
    contained: list[ContainedView] | None = None
