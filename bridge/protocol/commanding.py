"""What the daemon asks of a plugin beside deliveries. Their users import them from `messages.py`."""

from bridge.protocol.vocabulary import DriveId, Identifier, Message


class ChatOpenParams(Message):
    """Show the chat of a surface."""

    surface_id: Identifier
    chat_id: str | None = None


class ChatCancelParams(Message):
    """Ask the host to stop the running turn of a surface."""

    surface_id: Identifier
    drive_id: DriveId | None = None


class CommandResult(Message):
    """`issued`: the host's command returned; nothing is proven by it. Otherwise `blocker` says why not."""

    issued: bool
    blocker: Identifier | None = None
    message: str | None = None


class LookupParams(Message):
    """What does the plugin's own journal know of this drive?"""

    drive_id: DriveId


class CommandsListParams(Message):
    """`contains` filters the commands of the host by part of their name, without case."""

    contains: str | None = None


class CommandsListResult(Message):
    """The commands the host really has."""

    commands: list[str]


class Lookup(Message):
    """One thing that was looked for in the host. `detail` says more than whether it is there."""

    kind: Identifier
    name: str
    found: bool
    detail: str | None = None


class SelfTestParams(Message):
    """Which session's plugin is to test itself."""

    session_id: Identifier


class SelfTestResult(Message):
    """What each look-up of a plugin gave in its host, touching nothing. Known kinds: chat, plugin, tool_window, action,
    member, socket, journal, catalogue."""

    lookups: list[Lookup]
