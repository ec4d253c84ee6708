"""One drive of a goal, followed to the end of its turn: approvals, deadlines, stillness, and what the store shows."""

from collections.abc import Callable
from pathlib import Path

import anyio
from anyio import to_thread

from bridge.clock import now_ms
from bridge.daemon.drives.channel import ChannelOf
from bridge.daemon.drives.service import DriveService
from bridge.daemon.drives.witnesses import Shown, Witnesses
from bridge.daemon.permissions import Permissions
from bridge.drive.record import DriveRecord
from bridge.drive.steps import Candidate
from bridge.goals.reading import rate_limit, resets_in
from bridge.goals.steps import Driven
from bridge.protocol.errors import BridgeError
from bridge.protocol.messages.approvals import ApprovalDecideParams, ApprovalsListParams
from bridge.protocol.messages.base import TurnState
from bridge.protocol.messages.drive import DriveGetParams, DriveStartParams, DriveView, DriveWaitParams
from bridge.protocol.messages.initialize import StoreHint

LOOK_MS = 1_000
STORE_FILES_MOST = 500
RELEASE_S = 120.0


class TurnFollower:
    """`channel_of` gives the plugin or injector that acted: it is asked to stop a turn even when its drive is settled.
    `store_of` gives the chat store of a surface by its key, None where none is known."""

    def __init__(
        self,
        drives: DriveService,
        permissions: Permissions,
        witnesses: Witnesses,
        channel_of: ChannelOf,
        store_of: Callable[[str], StoreHint | None],
    ) -> None:
        self._drives = drives
        self._permissions = permissions
        self._witnesses = witnesses
        self._channel_of = channel_of
        self._store_of = store_of

    async def known(self, drive_id: str) -> bool:
        try:
            await self._drives.get(DriveGetParams(drive_id=drive_id))
        except BridgeError:
            return False
        return True

    async def begin(self, params: DriveStartParams) -> Driven | None:
        """Start the drive, or find it started: None. When the daemon does not accept it: an event with `refused`."""
        try:
            await self._drives.start(params)
        except BridgeError as error:
            return Driven(0, params.drive_id, "refused", reason=error.message, obstacle=str(error.reason))
        return None

    async def follow(
        self, drive_id: str, approve: list[str], quiet: "Quiet", told: Callable[[DriveView], None]
    ) -> Driven:
        """Return when the turn is over, or with `still` when `quiet` says that nothing has changed for long.

        Looks once a second; each time until then `told` gets the drive's view, and a pending approval is given when its
        interface is in `approve`.
        """
        while True:
            view = await self._drives.wait(DriveWaitParams(drive_id=drive_id, until="turn", timeout_ms=LOOK_MS))
            if _over(view):
                return await self._ended(view)
            told(view)
            if view.approval is not None:
                await self._approve(view.approval, approve)
            if view.state == "settled" and await quiet.too_long(self._store_of(view.surface or "")):
                return driven(view, still=True)

    async def _approve(self, approval_id: str, interfaces: list[str]) -> None:
        """Approve when the operator listed the approval's interface in the goal's `on_approval`."""
        try:
            (approval,) = self._permissions.list(ApprovalsListParams(approval_id=approval_id)).approvals
            if approval.interface in interfaces and approval.state == "pending":
                await self._permissions.decide(
                    ApprovalDecideParams(approval_id=approval_id, action_sha=approval.action_sha, approve=True)
                )
        except BridgeError:  # decided or void by now: the next look at the drive shows what became of it
            return

    async def _ended(self, view: DriveView) -> Driven:
        if view.turn is None or view.turn.state not in ("wait_timeout", "turn_failed"):
            return driven(view)
        record = await self._drives.record(view.drive_id)
        if view.turn.state == "turn_failed":
            return driven(view, shown=await self._witnesses.turn_now(record))
        if record.candidate is not None:
            await self._channel_of(record.candidate).cancel(record, record.candidate)
        end = driven(view)
        return Driven(end.turn, end.drive_id, end.outcome, end.state, end.reply, f"{end.reason}; it was asked to stop")

    async def rejoin(self, drive_id: str, seconds: float) -> Driven:
        """The turn of a settled drive, looked at once a second until its store shows that the turn ended.

        After `seconds`: `wait_timeout`.
        """
        view = await self._drives.get(DriveGetParams(drive_id=drive_id))
        record = await self._drives.record(drive_id)
        with anyio.move_on_after(seconds):
            while True:
                shown = await self._witnesses.turn_now(record)
                if shown is not None and shown.state not in ("waiting", "needs_input"):
                    limited, resets = _limit(shown.state, shown.reason or "", shown)
                    return Driven(
                        0,
                        drive_id,
                        view.outcome or "unknown",
                        shown.state,
                        shown.reply,
                        shown.reason,
                        limited=limited,
                        resets_in_ms=resets,
                    )
                await anyio.sleep(LOOK_MS / 1000)
        return Driven(0, drive_id, view.outcome or "unknown", "wait_timeout", reason="its end was not seen")

    async def still_asks(self, drive_id: str) -> bool:
        """Whether the chat waits for a person. Yes, too, when its store cannot be read."""
        record = await self._drives.record(drive_id)
        candidate = record.candidate or _considered(record)
        if candidate is None:
            return True
        anchor = await self._witnesses.anchor(record, candidate)
        return anchor.blocker is not None or anchor.cursor is None

    async def release(self, drive_id: str) -> bool:
        """Stop the turn that waits. True once the store shows that the chat waits no more, False after 120 s."""
        record = await self._drives.record(drive_id)
        candidate = record.candidate or _considered(record)
        if candidate is None:
            return False
        await self._channel_of(candidate).cancel(record, candidate)
        with anyio.move_on_after(RELEASE_S):
            await self.answered_there(drive_id)
            return True
        return False

    async def answered_there(self, drive_id: str) -> None:
        """Return once the chat's store shows that the chat waits for no person. Unbounded: callers cancel it."""
        while True:
            if not await self.still_asks(drive_id):
                return
            await anyio.sleep(LOOK_MS / 1000)

    async def abandon(self, drive_id: str) -> None:
        """Called when a person stopped the goal: cancel the drive, and stop a turn that waits. Best effort."""
        try:
            view = await self._drives.cancel(DriveGetParams(drive_id=drive_id))
            record = await self._drives.record(drive_id)
        except BridgeError:
            return
        if record.candidate is not None and view.turn is not None and view.turn.state == "needs_input":
            await self._channel_of(record.candidate).cancel(record, record.candidate)


