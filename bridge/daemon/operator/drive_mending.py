"""The drives for recoveries: settled by what is known, marked by the operator's word, or sent again as another one."""

from bridge.daemon.drives.lanes import Lanes
from bridge.daemon.drives.service import DriveService
from bridge.daemon.drives.witnesses import Witnesses
from bridge.daemon.operator.in_loop import in_loop
from bridge.drive.record import DriveRecord, Mark
from bridge.protocol.errors import BridgeError, Reason
from bridge.protocol.messages.drive import DriveStartParams, DriveView, QueueView
from bridge.protocol.messages.surfaces import SurfaceSelector

ALREADY_THERE = "a turn with its text stands in the chat's store"
NOT_WHOLE = "it held a secret, which is never written down, so its text is not known in full any more"


class DriveMending:
    """Implements `MendableDrives` of bridge.recovery.daemon."""

    def __init__(self, drives: DriveService, lanes: Lanes, stores: Witnesses) -> None:
        self._drives, self._lanes, self._stores = drives, lanes, stores

    @in_loop
    async def queues(self) -> list[QueueView]:
        """The windows in which a drive is under way or waits."""
        return [*self._lanes.queues()]

    @in_loop
    async def find(self, drive_id: str) -> DriveView:
        """BridgeError UNKNOWN_DRIVE."""
        return (await self._drives.record(drive_id)).view()

    @in_loop
    async def release(self, drive_id: str, seconds: float) -> DriveView:
        """Settle an open drive by what is known now; as it is after `seconds` at most."""
        return await self._drives.release(drive_id, seconds)

    @in_loop
    async def mark(self, drive_id: str, mark: Mark) -> None:
        """The operator's word is on disk when this returns."""
        await self._drives.note("marked", {"state": mark}, drive_id)

    @in_loop
    async def why_not_again(self, drive_id: str) -> str | None:
        """What speaks against sending the prompt again; None when nothing does."""
        return await self._against(await self._drives.record(drive_id))

    @in_loop
    async def resend(self, drive_id: str, new_id: str) -> DriveView:
        """Send the prompt as the drive `new_id`. BridgeError RECOVERY_UNFIT, and what starting a drive raises.

        The other drive is started before it is noted: should the daemon die in between, the same id is found again and
        not sent twice.
        """
        record = await self._drives.record(drive_id)
        against = await self._against(record)  # since the plan the text may be gone, or the turn may have come
        if against is not None:
            raise BridgeError(Reason.RECOVERY_UNFIT, f"not sent again: {against}", hint=f"koru drive show {drive_id}")
        again = await self._drives.start(_again(record, new_id))
        await self._drives.note("resent", {"drive_id": new_id}, drive_id)
        return again

    async def _against(self, record: DriveRecord) -> str | None:
        """A drive that was settled this moment still has its text in memory: what its row lacks must decide."""
        if record.secrets or not record.text_is_whole:
            return NOT_WHOLE
        return ALREADY_THERE if _told_late(record) or await self._stores.shows(record) else None


def _told_late(record: DriveRecord) -> bool:
    """Whether a source of grade host or witness told of the submit when it was too late to count."""
    return any(
        fact.kind == "submitted" and fact.text_sha == record.text_sha and fact.grade in {"host", "witness"}
        for fact in record.late
    )


def _again(record: DriveRecord, new_id: str) -> DriveStartParams:
    """For the chat that was meant then, whatever would fit the selector now."""
    selector = SurfaceSelector(window=record.surface, via=record.params.selector.via)
    return record.params.model_copy(update={"drive_id": new_id, "selector": selector})
