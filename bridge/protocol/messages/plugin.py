"""A plugin's test of itself."""

from bridge.protocol.messages.base import Identifier, Message


class Lookup(Message):
    """One thing that was looked for in the host. `detail` says more than whether it is there."""

    kind: Identifier
    name: str
    found: bool
    detail: str | None = None


class SelfTestResult(Message):
    """What each look-up of a plugin gave in its host, touching nothing. Known kinds: chat, plugin, tool_window, action,
    member, socket, journal, catalogue."""

    lookups: list[Lookup]
