"""All drives of this daemon: accepted once, one at a time per window, settled by evidence, kept in the ledger."""

import json
import logging
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Protocol

import anyio
from anyio.abc import TaskGroup

from bridge.daemon.drives.channel import fact_from, window_of
from bridge.daemon.drives.runner import OpenDrive, Runner
from bridge.daemon.drives.surfaces import Surfaces
from bridge.daemon.ledger_writer import LedgerWriter, now_ms
from bridge.daemon.permissions import Permissions
from bridge.daemon.socket.sessions import PluginSession
from bridge.drive import machine
from bridge.drive.evidence import Fact
from bridge.drive.match import text_sha
from bridge.drive.permission import Permit
from bridge.drive.record import DriveRecord, accepted, fact_body
from bridge.drive.selector import Choice, Surface, choose, matching
from bridge.drive.steps import CancelAsked, GivenUp, Learned
from bridge.ledger.store import Row
from bridge.protocol.errors import BridgeError, Reason
from bridge.protocol.messages.chat import ChatEvent
from bridge.protocol.messages.drive import (
    DriveGetParams,
    DriveListParams,
    DriveListResult,
    DriveStartParams,
    DriveView,
    DriveWaitParams,
    QueueView,
)
from bridge.protocol.messages.events import Event
from bridge.protocol.messages.surfaces import SurfaceSelector
from bridge.protocol.prompt import check_prompt
from registry.model import Interface

LANE_MOST = 100
RECENT_MOST = 1000
LATE_MOST = 16
REATTACH_S = 30.0
OVERDUE_MS = 60_000
WARNING_OF_SECRETS = "the prompt holds what looks like a secret ({}); it is sent as it is, and recorded without it"
NOT_KEPT = "the prompt held a secret, which is never written down, so it is gone with the daemon that had it"

log = logging.getLogger("koru.drives")


class Desktop(Protocol):
    """What the choice must know of the desktop."""

    @property
    def problem(self) -> str | None:
        """Why the windows that the operator named are not known."""

    async def refresh(self, *, certainly: bool = False) -> None: ...
    def lack(self, interface: Interface) -> str | None:
        """Why an injector cannot run, or None."""


@dataclass(slots=True)
class _Lane:
    """The drives of one window, in the order they were accepted."""

    waiting: deque[OpenDrive] = field(default_factory=deque)
    working: bool = False


