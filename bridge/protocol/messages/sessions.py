"""The plugins that are connected, and those that were turned away."""

from bridge.protocol.messages.base import Identifier, Integer, Message, Milliseconds
from bridge.protocol.messages.initialize import IdeInfo, SurfaceInfo


class SessionView(Message):
    """One connected plugin."""

    session_id: str
    epoch: Integer
    ide: IdeInfo
    window_id: str
    pid: Integer
    plugin_name: str
    plugin_version: str
    protocol: Integer
    connected_at_ms: Milliseconds
    last_seen_at_ms: Milliseconds
    capabilities: list[str]
    surfaces: list[SurfaceInfo]


class SessionsListResult(Message):
    """The plugins connected now."""

    sessions: list[SessionView]


class SelfTestParams(Message):
    """Which session's plugin is to test itself."""

    session_id: Identifier


class RefusedPlugin(Message):
    """A plugin that speaks no protocol of the daemon, only those from `protocol_min` to `protocol_max`."""

    ide: Identifier
    window_id: Identifier
    plugin_name: Identifier
    plugin_version: Identifier
    protocol_min: Integer
    protocol_max: Integer
    at_ms: Milliseconds
