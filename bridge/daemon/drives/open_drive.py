"""A drive in progress: its record, and the mailbox through which channel, store and operator reach its machine."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

import anyio

from bridge.drive.evidence import Fact
from bridge.drive.record import DriveRecord
from bridge.drive.steps import CancelAsked, DriveEvent, GivenUp, Learned

MAILBOX_EVENTS = 256


def _set() -> anyio.Event:
    event = anyio.Event()
    event.set()
    return event


@dataclass(slots=True)
class OpenDrive:
    """`settled` is set with the outcome, `over` when nothing is decided any more; facts after that go to `late`.

    `answered` is set while no delivery is with a channel: a witness may settle a drive before its channel has answered,
    and until then the channel takes no other. `dropped` counts the events that found the mailbox full.
    """

    record: DriveRecord
    late: Callable[[Fact], None]
    settled: anyio.Event = field(default_factory=anyio.Event)
    over: anyio.Event = field(default_factory=anyio.Event)
    answered: anyio.Event = field(default_factory=_set)
    events: deque[DriveEvent] = field(default_factory=deque)
    arrived: anyio.Event = field(default_factory=anyio.Event)
    dropped: int = 0

    def post(self, event: DriveEvent) -> None:
        """Queue an event for the machine; returns at once.

        At most MAILBOX_EVENTS wait: a plugin tells a drive's few facts once, so what exceeds that is a flood. What the
        operator asks is taken even then.
        """
        if self.over.is_set():
            if isinstance(event, Learned):
                self.late(event.fact)
            return
        if len(self.events) >= MAILBOX_EVENTS and not isinstance(event, CancelAsked | GivenUp):
            self.dropped += 1
            return
        self.events.append(event)
        self.arrived.set()

    async def next(self) -> DriveEvent:
        """The oldest event that waits, or the next to arrive. One task at a time may wait."""
        while not self.events:
            self.arrived = anyio.Event()
            await self.arrived.wait()
        return self.events.popleft()