class DriveService:
    """The state of every open drive, and the way into the ledger for the closed ones."""

    def __init__(
        self,
        journal: LedgerWriter,
        surfaces: Surfaces,
        interfaces: Mapping[str, Interface],
        permissions: Permissions,
        desktop: Desktop,
    ) -> None:
        self._journal = journal
        self._surfaces = surfaces
        self._desktop = desktop
        self._interfaces = interfaces
        self._permissions = permissions
        self._open: dict[str, OpenDrive] = {}
        self._starting: dict[str, anyio.Event] = {}
        self._recent: deque[str] = deque(maxlen=RECENT_MOST)
        self._first_seq: dict[str, int] = {}  # of every drive there ever was: the ledger has no index by drive
        self._lanes: dict[str, _Lane] = {}
        self._late: dict[str, int] = {}
        self._settled = 0
        self.on_row: Callable[[str, Mapping[str, object], str], None] = _ignore_row

    def attach(self, runner: Runner, tasks: TaskGroup) -> None:
        """The runner and the task group in which drives live; both outlast every drive."""
        self._runner = runner
        self._tasks = tasks
        runner.attach(tasks)

    def counts(self) -> tuple[int, int]:
        """Drives open and settled."""
        return len(self._open), self._settled

    def subscribe(self, callback: Callable[[Event], None]) -> Callable[[], None]:
        """Call back with every new row as an event, until the returned function is called."""

        def tell(row: Row) -> None:
            drive = self._open.get(row.drive_id or "")
            view = self._view(drive.record) if drive else None
            callback(Event(seq=row.seq, kind=row.kind, at_ms=row.at_ms, drive=view))

        return self._journal.listen(tell)

    # --- what clients ask --------------------------------------------------------------------------------------------

    async def start(self, params: DriveStartParams) -> DriveView:
        """Accept the drive: its row is on disk when this returns. The same id and body are answered, not repeated."""
        check_prompt(params.text)
        body_sha = _body_sha(params)
        while params.drive_id in self._starting:
            await self._starting[params.drive_id].wait()
        self._starting[params.drive_id] = ready = anyio.Event()
        try:
            known = await self._find(params.drive_id)
            if known is not None:
                return self._replayed(known, body_sha)
            await self._desktop.refresh(certainly=self._is_injector(params.selector.via))
            surface = self.resolve(params.selector)
            secrets = await self._permissions.find_secrets(params.text)
            permit = await self._permissions.permit(surface, params.draft, secrets)
            choice = self._choose(surface, params, permit)
            with anyio.CancelScope(shield=True):  # a client that leaves now must not leave half an accepted drive
                drive = await self._accept(params, body_sha, surface, choice, secrets)
                self._enqueue(drive)
        finally:
            del self._starting[params.drive_id]
            ready.set()
        return self._view(drive.record)

    async def get(self, params: DriveGetParams) -> DriveView:
        return self._view(await self._known(params.drive_id))

    async def list(self, params: DriveListParams) -> DriveListResult:
        """Newest first. Replies are left out: `drive/get` has them."""
        views: list[DriveView] = []
        for drive_id in reversed(self._recent):
            if len(views) >= params.limit:
                break
            record = await self._find(drive_id)
            if record is not None and params.state in (None, record.state):
                views.append(_without_reply(self._view(record)))
        return DriveListResult(drives=views)

    async def wait(self, params: DriveWaitParams) -> DriveView:
        """The drive when it has an outcome (or its turn is over), or as it is when the time is up."""
        drive = self._open.get(params.drive_id)
        if drive is not None:
            with anyio.move_on_after(params.timeout_ms / 1000):
                await (drive.over if params.until == "turn" else drive.settled).wait()
            return self._view(drive.record)
        return self._view(await self._known(params.drive_id))

    async def cancel(self, params: DriveGetParams) -> DriveView:
        """Before acting the drive is refused; afterwards the host is asked to stop the turn. The outcome stays true."""
        record = await self._known(params.drive_id)
        drive = self._open.get(params.drive_id)
        if drive is None or record.cancelled:
            return self._view(record)
        row = await self._journal.append("cancel", {}, record.drive_id)
        record.apply("cancel", row.at_ms, {})
        self._journal.announce(row)
        waiting = self._lane(record.surface).waiting
        if drive in waiting and waiting[0] is not drive:
            waiting.remove(drive)
            await self._run(drive)
        drive.post(CancelAsked())
        return self._view(record)

    # --- what recoveries ask -----------------------------------------------------------------------------------------

    async def record(self, drive_id: str) -> DriveRecord:
        """BridgeError UNKNOWN_DRIVE."""
        return await self._known(drive_id)

    async def note(self, kind: str, body: dict[str, object], drive_id: str) -> None:
        """A row about a drive that no machine writes; on disk when this returns."""
        record = await self._known(drive_id)
        row = await self._journal.append(kind, body, drive_id)
        record.apply(kind, row.at_ms, body)
        self._journal.announce(row)

    def queues(self) -> Sequence[QueueView]:
        """The windows in which a drive is under way or waits."""
        return [_queue(lane) for lane in self._lanes.values() if lane.waiting]

    async def release(self, drive_id: str, seconds: float) -> DriveView:
        """Refuse a drive that touched nothing yet, settle one that acts by what is known; wait so long for that."""
        drive = self._open.get(drive_id)
        if drive is not None and drive.record.state == "acting":
            drive.post(GivenUp())
        elif drive is not None:
            await self.cancel(DriveGetParams(drive_id=drive_id))
        return await self.wait(DriveWaitParams(drive_id=drive_id, timeout_ms=int(seconds * 1000)))

    # --- what plugins tell -------------------------------------------------------------------------------------------

    def on_chat_event(self, session: PluginSession, event: ChatEvent) -> None:
        """A fact for an open drive goes to its machine; what is late or of an older epoch is only recorded."""
        if event.drive_id is None:
            return
        fact = fact_from(event.fact, session)
        drive = self._open.get(event.drive_id)
        same_window = drive is not None and window_of(drive.record.surface) == session.window_id
        if drive is not None and not session.is_late(event) and same_window and not drive.over.is_set():
            drive.post(Learned(fact))
        else:
            self.record_late(event.drive_id, fact, event.epoch)

    def record_late(self, drive_id: str, fact: Fact, epoch: int | None = None) -> None:
        """Keep a fact that no longer decides anything, a bounded number for each drive."""
        count = self._late.get(drive_id, 0)
        if count < LATE_MOST and drive_id in self._first_seq:
            self._late[drive_id] = count + 1
            self._tasks.start_soon(self._write_late, drive_id, fact, epoch)

    async def _write_late(self, drive_id: str, fact: Fact, epoch: int | None) -> None:
        told = fact_body(fact, counted=False) | ({} if epoch is None else {"epoch": epoch})
        body = await self._journal.redacted(told)
        row = await self._journal.append_surely("late", body, drive_id)
        drive = self._open.get(drive_id)
        if drive is not None:
            drive.record.apply("late", row.at_ms, body)
        self._journal.announce(row)

    # --- from accepted to settled ------------------------------------------------------------------------------------

    async def _accept(
        self, params: DriveStartParams, body_sha: str, surface: Surface, choice: Choice, secrets: tuple[str, ...]
    ) -> OpenDrive:
        lane = self._lane(surface.key)
        if len(lane.waiting) >= LANE_MOST:
            raise BridgeError(
                Reason.OVERLOADED,
                f"{LANE_MOST} drives wait for {surface.key} already",
                hint="wait for some of them, or cancel them: koru drive list",
                retry=True,
            )
        body: dict[str, object] = {
            "params": params.model_dump(exclude_none=True),
            "text_sha": text_sha(params.text),
            "text_chars": len(params.text),
            "body_sha": body_sha,
            "surface": surface.key,
            "considered": [
                {"interface": c.interface, "surface": c.surface, "best_grade": c.best_grade, "refusal": c.refusal}
                for c in choice.considered
            ],
        }
        if secrets:
            body["secrets"] = list(secrets)
        if secrets and self._permissions.warns():
            body["warning"] = WARNING_OF_SECRETS.format(", ".join(secrets))
        row = await self._journal.append("accepted", body, params.drive_id)
        drive = self._opened(accepted(params.drive_id, row.at_ms, body))
        self._open[params.drive_id] = drive
        self._known_since(params.drive_id, row.seq)
        self._journal.announce(row)
        return drive

    def _opened(self, record: DriveRecord) -> OpenDrive:
        return OpenDrive(record, lambda fact: self.record_late(record.drive_id, fact))

    def _enqueue(self, drive: OpenDrive) -> None:
        lane = self._lane(drive.record.surface)
        lane.waiting.append(drive)
        if not lane.working:
            lane.working = True
            self._tasks.start_soon(self._work, lane)

    def _lane(self, surface: str) -> _Lane:
        return self._lanes.setdefault(window_of(surface), _Lane())

    async def _work(self, lane: _Lane) -> None:
        """One drive at a time acts in a window; the next begins when the one before has its outcome."""
        try:
            while lane.waiting:
                drive = lane.waiting[0]
                self._tasks.start_soon(self._run, drive)
                await drive.settled.wait()
                lane.waiting.popleft()
        finally:
            lane.working = False

    async def _run(self, drive: OpenDrive) -> None:
        record = drive.record
        try:
            await self._runner.run(drive, await self._steps(record))
        except BridgeError as error:
            log.error("drive %s: %s", record.drive_id, error.message)
            await self._runner.run(drive, machine.give_up(record.state == "acting", str(error.reason), error.message))
        except Exception:
            log.exception("drive %s failed inside the daemon", record.drive_id)
            await self._runner.run(
                drive, machine.give_up(record.state == "acting", "internal", "a fault in the daemon")
            )
        self._close(drive)

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
        surface = await self._surface(record.surface)
        if surface is None:
            return machine.give_up(False, "plugin_not_connected", "the window's plugin did not come back")
        permit = await self._permissions.permit(surface, record.params.draft, record.secrets)
        choice = self._choose(surface, record.params, permit)
        return machine.drive(record.request, choice.candidates, choice.denied or machine.NO_INTERFACE)

    async def _surface(self, key: str) -> Surface | None:
        """The surface now; after a restart its plugin gets time to come back."""
        await self._desktop.refresh()
        return await self._surfaces.wait_for(key, REATTACH_S)

    def _choose(self, surface: Surface, params: DriveStartParams, permit: Permit) -> Choice:
        via, draft = params.selector.via, params.draft
        return choose(surface, via, draft, self._interfaces, permit, self._desktop.lack)

    def _is_injector(self, interface: str | None) -> bool:
        return (
            interface is not None and interface in self._interfaces and self._interfaces[interface].probe == "injector"
        )

    def _close(self, drive: OpenDrive) -> None:
        self._settled += 1
        self._open.pop(drive.record.drive_id, None)

    async def recover(self) -> int:
        """Read the ledger and take up every drive that a dead daemon left open. Returns how many there were."""
        records: dict[str, DriveRecord] = {}
        for row, body in await self._journal.drive_rows():
            if row.drive_id is None:
                continue
            self._permissions.apply(row.kind, row.at_ms, body, row.drive_id)
            self.on_row(row.kind, body, row.drive_id)
            if row.kind == "accepted":
                records[row.drive_id] = accepted(row.drive_id, row.at_ms, body)
                self._known_since(row.drive_id, row.seq)
            elif row.drive_id in records:
                records[row.drive_id].apply(row.kind, row.at_ms, body)
            if row.drive_id in records and not records[row.drive_id].open:
                self._settled += 1
                del records[row.drive_id]
        for record in records.values():
            self._resume(self._opened(record))
        return len(records)

    def _resume(self, drive: OpenDrive) -> None:
        self._open[drive.record.drive_id] = drive
        if drive.record.state == "settled":
            drive.settled.set()
            self._tasks.start_soon(self._run, drive)
        else:
            self._enqueue(drive)

    # --- finding -----------------------------------------------------------------------------------------------------

    def resolve(self, selector: SurfaceSelector) -> Surface:
        """The one surface that fits. BridgeError says which there are."""
        if selector.via is not None and selector.via not in self._interfaces:
            known = ", ".join(sorted(id_ for id_, i in self._interfaces.items() if i.drives))
            raise BridgeError(
                Reason.UNKNOWN_INTERFACE, f"no interface is called {selector.via}", hint=f"one of: {known}"
            )
        there = self._surfaces.all()
        found = matching(selector, there)
        if len(found) == 1:
            return found[0]
        if found:
            raise BridgeError(
                Reason.AMBIGUOUS_SURFACE,
                f"{len(found)} chats fit:\n{_listing(found)}",
                hint="say which with --ide, --workspace, --agent or --window",
            )
        if selector.ide is not None and all(surface.ide != selector.ide for surface in there):
            ides = ", ".join(sorted({surface.ide for surface in there})) or "none"
            raise BridgeError(
                Reason.UNKNOWN_IDE,
                f"no connected IDE is called {selector.ide}; connected: {ides}",
                hint="open the IDE with the plugin installed: koru plugin status",
            )
        raise BridgeError(
            Reason.UNKNOWN_SURFACE,
            f"no connected chat fits; there are:\n{_listing(there)}"
            if there
            else "no IDE is connected" + (f"; {self._desktop.problem}" if self._desktop.problem else ""),
            hint="open the IDE with the plugin installed: koru plugin status",
        )

    async def _known(self, drive_id: str) -> DriveRecord:
        record = await self._find(drive_id)
        if record is None:
            raise BridgeError(Reason.UNKNOWN_DRIVE, f"no drive has the id {drive_id}", hint="koru drive list")
        return record

    async def _find(self, drive_id: str) -> DriveRecord | None:
        if drive_id in self._open:
            return self._open[drive_id].record
        record: DriveRecord | None = None
        first = self._first_seq.get(drive_id)
        if first is None:
            return None
        for row in await self._journal.rows(after_seq=first - 1, limit=1000, drive_id=drive_id):
            body = await self._journal.expand(row)
            if row.kind == "accepted":
                record = accepted(drive_id, row.at_ms, body)
            elif record is not None:
                record.apply(row.kind, row.at_ms, body)
        return record

    def _known_since(self, drive_id: str, seq: int) -> None:
        self._recent.append(drive_id)
        self._first_seq[drive_id] = seq

    def _replayed(self, record: DriveRecord, body_sha: str) -> DriveView:
        if record.body_sha != body_sha:
            raise BridgeError(
                Reason.ID_CONFLICT,
                f"the id {record.drive_id} was used for another drive",
                hint="make a new id for a new drive; the same id always means the same drive",
            )
        return self._view(record, replayed=True)

    def _view(self, record: DriveRecord, *, replayed: bool = False) -> DriveView:
        waiting = [drive.record.drive_id for drive in self._lane(record.surface).waiting]
        behind = waiting.index(record.drive_id) if record.state == "accepted" and record.drive_id in waiting else None
        return record.view(queued_behind=behind, replayed=replayed)


def _ignore_row(kind: str, body: Mapping[str, object], drive_id: str) -> None:
    """Nobody follows the rows of earlier daemons."""


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


def _without_reply(view: DriveView) -> DriveView:
    return view.model_copy(update={"turn": view.turn.model_copy(update={"reply": None})}) if view.turn else view


def _listing(found: list[Surface]) -> str:
    rows = [f"  {s.key}  agent {s.agent}  {', '.join(s.workspace_folders) or '(no folder)'}" for s in found]
    return "\n".join(rows)


def _body_sha(params: DriveStartParams) -> str:
    """What makes two requests the same drive: text, selector, target and draft; not how long to wait for it."""
    body = params.model_dump(mode="json", include={"text", "selector", "target", "draft"}, exclude_none=True)
    return sha256(json.dumps(body, sort_keys=True, ensure_ascii=True).encode()).hexdigest()
