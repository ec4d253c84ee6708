"""The plugins connected now: one session a window, under a lease, told apart from its predecessors by the epoch."""

import logging

import anyio

from bridge.clock import now_ms
from bridge.daemon.socket.connection import Connection
from bridge.daemon.socket.epochs import Epochs
from bridge.daemon.socket.plugin_session import PluginSession
from bridge.protocol.answers import answers
from bridge.protocol.errors import BridgeError, Reason
from bridge.protocol.jsonrpc.peer import Peer
from bridge.protocol.messages.base import Empty
from bridge.protocol.messages.initialize import InitializeParams, PluginInfo
from bridge.protocol.messages.log import LogMessage
from bridge.protocol.messages.plugin import SelfTestResult
from bridge.protocol.messages.sessions import RefusedPlugin, SelfTestParams, SessionsListResult, SessionView
from bridge.protocol.messages.surfaces import SurfacesChanged

HEARTBEAT_MS = 10_000
LEASE_HEARTBEATS = 3
QUICK_PING_SECONDS = 1.0
LOG_MESSAGE_MAX_CHARS = 2000
SELFTEST_S = 15.0
REFUSED_MOST = 20
REFUSED_KEPT_MS = 180_000  # plugins try again every 15 s, so one that does not is gone

_LOG = logging.getLogger(__name__)
_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


