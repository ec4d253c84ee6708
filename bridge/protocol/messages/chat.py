"""What the daemon asks of a plugin about a chat, and what a plugin tells of one."""

from bridge.protocol.messages.base import (
    ChannelGrade,
    Disposition,
    DriveId,
    FactKind,
    Identifier,
    Integer,
    Message,
    Milliseconds,
    TextHash,
)


class FactReport(Message):
    """One thing a plugin learned about a drive, at the grade it can honestly give; never `witness`.

    `text_sha` is the hash of the normalised text the fact is about (`bridge.drive.match`), where the plugin knows it.
    """

    kind: FactKind
    grade: ChannelGrade
    at_ms: Milliseconds
    text_sha: TextHash | None = None
    chat_id: str | None = None
    detail: str | None = None


class TraceStep(Message):
    """One command the plugin ran on the way, for people who look for a fault."""

    op: Identifier
    ok: bool
    ms: Milliseconds
    command: str | None = None
    detail: str | None = None


class ChatTarget(Message):
    """Which chat of a surface: a given one, a new one, or (both unset) the one in use."""

    chat_id: str | None = None
    new_chat: bool = False
    mode: str | None = None


class DeliverParams(Message):
    """Put the text into the chat, and with `submit` send it, by the named interface and no other.

    The plugin answers within `answer_within_ms`; what it learns later it tells by `chat/event`.
    """

    drive_id: DriveId
    epoch: Integer
    surface_id: Identifier
    interface: Identifier
    text: str
    text_sha: TextHash
    submit: bool
    target: ChatTarget
    answer_within_ms: Milliseconds


class DeliverResult(Message):
    """`declined`: nothing was touched and `blocker` says why. `pending`: acting, more facts follow by `chat/event`.
    `done`: all that will be learned is in `facts`. `lost`: something was touched and the plugin cannot say what became
    of it."""

    drive_id: DriveId
    epoch: Integer
    disposition: Disposition
    facts: list[FactReport]
    trace: list[TraceStep]
    blocker: Identifier | None = None
    message: str | None = None


class ChatEvent(Message):
    """Something happened in a chat. `drive_id` only where the plugin knows that it belongs to that drive."""

    surface_id: Identifier
    epoch: Integer
    fact: FactReport
    drive_id: DriveId | None = None


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
