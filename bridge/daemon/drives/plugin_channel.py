"""Acts through the plugin of a surface's window: deliveries, look-ups in the plugin's journal, cancels of turns."""

from typing import assert_never

from bridge.daemon.drives.late import LateFacts, fact_from
from bridge.daemon.drives.surfaces import REATTACH_S, surface_id_of, window_of
from bridge.daemon.faults import Faults
from bridge.daemon.socket.plugin_session import PluginSession
from bridge.daemon.socket.sessions import Sessions
from bridge.drive.record import DriveRecord
from bridge.drive.steps import Candidate, ChannelDeclined, ChannelDone, ChannelLost, EventSink, Learned, LookedUp
from bridge.protocol.errors import BridgeError
from bridge.protocol.messages.chat import ChatCancelParams, DeliverParams, DeliverResult
from bridge.protocol.messages.drive import LookupParams, LookupResult

ANSWER_WITHIN_MS = 1_500
ANSWER_GRACE_S = 8.0
REQUEST_S = 5.0


class PluginChannel:
    """A `Channel` to the session that holds the window at that moment. Facts of an older epoch are kept as late."""

    def __init__(self, sessions: Sessions, faults: Faults, late: LateFacts) -> None:
        self._sessions = sessions
        self._faults = faults
        self._late = late

    def session_of(self, candidate: Candidate) -> str | None:
        """The id of the plugin's session."""
        session = self._find(candidate.surface)
        return session.session_id if session else None

    async def deliver(self, record: DriveRecord, candidate: Candidate, report: EventSink) -> bool:
        """True when the plugin answered that it is still acting; then it tells the rest in events."""
        session = self._find(candidate.surface)
        if session is None:
            report(ChannelDeclined("plugin_not_connected", "the window's plugin is not connected"))
            return False
        params = DeliverParams(
            drive_id=record.drive_id,
            epoch=session.epoch,
            surface_id=surface_id_of(candidate.surface),
            interface=candidate.interface,
            text=record.params.text,
            text_sha=record.text_sha,
            submit=not record.params.draft,
            target=record.params.target,
            answer_within_ms=ANSWER_WITHIN_MS,
        )
        self._faults.reach("before_deliver", record.drive_id)
        try:
            result = await session.peer.request(
                "chat/deliver", params, timeout=ANSWER_WITHIN_MS / 1000 + ANSWER_GRACE_S
            )
        except BridgeError as error:
            report(ChannelLost(f"{error.reason}: {error.message}"))
            return False
        self._faults.reach("after_deliver", record.drive_id)
        return isinstance(result, DeliverResult) and self._answered(session, params, result, report)

    def _answered(
        self, session: PluginSession, params: DeliverParams, result: DeliverResult, report: EventSink
    ) -> bool:
        facts = [fact_from(fact, session) for fact in result.facts]
        if (result.drive_id, result.epoch) != (params.drive_id, params.epoch):
            for fact in facts:
                self._late.keep(params.drive_id, fact, result.epoch)
            report(ChannelLost(f"the answer was for {result.drive_id} of epoch {result.epoch}"))
            return False
        for fact in facts:
            report(Learned(fact))
        message = result.message or "the plugin gave no reason"
        match result.disposition:
            case "declined":
                report(ChannelDeclined(result.blocker or "declined", message))
            case "done":
                report(ChannelDone())
            case "lost":
                report(ChannelLost(message))
            case "pending":
                pass
            case _:
                assert_never(result.disposition)
        return result.disposition == "pending"

    async def hold(self, record: DriveRecord, candidate: Candidate, report: EventSink) -> None:
        """Until the plugin's session ends, which a newer connection of the window brings about, too."""
        session = self._find(candidate.surface)
        if session is not None:
            await session.ended.wait()
        report(ChannelLost("the connection was closed"))

    async def lookup(self, record: DriveRecord, candidate: Candidate, report: EventSink) -> None:
        """The plugin has REATTACH_S to come back. While it still acts for the drive, its session's end is told, too."""
        session = await self._sessions.wait_for(window_of(candidate.surface), REATTACH_S)
        if session is None:
            report(LookedUp(None))
            return
        try:
            answer = await session.peer.request(
                "drive/lookup", LookupParams(drive_id=record.drive_id), timeout=REQUEST_S
            )
        except BridgeError:
            report(LookedUp(None))
            return
        if not isinstance(answer, LookupResult) or answer.drive_id != record.drive_id:
            report(LookedUp(None))
            return
        for fact in answer.facts:
            report(Learned(fact_from(fact, session)))
        report(LookedUp(answer.state, in_flight=answer.in_flight))
        if answer.in_flight:
            await session.ended.wait()
            report(ChannelLost("the connection was closed"))

    async def cancel(self, record: DriveRecord, candidate: Candidate) -> None:
        """What became of the turn is told by facts, not by the answer."""
        session = self._find(candidate.surface)
        if session is None:
            return
        params = ChatCancelParams(surface_id=surface_id_of(candidate.surface), drive_id=record.drive_id)
        try:
            await session.peer.request("chat/cancel", params, timeout=REQUEST_S)
        except BridgeError:
            return

    def _find(self, surface: str) -> PluginSession | None:
        window = window_of(surface)
        return next((session for session in self._sessions.live() if session.window_id == window), None)
