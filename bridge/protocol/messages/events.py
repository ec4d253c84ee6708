"""Subscriptions, and the events they bring."""

from bridge.protocol.messages.base import DriveId, Identifier, Integer, Message, Milliseconds
from bridge.protocol.messages.drive import DriveView
from bridge.protocol.messages.goals import GoalId, GoalView


class SubscribeParams(Message):
    """Events of one drive, of one goal, or of everything. With `chats` also what the chats' stores show."""

    drive_id: DriveId | None = None
    goal_id: GoalId | None = None
    chats: bool = False


class SubscribeResult(Message):
    """`seq` of the last ledger row before the first event that will be sent."""

    seq: Integer


class Event(Message):
    """One new ledger row, as told to subscribers. `drive` is the drive after that row, where the row is of one; so is
    `goal`, also with a `seq` of 0 and the kind `goal` for a change that is no row."""

    seq: Integer
    kind: Identifier
    at_ms: Milliseconds
    drive: DriveView | None = None
    goal: GoalView | None = None
