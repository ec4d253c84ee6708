"""Which surface is meant, and the list of a plugin's surfaces after it changed."""

from bridge.protocol.messages.base import Message
from bridge.protocol.messages.initialize import SurfaceInfo


class SurfaceSelector(Message):
    """Which surface is meant. All fields given must hold; the rest must leave exactly one surface."""

    ide: str | None = None
    workspace: str | None = None
    agent: str | None = None
    window: str | None = None
    via: str | None = None


class SurfacesChanged(Message):
    """The whole new list of a plugin's surfaces, after a folder or an agent came or went."""

    surfaces: list[SurfaceInfo]
