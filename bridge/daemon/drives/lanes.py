"""One drive at a time acts in a window; the others of that window wait behind it in the order they were accepted.

A window has one focus and one clipboard, so two drives of its chats could paste into each other's field.
"""

import logging
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import assert_never

import anyio
from anyio.abc import TaskGroup

from bridge.clock import now_ms
from bridge.contained import contained
from bridge.daemon.drives.open_drive import OpenDrive
from bridge.daemon.drives.runner import Runner
from bridge.daemon.drives.selection import Selection
from bridge.daemon.drives.store import DriveStore
from bridge.daemon.drives.surfaces import window_of
from bridge.drive import machine
from bridge.drive.record import DriveRecord
from bridge.drive.steps import CancelAsked, GivenUp
from bridge.protocol.errors import BridgeError, Reason
from bridge.protocol.messages.drive import QueueView

LANE_MOST = 100
ANSWERED_WITHIN_S = 15.0
"""How long a drive with an outcome waits for its channel's answer; a plugin has 9.5 s for one, and an injector at work
keeps the desk by itself."""

OVERDUE_MS = 60_000
NOT_KEPT = "the prompt held a secret, which is never written down, so it is gone with the daemon that had it"

log = logging.getLogger("koru.drives")


@dataclass(slots=True)
class _Lane:
    """The drives of one window. The first is under way while `working`."""

    waiting: deque[OpenDrive] = field(default_factory=deque)
    working: bool = False


class Lanes:
    """Runs drives to their end in `tasks`, which outlast each of them."""

    def __init__(self, store: DriveStore, selection: Selection, runner: Runner, tasks: TaskGroup) -> None:
        self._store, self._selection, self._runner, self._tasks = store, selection, runner, tasks
        self._lanes: dict[str, _Lane] = {}

    def check_room(self, surface: str) -> None:
        """BridgeError OVERLOADED when LANE_MOST drives wait for the surface's window."""
        if len(self._lane(surface).waiting) >= LANE_MOST:
            raise BridgeError(
                Reason.OVERLOADED,
                f"{LANE_MOST} drives wait for {surface} already",
                hint="wait for some of them, or cancel them: koru drive list",
                retry=True,
            )

    def enqueue(self, drive: OpenDrive) -> None:
        """Run the drive when all before it in its window have their outcome."""
        lane = self._lane(drive.record.surface)
        lane.waiting.append(drive)
        if not lane.working:
            lane.working = True
            self._tasks.start_soon(self._work, lane)

    def resume(self, drive: OpenDrive) -> None:
        """Take up a drive that a dead daemon left open. One that only waits for its turn's end keeps no other back."""
        if drive.record.state == "settled":
            drive.settled.set()
            self._tasks.start_soon(self._run, drive)
        else:
            self.enqueue(drive)

    async def cancel(self, drive: OpenDrive) -> None:
        """The word is on disk when this returns. A drive that waits ends at once, without the wait for those ahead."""
        if drive.record.cancelled:
            return
        await self._store.write("cancel", {}, drive.record)
        waiting = self._lane(drive.record.surface).waiting
        if drive in waiting and waiting[0] is not drive:
            waiting.remove(drive)
            await self._run(drive)
        drive.post(CancelAsked())

    async def release(self, drive: OpenDrive) -> None:
        """End a drive that holds up its window: refused while nothing was touched, else settled by what is known."""
        match drive.record.state:
            case "accepted":
                await self.cancel(drive)
            case "acting":
                drive.post(GivenUp())
                drive.answered.set()
            case "settled":
                drive.answered.set()
            case state:
                assert_never(state)

    def queues(self) -> Sequence[QueueView]:
        """The windows in which a drive without an outcome is under way."""
        first = (lane for lane in self._lanes.values() if lane.waiting)
        return [_queue(lane) for lane in first if lane.waiting[0].record.state != "settled"]

    def behind(self, record: DriveRecord) -> int | None:
        """How many drives are ahead of this one; None when it is not waiting."""
        waiting = [drive.record.drive_id for drive in self._lane(record.surface).waiting]
        return waiting.index(record.drive_id) if record.state == "accepted" and record.drive_id in waiting else None

    def _lane(self, surface: str) -> _Lane:
        return self._lanes.setdefault(window_of(surface), _Lane())

    # --- one drive ---------------------------------------------------------------------------------------------------

    async def _work(self, lane: _Lane) -> None:
        """The next drive begins when the one before has its outcome, and its channel has answered or had its time.

        Waiting for the turn's end touches nothing, so that keeps no drive back.
        """
        try:
            while lane.waiting:
                drive = lane.waiting[0]
                self._tasks.start_soon(self._run, drive)
                await drive.settled.wait()
                with anyio.move_on_after(ANSWERED_WITHIN_S) as waited:
                    await drive.answered.wait()
                if waited.cancelled_caught:
                    log.warning("drive %s: its channel has not answered; the next one begins", drive.record.drive_id)
                lane.waiting.popleft()
        finally:
            lane.working = False

    async def _run(self, drive: OpenDrive) -> None:
        """To the end of the drive, whatever fails: a drive that stayed open would keep back all behind it."""
        record = drive.record
        with contained("running a drive", record.drive_id, foreseen=BridgeError) as held:
            await self._runner.run(drive, await self._steps(record))
        if isinstance(held.error, BridgeError):
            log.error("drive %s: %s", record.drive_id, held.error.message)
            await self._give_up(drive, str(held.error.reason), held.error.message)
        elif held.error is not None:
            await self._give_up(drive, "internal", "a fault in the daemon")
        self._store.close(drive)

    async def _give_up(self, drive: OpenDrive, blocker: str, reason: str) -> None:
        await self._runner.run(drive, machine.give_up(drive.record.state == "acting", blocker, reason))

    async def _steps(self, record: DriveRecord) -> machine.DriveSteps:
        """The machine for the state the drive is in: fresh, or left behind by a daemon that died."""
        if record.state == "settled" and record.candidate is not None:
            return machine.resume_turn(record.request, record.candidate, record.anchor, record.evidence)
        if record.state == "acting" and record.candidate is not None:
            return machine.resume(record.request, record.candidate, record.anchor, record.evidence)
        if record.cancelled:
            return machine.give_up(False, "cancelled", "cancelled before anything was touched")
        if now_ms() > record.expires_at_ms:
            return machine.give_up(False, "expired", "its deadline passed before it could act")
        if not record.text_is_whole:
            return machine.give_up(False, "secret_not_kept", NOT_KEPT)
        return await self._fresh(record)

    async def _fresh(self, record: DriveRecord) -> machine.DriveSteps:
        """Chosen anew: since it was accepted, the window, the policy or the desktop may have changed."""
        surface = await self._selection.returned(record.surface)
        if surface is None:
            return machine.give_up(False, "plugin_not_connected", "the window's plugin did not come back")
        params = record.params
        choice = await self._selection.choose(surface, params.selector.via, params.draft, record.secrets)
        return machine.drive(record.request, choice.candidates, choice.denied or machine.NO_INTERFACE)


def _queue(lane: _Lane) -> QueueView:
    record = lane.waiting[0].record
    # Proof may take one deadline, the approval before it another.
    deadlines = 2 if record.state == "acting" else 1
    over_at = record.accepted_at_ms + deadlines * record.params.deadline_ms + OVERDUE_MS
    return QueueView(
        window_id=window_of(record.surface),
        drive_id=record.drive_id,
        state=record.state,
        accepted_at_ms=record.accepted_at_ms,
        overdue=now_ms() > over_at,
        behind=len(lane.waiting) - 1,
    )
