"""The plugins connected now: one session a window, under a lease, told apart from its predecessors by the epoch."""

import logging
import secrets
import time
from collections.abc import Callable

import anyio

from bridge.daemon.socket.epochs import Epochs
from bridge.daemon.socket.guest import Guest
from bridge.protocol.errors import BridgeError, Reason
from bridge.protocol.messages.base import Empty
from bridge.protocol.messages.chat import ChatEvent
from bridge.protocol.messages.initialize import InitializeParams, PluginInfo
from bridge.protocol.messages.log import LogMessage
from bridge.protocol.messages.sessions import RefusedPlugin, SessionView
from bridge.protocol.messages.surfaces import SurfacesChanged

HEARTBEAT_MS = 10_000
LEASE_HEARTBEATS = 3
QUICK_PING_SECONDS = 1.0
LOG_MESSAGE_MAX_CHARS = 2000
REFUSED_MOST = 20
REFUSED_KEPT_MS = 180_000  # plugins try again every 15 s: who does not has gone

_LOG = logging.getLogger(__name__)
_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


class PluginSession:
    """One live connection of a plugin. Requests to it go through `peer`."""

    def __init__(self, hello: InitializeParams, info: PluginInfo, protocol: int, epoch: int, peer: Guest) -> None:
        self.session_id = secrets.token_hex(8)
        self.epoch = epoch
        self.window_id = info.window_id
        self.info = info
        self.peer = peer
        self.name = hello.name
        self.version = hello.version
        self.protocol = protocol
        self.connected_at_ms = _now_ms()
        self.ended = anyio.Event()

    @property
    def alive(self) -> bool:
        return self.peer.gone is None and not self.ended.is_set()

    def surface_key(self, surface_id: str) -> str:
        """`<ide product>:<window_id>/<surface_id>`: stays the same over reloads and restarts."""
        return f"{self.info.ide.product}:{self.window_id}/{surface_id}"

    def is_late(self, event: ChatEvent) -> bool:
        """Whether the event is about something an earlier connection of this window was asked."""
        return event.epoch < self.epoch

    def silent_seconds(self) -> float:
        """How long nothing at all was received."""
        return anyio.current_time() - self.peer.last_received

    def view(self) -> SessionView:
        return SessionView(
            session_id=self.session_id,
            epoch=self.epoch,
            ide=self.info.ide,
            window_id=self.window_id,
            pid=self.info.pid,
            plugin_name=self.name,
            plugin_version=self.version,
            protocol=self.protocol,
            connected_at_ms=self.connected_at_ms,
            last_seen_at_ms=_now_ms() - int(self.silent_seconds() * 1000),
            capabilities=self.info.capabilities,
            surfaces=self.info.surfaces,
        )

    def __str__(self) -> str:
        return f"{self.info.ide.product} window {self.window_id} (pid {self.info.pid}, epoch {self.epoch})"


class Sessions:
    """At most one live session a window. `on_event` and `on_attach` are set by whoever drives; neither may block.

    `on_attach` runs once the plugin has its answer to `initialize` queued, so that it may be asked things at once.
    """

    def __init__(self, epochs: Epochs, *, heartbeat_ms: int = HEARTBEAT_MS) -> None:
        self.heartbeat_ms = heartbeat_ms
        self.on_event: Callable[[PluginSession, ChatEvent], None] = _ignore_event
        self.on_attach: Callable[[PluginSession], None] = _ignore_attach
        self._epochs = epochs
        self._of_window: dict[str, PluginSession] = {}
        self._refused: dict[str, RefusedPlugin] = {}
        self._attached = anyio.Event()

    def live(self) -> list[PluginSession]:
        return [session for session in self._of_window.values() if session.alive]

    def find(self, window_id: str) -> PluginSession | None:
        """The live session of a window."""
        session = self._of_window.get(window_id)
        return session if session is not None and session.alive else None

    def refused(self) -> list[RefusedPlugin]:
        """The windows whose plugin speaks no protocol of ours: those that came last, still try, and did not come with
        another plugin since."""
        since = _now_ms() - REFUSED_KEPT_MS
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
            at_ms=_now_ms(),
        )
        while len(self._refused) > REFUSED_MOST:
            del self._refused[next(iter(self._refused))]

    # --- coming and going --------------------------------------------------------------------------------------------

    async def admit(self, hello: InitializeParams, info: PluginInfo, protocol: int, peer: Guest) -> PluginSession:
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
        """Tell those who wait that the session can be used."""
        attached, self._attached = self._attached, anyio.Event()
        attached.set()
        if session.alive:
            self.on_attach(session)

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

    def tell_event(self, session: PluginSession, event: ChatEvent) -> None:
        """Hand an event on; one of an older epoch too (`Session.is_late`). Epochs we never gave are a lie: dropped."""
        if event.epoch > session.epoch:
            _LOG.warning("%s told of an event of epoch %d, which it was never given", session, event.epoch)
            return
        self.on_event(session, event)

    def tell_surfaces(self, session: PluginSession, changed: SurfacesChanged) -> None:
        if changed.surfaces != session.info.surfaces:
            session.info = session.info.model_copy(update={"surfaces": changed.surfaces})
            _LOG.info("%s now has %d surfaces", session, len(changed.surfaces))

    def tell_log(self, session: PluginSession, line: LogMessage) -> None:
        _LOG.log(_LEVELS[line.level], "%s says: %s", session, line.message[:LOG_MESSAGE_MAX_CHARS])


async def _answers(session: PluginSession) -> bool:
    return await _ping(session, QUICK_PING_SECONDS) and session.alive


async def _ping(session: PluginSession, timeout: float) -> bool:
    try:
        await session.peer.request("ping", Empty(), timeout=timeout)
    except BridgeError as error:
        # A plugin that answers with an error is a poor one, but it is there.
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


def _ignore_event(session: PluginSession, event: ChatEvent) -> None:
    _LOG.debug("nobody listens for the events of %s", session)


def _ignore_attach(session: PluginSession) -> None:
    """Nobody waits for sessions."""


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
