"""The drives as the wire asks for them: accepted once under their caller's id, looked at, waited for, cancelled."""

import json
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any

import anyio

from bridge.daemon.drives.lanes import Lanes
from bridge.daemon.drives.late import LateFacts
from bridge.daemon.drives.rows import accepted_body
from bridge.daemon.drives.selection import Selection
from bridge.daemon.drives.store import DriveStore
from bridge.daemon.drives.unsettled import Unsettled
from bridge.daemon.permissions import Permissions
from bridge.drive.record import DriveRecord
from bridge.ledger.store import Row
from bridge.protocol.answers import answers
from bridge.protocol.errors import BridgeError, Reason
from bridge.protocol.messages.drive import (
    DriveGetParams,
    DriveListParams,
    DriveListResult,
    DriveStartParams,
    DriveView,
    DriveWaitParams,
)
from bridge.protocol.messages.events import Event
from bridge.protocol.prompt import check_prompt

WARNING_OF_SECRETS = "the prompt holds what looks like a secret ({}); it is sent as it is, and recorded without it"


class DriveService:
    """Answers clients, goals and recoveries. Every method that takes an id raises BridgeError UNKNOWN_DRIVE."""

    def __init__(
        self, store: DriveStore, lanes: Lanes, late: LateFacts, selection: Selection, permissions: Permissions
    ) -> None:
        self._store, self._lanes, self._late = store, lanes, late
        self._selection, self._permissions = selection, permissions
        self._starting: dict[str, anyio.Event] = {}

    # --- what clients ask --------------------------------------------------------------------------------------------

    @answers("drive/start")
    async def start(self, params: DriveStartParams) -> DriveView:
        """Accept the drive: its row is on disk when this returns. The same id and body are answered, not repeated.

        BridgeError ID_CONFLICT, OVERLOADED, LEDGER_UNWRITABLE, and those of a text or a surface that cannot be meant.
        """
        check_prompt(params.text)
        body_sha = _body_sha(params)
        while params.drive_id in self._starting:
            await self._starting[params.drive_id].wait()
        self._starting[params.drive_id] = ready = anyio.Event()
        try:
            known = await self._store.find(params.drive_id)
            return self._replayed(known, body_sha) if known is not None else await self._begin(params, body_sha)
        finally:
            del self._starting[params.drive_id]
            ready.set()

    @answers("drive/get")
    async def get(self, params: DriveGetParams) -> DriveView:
        """The drive as it stands."""
        return self._view(await self._store.known(params.drive_id))

    @answers("drive/list")
    async def list(self, params: DriveListParams) -> DriveListResult:
        """Newest first. Replies are left out: `drive/get` has them."""
        views: list[DriveView] = []
        async for record in self._store.newest():
            if len(views) >= params.limit:
                break
            if params.state in (None, record.state):
                views.append(_without_reply(self._view(record)))
        return DriveListResult(drives=views)

    @answers("drive/wait")
    async def wait(self, params: DriveWaitParams) -> DriveView:
        """The drive when it has an outcome (or its turn is over), or as it is when the time is up."""
        drive = self._store.opened(params.drive_id)
        if drive is None:
            return self._view(await self._store.known(params.drive_id))
        with anyio.move_on_after(params.timeout_ms / 1000):
            await (drive.over if params.until == "turn" else drive.settled).wait()
        return self._view(drive.record)

    @answers("drive/cancel")
    async def cancel(self, params: DriveGetParams) -> DriveView:
        """Before acting the drive is refused; afterwards the host is asked to stop the turn. The outcome stays true."""
        drive = self._store.opened(params.drive_id)
        if drive is None:
            return self._view(await self._store.known(params.drive_id))
        await self._lanes.cancel(drive)
        return self._view(drive.record)

    def subscribe(self, callback: Callable[[Event], None]) -> Callable[[], None]:
        """Call back with every new row as an event, until the returned function is called."""

        def tell(row: Row, record: DriveRecord | None) -> None:
            view = self._view(record) if record else None
            callback(Event(seq=row.seq, kind=row.kind, at_ms=row.at_ms, drive=view))

        return self._store.subscribe(tell)

    # --- what recoveries ask -----------------------------------------------------------------------------------------

    async def record(self, drive_id: str) -> DriveRecord:
        """The drive as the daemon has it, with what is told to no client."""
        return await self._store.known(drive_id)

    async def note(self, kind: str, body: dict[str, object], drive_id: str) -> None:
        """A row about a drive that no machine writes; on disk when this returns."""
        await self._store.write(kind, body, await self._store.known(drive_id))

    async def release(self, drive_id: str, seconds: float) -> DriveView:
        """Refuse a drive that touched nothing yet, settle one that acts by what is known; wait so long for that."""
        drive = self._store.opened(drive_id)
        if drive is not None:
            await self._lanes.release(drive)
        return await self.wait(DriveWaitParams(drive_id=drive_id, timeout_ms=int(seconds * 1000)))

    async def recover(self, unsettled: Unsettled) -> int:
        """Take up every drive that a dead daemon left open; how many there were. Called once, before the first request.

        The same pass over the ledger tells permissions and `unsettled` what the daemons before this one knew.
        """

        def hear(row: Row, body: Mapping[str, Any], drive_id: str) -> None:
            self._permissions.apply(row.kind, row.at_ms, body, drive_id)
            unsettled.apply(row.kind, body, drive_id)

        left = await self._store.recover(hear, self._late.keep)
        for drive in left:
            self._lanes.resume(drive)
        return len(left)

    # --- beginning ---------------------------------------------------------------------------------------------------

    async def _begin(self, params: DriveStartParams, body_sha: str) -> DriveView:
        await self._selection.look(params.selector.via)
        surface = self._selection.resolve(params.selector)
        secrets = await self._permissions.find_secrets(params.text)
        choice = await self._selection.choose(surface, params.selector.via, params.draft, secrets)
        warning = WARNING_OF_SECRETS.format(", ".join(secrets)) if secrets and self._permissions.warns() else ""
        body = accepted_body(params, body_sha, surface, choice, secrets, warning)
        with anyio.CancelScope(shield=True):  # a client that leaves now must not leave half an accepted drive
            self._lanes.check_room(surface.key)
            drive = await self._store.accept(params.drive_id, body, self._late.keep)
            self._lanes.enqueue(drive)
        return self._view(drive.record)

    def _replayed(self, record: DriveRecord, body_sha: str) -> DriveView:
        if record.body_sha != body_sha:
            raise BridgeError(
                Reason.ID_CONFLICT,
                f"the id {record.drive_id} was used for another drive",
                hint="make a new id for a new drive; the same id always means the same drive",
            )
        return self._view(record, replayed=True)

    def _view(self, record: DriveRecord, *, replayed: bool = False) -> DriveView:
        return record.view(queued_behind=self._lanes.behind(record), replayed=replayed)


def _without_reply(view: DriveView) -> DriveView:
    return view.model_copy(update={"turn": view.turn.model_copy(update={"reply": None})}) if view.turn else view


def _body_sha(params: DriveStartParams) -> str:
    """What makes two requests the same drive: text, selector, target and draft; not how long to wait for it."""
    body = params.model_dump(mode="json", include={"text", "selector", "target", "draft"}, exclude_none=True)
    return sha256(json.dumps(body, sort_keys=True, ensure_ascii=True).encode()).hexdigest()
