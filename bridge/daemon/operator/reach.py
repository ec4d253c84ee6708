"""What the actions of recoveries get hold of: from their threads, each call is carried out in the event loop."""

from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import anyio
from anyio import from_thread

from bridge.daemon.drives.lanes import Lanes
from bridge.daemon.drives.service import DriveService
from bridge.daemon.drives.witnesses import Witnesses
from bridge.daemon.socket.plugin_session import PluginSession
from bridge.daemon.socket.sessions import Sessions
from bridge.drive.record import DriveRecord, Mark
from bridge.protocol.errors import BridgeError, Reason
from bridge.protocol.messages.base import Message
from bridge.protocol.messages.chat import CommandResult
from bridge.protocol.messages.drive import DriveStartParams, DriveView, QueueView
from bridge.protocol.messages.surfaces import SurfaceSelector
from bridge.recovery.daemon import PluginWindow

COMMAND_S = 10.0
ALREADY_THERE = "a turn with its text stands in the chat's store"
NOT_WHOLE = "it held a secret, which is never written down, so its text is not known in full any more"
T = TypeVar("T")


class Reach:
    """Implements bridge.recovery.daemon.Daemon. Every method is called from a worker thread."""

    def __init__(self, sessions: Sessions, drives: DriveService, lanes: Lanes, stores: Witnesses) -> None:
        self._sessions, self._drives, self._lanes, self._stores = sessions, drives, lanes, stores

    def windows(self) -> list[PluginWindow]:
        return from_thread.run_sync(lambda: [_window(session) for session in self._sessions.live()])

    def hang_up(self, window: PluginWindow) -> None:
        from_thread.run_sync(self._hang_up, window)

    def come_back(self, window_id: str, after_epoch: int, seconds: float) -> PluginWindow | None:
        return self._await(lambda: self._come_back(window_id, after_epoch, seconds))

    def command(self, window: PluginWindow, method: str, params: Message) -> CommandResult:
        return self._await(lambda: self._command(window, method, params))

    def queues(self) -> list[QueueView]:
        return [*from_thread.run_sync(self._lanes.queues)]

    def release(self, drive_id: str, seconds: float) -> DriveView:
        return self._await(lambda: self._drives.release(drive_id, seconds))

    def drive(self, drive_id: str) -> DriveView:
        return self._await(lambda: self._drives.record(drive_id)).view()

    def mark(self, drive_id: str, mark: Mark) -> None:
        self._await(lambda: self._drives.note("marked", {"state": mark}, drive_id))

    def why_not_again(self, drive_id: str) -> str | None:
        return self._await(lambda: self._why_not_again(drive_id))

    def resend(self, drive_id: str, new_id: str) -> DriveView:
        return self._await(lambda: self._resend(drive_id, new_id))

    @staticmethod
    def _await(make: Callable[[], Coroutine[Any, Any, T]]) -> T:
        return from_thread.run(make)

    def _hang_up(self, window: PluginWindow) -> None:
        session = self._sessions.find(window.window_id)
        if session is not None and session.epoch == window.epoch:
            self._sessions.end(session, BridgeError(Reason.PEER_GONE, "the operator lets it connect anew", retry=True))

    async def _come_back(self, window_id: str, after_epoch: int, seconds: float) -> PluginWindow | None:
        with anyio.move_on_after(seconds):
            while True:
                session = await self._sessions.wait_for(window_id, seconds)
                if session is not None and session.epoch > after_epoch:
                    return _window(session)
                if session is not None:
                    await session.ended.wait()
        return None

    async def _command(self, window: PluginWindow, method: str, params: Message) -> CommandResult:
        session = self._sessions.find(window.window_id)
        if session is None or session.epoch != window.epoch:
            raise BridgeError(Reason.PEER_GONE, f"{window} is not connected any more", hint="koru status", retry=True)
        answer = await session.peer.request(method, params, timeout=COMMAND_S)
        if not isinstance(answer, CommandResult):
            raise BridgeError(Reason.INVALID_RESULT, f"{window} gave no result of a command to {method}")
        return answer

    async def _why_not_again(self, drive_id: str) -> str | None:
        return await self._against(await self._drives.record(drive_id))

    async def _against(self, record: DriveRecord) -> str | None:
        """A drive that was settled this moment still has its text in memory: what its row lacks must decide."""
        if record.secrets or not record.text_is_whole:
            return NOT_WHOLE
        return ALREADY_THERE if _told_late(record) or await self._stores.shows(record) else None

    async def _resend(self, drive_id: str, new_id: str) -> DriveView:
        """The other drive first: should the daemon die in between, the same id is found again and not sent twice."""
        record = await self._drives.record(drive_id)
        against = await self._against(record)  # since the plan the text may be gone, or the turn may have come
        if against is not None:
            raise BridgeError(Reason.RECOVERY_UNFIT, f"not sent again: {against}", hint=f"koru drive show {drive_id}")
        again = await self._drives.start(_again(record, new_id))
        await self._drives.note("resent", {"drive_id": new_id}, drive_id)
        return again


def _window(session: PluginSession) -> PluginWindow:
    info = session.info
    folders = dict.fromkeys(folder for surface in info.surfaces for folder in surface.workspace_folders)
    keys = tuple(session.surface_key(surface.surface_id) for surface in info.surfaces)
    return PluginWindow(
        session.window_id, info.ide.product, session.epoch, info.pid, info.host_started_at_ms, keys, tuple(folders)
    )


def _told_late(record: DriveRecord) -> bool:
    """Did somebody who can know it tell of the submit when it was too late to count?"""
    return any(
        fact.kind == "submitted" and fact.text_sha == record.text_sha and fact.grade in {"host", "witness"}
        for fact in record.late
    )


def _again(record: DriveRecord, new_id: str) -> DriveStartParams:
    """For the chat that was meant then, whatever would fit the selector now."""
    selector = SurfaceSelector(window=record.surface, via=record.params.selector.via)
    return record.params.model_copy(update={"drive_id": new_id, "selector": selector})
