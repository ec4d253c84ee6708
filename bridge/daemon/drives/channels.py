"""Which side acts for a candidate: the plugin of its window, or an injector on the desktop."""

from collections.abc import Mapping

from bridge.daemon.drives.runner import Channel, EventSink
from bridge.drive.record import DriveRecord
from bridge.drive.steps import Candidate
from registry.model import Interface


class Channels:
    """One channel made of two, by the probe of the interface that acts."""

    def __init__(self, interfaces: Mapping[str, Interface], plugin: Channel, injector: Channel) -> None:
        self._interfaces, self._plugin, self._injector = interfaces, plugin, injector

    def session_of(self, candidate: Candidate) -> str | None:
        return self._of(candidate).session_of(candidate)

    async def hold(self, record: DriveRecord, candidate: Candidate, report: EventSink) -> None:
        await self._of(candidate).hold(record, candidate, report)

    async def deliver(self, record: DriveRecord, candidate: Candidate, report: EventSink) -> bool:
        return await self._of(candidate).deliver(record, candidate, report)

    async def lookup(self, record: DriveRecord, candidate: Candidate, report: EventSink) -> None:
        await self._of(candidate).lookup(record, candidate, report)

    async def cancel(self, record: DriveRecord, candidate: Candidate) -> None:
        await self._of(candidate).cancel(record, candidate)

    def _of(self, candidate: Candidate) -> Channel:
        interface = self._interfaces.get(candidate.interface)
        return self._injector if interface is not None and interface.probe == "injector" else self._plugin
