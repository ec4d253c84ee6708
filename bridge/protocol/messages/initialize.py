"""The first request of every peer, and what it says of the IDE it runs in."""

from typing import Annotated

from pydantic import Field

from bridge.protocol.messages.base import SAFE_INTEGER, Identifier, Integer, Message, Milliseconds, Role

PROTOCOL_MIN = 1
PROTOCOL_MAX = 1


class ProtocolRange(Message):
    """The protocol versions a peer can speak, both ends included."""

    min: Annotated[int, Field(ge=1, le=SAFE_INTEGER)]
    max: Annotated[int, Field(ge=1, le=SAFE_INTEGER)]


class IdeInfo(Message):
    """Which IDE the plugin runs in. `product` is a lower-case id such as `code`, `cursor`, `codium`, `idea`."""

    product: Identifier
    version: str
    app_name: str
    app_host: str


class StoreHint(Message):
    """Where the plugin believes the chats of a surface are stored. `store` is the id of an observer."""

    store: Identifier
    path: str


class SurfaceInfo(Message):
    """One chat that can be addressed through a plugin. `interfaces` are registry ids the plugin can perform for it."""

    surface_id: Identifier
    agent: Identifier
    title: str
    workspace_folders: list[str]
    interfaces: list[Identifier]
    store: StoreHint | None = None


class PluginInfo(Message):
    """What only plugins say of themselves. `window_id` stays the same over a reload; `host_started_at_ms` does not."""

    ide: IdeInfo
    pid: Annotated[int, Field(ge=1, le=SAFE_INTEGER)]
    host_started_at_ms: Milliseconds
    window_id: Identifier
    capabilities: list[Identifier]
    surfaces: list[SurfaceInfo]


class InitializeParams(Message):
    """The first request of every peer. `plugin` is required for the role plugin and absent for the others."""

    role: Role
    name: Identifier
    version: str
    protocol: ProtocolRange
    plugin: PluginInfo | None = None


class InitializeResult(Message):
    """`epoch` grows with each connection of the same window; a plugin sends it back with everything it reports."""

    protocol: Integer
    daemon_version: str
    instance_id: str
    session_id: str
    epoch: Integer
    heartbeat_ms: Milliseconds