class Quiet:
    """Tells when neither the workspace nor the chat's store has changed for `quiet_ms`. An agent may just think.

    `mark` gives a value that differs when the workspace does; it is blocking, and called in a worker thread.
    """

    def __init__(self, quiet_ms: int, mark: Callable[[], object]) -> None:
        self._quiet_s = quiet_ms / 1000
        self._mark = mark
        self._last: object = None
        self._since = anyio.current_time()
        self._next = self._since

    async def too_long(self, store: StoreHint | None) -> bool:
        now = anyio.current_time()
        if now < self._next:
            return False
        self._next = now + self._quiet_s / 4
        marks = await to_thread.run_sync(lambda: (self._mark(), _newest(store)), abandon_on_cancel=True)
        if marks != self._last:
            self._last, self._since = marks, anyio.current_time()
        return anyio.current_time() - self._since >= self._quiet_s


def driven(view: DriveView, *, still: bool = False, shown: Shown | None = None) -> Driven:
    """The event of a settled drive. Its `turn` is 0: the caller sets it. `shown`: the turn by the chat's store."""
    turn = view.turn
    failed = [fact.detail for fact in view.facts if fact.kind == "turn_failed" and fact.detail]
    said = " ".join(failed) or (turn.reason if turn else None) or ""
    limited, resets = _limit(turn.state if turn else None, said, shown)
    asks = [fact.detail for fact in view.facts if fact.kind == "needs_input" and fact.detail]
    reason = view.reason if turn is None else turn.reason
    if turn is not None and turn.state == "turn_failed" and failed:
        reason = failed[-1]
    if turn is not None and turn.state == "needs_input" and asks:
        reason = "; ".join(dict.fromkeys(asks))
    return Driven(
        0,
        view.drive_id,
        view.outcome or "unknown",
        turn.state if turn else None,
        turn.reply if turn else None,
        reason,
        view.blocker,
        view.doubt,
        limited,
        resets,
        still,
    )


def _limit(state: TurnState | None, said: str, shown: Shown | None) -> tuple[bool, int | None]:
    """Whether the turn is rate limited, and for how many milliseconds more (None: not known).

    A time of the store comes before one that is read in `said`.
    """
    if state != "turn_failed":
        return False, None
    now = now_ms()
    by_text, resets = rate_limit(said, now)
    by_store = shown is not None and shown.limited
    told = resets_in(shown.resets_at_ms, now) if shown is not None else None
    return by_text or by_store, told if told is not None else resets


def _over(view: DriveView) -> bool:
    return view.state == "settled" and (view.turn is None or view.turn.state != "waiting")


def _considered(record: DriveRecord) -> Candidate | None:
    found = next((each for each in record.considered if each.refusal is None), None)
    return Candidate(found.interface, found.surface, found.best_grade) if found else None


def _newest(store: StoreHint | None) -> int:
    if store is None:
        return 0
    newest = 0
    try:
        for number, path in enumerate(Path(store.path).rglob("*")):
            newest = max(newest, path.stat().st_mtime_ns)
            if number >= STORE_FILES_MOST:
                break
    except OSError:
        return newest
    return newest
