"""Tells clients what happens: every row as an event, every change of a goal, and of chats where it is asked for."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from functools import partial

from bridge.daemon.socket.connection import Connection
from bridge.protocol.answers import answers
from bridge.protocol.errors import BridgeError
from bridge.protocol.messages.chats import ChatView, StoreFault
from bridge.protocol.messages.events import Event, SubscribeParams, SubscribeResult

# Each is called with a callback, and returns what ends the calls.
EventSource = Callable[[Callable[[Event], None]], Callable[[], None]]
ChatSource = Callable[[Callable[[ChatView | StoreFault], None]], Callable[[], None]]


class Subscriptions:
    """`sources` tell of drives and goals, `chats` of the chats' own stores; `last_seq` is the last row told of."""

    def __init__(self, sources: Sequence[EventSource], chats: ChatSource, last_seq: Callable[[], int]) -> None:
        self._sources, self._chats, self._last_seq = sources, chats, last_seq

    @answers("events/subscribe")
    def subscribe(self, params: SubscribeParams, connection: Connection) -> SubscribeResult:
        """Every event after the row `seq` of the result, until the connection closes. BridgeError OVERLOADED."""
        connection.check_subscriptions()
        ends = ExitStack()
        for source in self._sources:
            ends.callback(source(partial(_tell, connection, params)))
        connection.subscribed(ends.close)
        if params.chats:
            connection.subscribed(self._chats(partial(_tell_chat, connection)))
        return SubscribeResult(seq=self._last_seq())


def _tell(connection: Connection, params: SubscribeParams, event: Event) -> None:
    """Never raises, because a subscriber must not disturb the drive. A drive too long for a line is left out of its
    event; `drive/get` has it."""
    if not _wanted(params, event):
        return
    try:
        connection.peer.notify("events/event", event)
    except BridgeError:
        connection.peer.notify("events/event", event.model_copy(update={"drive": None, "goal": None}))


def _wanted(params: SubscribeParams, event: Event) -> bool:
    """A goal's drives belong to the goal: their ids begin with its own."""
    if event.goal is None and event.kind.startswith("goal_"):
        return False  # the bare row of a goal: the goals tell of the same row, with what the goal is then
    drive_id = event.drive.drive_id if event.drive else None
    if params.drive_id is not None:
        return drive_id == params.drive_id
    if params.goal_id is None:
        return True
    if event.goal is not None:
        return event.goal.goal_id == params.goal_id
    return drive_id is not None and drive_id.startswith(f"{params.goal_id}.")


def _tell_chat(connection: Connection, told: ChatView | StoreFault) -> None:
    """Never raises, for the same reason."""
    with suppress(BridgeError):
        connection.peer.notify("events/chat" if isinstance(told, ChatView) else "events/store", told)