class Sessions:
    """At most one live session a window."""

    def __init__(self, epochs: Epochs, *, heartbeat_ms: int = HEARTBEAT_MS) -> None:
        self.heartbeat_ms = heartbeat_ms
        self._epochs = epochs
        self._of_window: dict[str, PluginSession] = {}
        self._refused: dict[str, RefusedPlugin] = {}
        self._attached = anyio.Event()

    def views(self) -> list[SessionView]:
        """The live sessions as the wire has them."""
        return [session.view() for session in self.live()]

    def live(self) -> list[PluginSession]:
        return [session for session in self._of_window.values() if session.alive]

    def find(self, window_id: str) -> PluginSession | None:
        """The live session of a window."""
        session = self._of_window.get(window_id)
        return session if session is not None and session.alive else None

    def refused(self) -> list[RefusedPlugin]:
        """The windows whose plugin speaks no protocol of ours: those that came last, still try, and did not come with
        another plugin since."""
        since = now_ms() - REFUSED_KEPT_MS
        return [refused for refused in self._refused.values() if refused.at_ms >= since]

    async def wait_for(self, window_id: str, timeout: float) -> PluginSession | None:
        """The live session of a window, waiting at most `timeout` seconds for it to attach."""
        with anyio.move_on_after(timeout):
            while (session := self.find(window_id)) is None:
                await self._attached.wait()
            return session
        return None

    def refuse(self, hello: InitializeParams) -> None:
        """Keep for the doctor that a plugin was turned away for its protocol."""
        if hello.plugin is None:
            return
        window = hello.plugin.window_id
        self._refused.pop(window, None)
        self._refused[window] = RefusedPlugin(
            ide=hello.plugin.ide.product,
            window_id=window,
            plugin_name=hello.name,
            plugin_version=hello.version,
            protocol_min=hello.protocol.min,
            protocol_max=hello.protocol.max,
            at_ms=now_ms(),
        )
        while len(self._refused) > REFUSED_MOST:
            del self._refused[next(iter(self._refused))]

    # --- coming and going --------------------------------------------------------------------------------------------

    async def admit(self, hello: InitializeParams, info: PluginInfo, protocol: int, peer: Peer) -> PluginSession:
        """Make the connection the session of its window, in place of an older one.

        BridgeError SUPERSEDED (with `retry`) when another process holds the window and answers: two windows want one
        name, and the newcomer takes another.
        """
        while (older := self.find(info.window_id)) is not None and older.info.pid != info.pid:
            if await _answers(older):
                raise _window_taken(older)
            self.end(older, BridgeError(Reason.SUPERSEDED, f"{older} did not answer, and another took its window"))
        # From here to the end nothing waits: what is found is what is replaced, and epochs grow in order of arrival.
        session = PluginSession(hello, info, protocol, self._epochs.next(), peer)
        if older is not None:
            self.end(older, BridgeError(Reason.SUPERSEDED, f"a newer connection of the window replaced {older}"))
        self._of_window[session.window_id] = session
        self._refused.pop(session.window_id, None)
        _LOG.info("attached: %s, %s %s, %d surfaces", session, hello.name, hello.version, len(info.surfaces))
        return session

    def announce(self, session: PluginSession) -> None:
        """End the waits for the session's window. The plugin's answer to `initialize` is queued by then, so that what
        it is asked next comes after that answer."""
        attached, self._attached = self._attached, anyio.Event()
        attached.set()

    def end(self, session: PluginSession, why: BridgeError | None = None) -> None:
        """Take the session out. With `why`, its plugin is told and disconnected. Safe to call twice."""
        if session.ended.is_set():
            return
        session.ended.set()
        if self._of_window.get(session.window_id) is session:
            del self._of_window[session.window_id]
        _LOG.info("detached: %s%s", session, f": {why.message}" if why else "")
        if why is not None:
            session.peer.dismiss(why)

    async def keep(self, session: PluginSession) -> None:
        """Ping until the session ends. A plugin of which nothing is heard for a whole lease is disconnected."""
        beat = self.heartbeat_ms / 1000
        lease = beat * LEASE_HEARTBEATS
        while session.alive:
            with anyio.move_on_after(beat):
                await session.ended.wait()
            if session.silent_seconds() >= lease:
                self.end(session, BridgeError(Reason.TIMEOUT, f"nothing was heard of {session} for {lease:g} s"))
            elif session.alive:
                await _ping(session, beat)

    # --- what plugins tell -------------------------------------------------------------------------------------------

    @answers("surfaces/changed")
    def tell_surfaces(self, changed: SurfacesChanged, connection: Connection) -> None:
        """The chats of a window are others now."""
        session = connection.plugin()
        if changed.surfaces != session.info.surfaces:
            session.info = session.info.model_copy(update={"surfaces": changed.surfaces})
            _LOG.info("%s now has %d surfaces", session, len(changed.surfaces))

    @answers("log/message")
    def tell_log(self, line: LogMessage, connection: Connection) -> None:
        """A line for the daemon's log, cut to LOG_MESSAGE_MAX_CHARS."""
        _LOG.log(_LEVELS[line.level], "%s says: %s", connection.plugin(), line.message[:LOG_MESSAGE_MAX_CHARS])

    # --- what clients ask --------------------------------------------------------------------------------------------

    @answers("sessions/list")
    def list_sessions(self) -> SessionsListResult:
        """The plugins connected now."""
        return SessionsListResult(sessions=self.views())

    @answers("sessions/selftest")
    async def test_plugin(self, params: SelfTestParams) -> SelfTestResult:
        """What the look-ups of a session's plugin give now. BridgeError INVALID_PARAMS, and what the plugin answers."""
        session = next((each for each in self.live() if each.session_id == params.session_id), None)
        if session is None:
            text = "no such session is connected now"
            raise BridgeError(Reason.INVALID_PARAMS, text, where="session_id", hint="koru status")
        answer = await session.peer.request("plugin/selftest", Empty(), timeout=SELFTEST_S)
        if not isinstance(answer, SelfTestResult):
            raise BridgeError(Reason.INVALID_RESULT, f"{session} answered something else than a self-test")
        return answer


async def _answers(session: PluginSession) -> bool:
    return await _ping(session, QUICK_PING_SECONDS) and session.alive


async def _ping(session: PluginSession, timeout: float) -> bool:
    try:
        await session.peer.request("ping", Empty(), timeout=timeout)
    except BridgeError as error:
        # An error is an answer, too: the plugin is there.
        return error.reason not in (Reason.TIMEOUT, Reason.PEER_GONE, Reason.OVERLOADED)
    return True


def _window_taken(holder: PluginSession) -> BridgeError:
    return BridgeError(
        Reason.SUPERSEDED,
        f"the window {holder.window_id} is held by a live {holder.info.ide.product} with pid {holder.info.pid}",
        where="plugin.window_id",
        hint="initialize again (an old host may be on its way out); if this goes on, with another window id",
        retry=True,
    )
