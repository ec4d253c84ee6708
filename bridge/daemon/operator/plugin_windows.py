"""The windows of connected plugins for recoveries: let go, waited for, and asked for commands of their IDE."""

import anyio

from bridge.daemon.operator.in_loop import in_loop
from bridge.daemon.socket.plugin_session import PluginSession
from bridge.daemon.socket.sessions import Sessions
from bridge.protocol.errors import BridgeError, Reason
from bridge.protocol.messages.base import Message
from bridge.protocol.messages.chat import CommandResult
from bridge.recovery.daemon import PluginWindow

COMMAND_S = 10.0


class PluginWindows:
    """Implements `ConnectedWindows` of bridge.recovery.daemon. A window is the one of the epoch it was seen in."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    @in_loop
    async def all(self) -> list[PluginWindow]:
        """Those that are connected now."""
        return [_window(session) for session in self._sessions.live()]

    @in_loop
    async def hang_up(self, window: PluginWindow) -> None:
        """End the connection, and tell the plugin that it may connect again. Nothing is done to a later epoch."""
        session = self._sessions.find(window.window_id)
        if session is not None and session.epoch == window.epoch:
            self._sessions.end(session, BridgeError(Reason.PEER_GONE, "the operator lets it connect anew", retry=True))

    @in_loop
    async def come_back(self, window_id: str, after_epoch: int, seconds: float) -> PluginWindow | None:
        """The window under a later epoch; None when there is none within `seconds`."""
        with anyio.move_on_after(seconds):
            while True:
                session = await self._sessions.wait_for(window_id, seconds)
                if session is not None and session.epoch > after_epoch:
                    return _window(session)
                if session is not None:
                    await session.ended.wait()
        return None

    @in_loop
    async def command(self, window: PluginWindow, method: str, params: Message) -> CommandResult:
        """BridgeError PEER_GONE, TIMEOUT after COMMAND_S, INVALID_RESULT, and what the plugin refuses with."""
        session = self._sessions.find(window.window_id)
        if session is None or session.epoch != window.epoch:
            raise BridgeError(Reason.PEER_GONE, f"{window} is not connected any more", hint="koru status", retry=True)
        answer = await session.peer.request(method, params, timeout=COMMAND_S)
        if not isinstance(answer, CommandResult):
            raise BridgeError(Reason.INVALID_RESULT, f"{window} gave no result of a command to {method}")
        return answer


def _window(session: PluginSession) -> PluginWindow:
    info = session.info
    folders = dict.fromkeys(folder for surface in info.surfaces for folder in surface.workspace_folders)
    keys = tuple(session.surface_key(surface.surface_id) for surface in info.surfaces)
    return PluginWindow(
        session.window_id, info.ide.product, session.epoch, info.pid, info.host_started_at_ms, keys, tuple(folders)
    )
