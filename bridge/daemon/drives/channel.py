"""The side that acts for a drive, and which one it is for a candidate."""

from collections.abc import Callable, Mapping
from typing import Protocol

from bridge.drive.record import DriveRecord
from bridge.drive.steps import Candidate, EventSink
from registry.model import Interface


class Channel(Protocol):
    """A window's plugin, or an injector on the desktop. What it learns goes to `report`; it raises nothing."""

    def session_of(self, candidate: Candidate) -> str | None:
        """What would act, as the row `acting` names it; None when it is not there."""

    async def deliver(self, record: DriveRecord, candidate: Candidate, report: EventSink) -> bool:
        """Deliver and report the answer, in bounded time. True: more facts will follow."""

    async def hold(self, record: DriveRecord, candidate: Candidate, report: EventSink) -> None:
        """After a delivery that gave True: wait for the end of the session that acts, and report it."""

    async def lookup(self, record: DriveRecord, candidate: Candidate, report: EventSink) -> None:
        """Ask the channel's journal what became of the drive; `LookedUp` is reported in bounded time."""

    async def cancel(self, record: DriveRecord, candidate: Candidate) -> None:
        """Ask for the end of the turn, best effort, in bounded time. What became of it is told by facts."""


ChannelOf = Callable[[Candidate], Channel]


def by_probe(interfaces: Mapping[str, Interface], plugin: Channel, injector: Channel) -> ChannelOf:
    """The injector for interfaces that are probed on the desktop, the plugin for all others."""

    def channel_of(candidate: Candidate) -> Channel:
        interface = interfaces.get(candidate.interface)
        return injector if interface is not None and interface.probe == "injector" else plugin

    return channel_of
