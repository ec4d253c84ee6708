"""The messages about chats as their own stores show them."""

from typing import Annotated, Literal

from pydantic import Field

from bridge.protocol.messages.base import DriveId, Identifier, Integer, Message, Milliseconds

ChatState = Literal["queued", "working", "needs_input", "done", "error", "rate_limited", "interrupted", "unknown"]


class ChatView(Message):
    """One chat of this machine, by its own store. `reason` explains the state, its secrets redacted; `problem` is the
    stable word for why it cannot be read, such as `encrypted`. `horizon_ms`: what the product may hold back that long.
    `evidence`: where the state was seen. `drive_id`: the newest drive of ours in it. Never the text of a prompt."""

    store: Identifier
    path: str
    session: str
    state: ChatState
    modified_at_ms: Milliseconds
    observed_at_ms: Milliseconds
    product: str | None = None
    workspace: str | None = None
    reason: str | None = None
    problem: str | None = None
    evidence: str | None = None
    horizon_ms: Milliseconds | None = None
    resets_at_ms: Milliseconds | None = None
    drive_id: DriveId | None = None


class StoreFault(Message):
    """What is wrong with a store. `reason` is a stable word such as `schema_changed`. `over`: it can be read again."""

    store: Identifier
    where: str
    reason: Identifier
    message: str
    hint: str | None = None
    over: bool = False


class WatchView(Message):
    """How the chats are watched. `polled`: directories the platform does not tell of, each with the reason."""

    stores: Integer
    chats: Integer
    polled: list[str]
    faults: list[StoreFault]


class ChatsListParams(Message):
    """The chats written to in the last 24 hours or since, newest write first. The first call begins to watch."""

    state: ChatState | None = None
    limit: Annotated[int, Field(ge=1, le=1000)] = 100


class ChatsListResult(Message):
    """`complete` is false while stores are still read for the first time."""

    chats: list[ChatView]
    watch: WatchView
    complete: bool
