"""Every chat that can be addressed now: those of connected plugins, and windows that the operator named."""

from collections.abc import Callable, Sequence

from bridge.daemon.socket.plugin_session import PluginSession
from bridge.daemon.socket.sessions import Sessions
from bridge.drive.selector import Surface
from bridge.drive.windows import Addressed, NamedWindow
from bridge.protocol.messages.initialize import StoreHint

ON_THIS_DESKTOP = "desktop"
REATTACH_S = 30.0
"""How long a window's plugin may be away: a reload of the IDE takes seconds, and the plugin then connects by itself."""


class Surfaces:
    """`named` gives the windows of `desk.yaml`. One that a connected plugin speaks for is no surface of its own."""

    def __init__(self, sessions: Sessions, named: Callable[[], Sequence[NamedWindow]]) -> None:
        self._sessions, self._named = sessions, named

    def all(self) -> list[Surface]:
        """Those of plugins first."""
        told = [surface for session in self._sessions.live() for surface in _told(session)]
        return [*told, *(window.surface for window in self._alone())]

    def by_key(self, key: str) -> Surface | None:
        """The surface as it is now, None when it is gone."""
        return next((surface for surface in self.all() if surface.key == key), None)

    async def wait_for(self, key: str) -> Surface | None:
        """The surface; when its plugin is away, it gets REATTACH_S to come back."""
        if self._window(key) is None:
            await self._sessions.wait_for(window_of(key), REATTACH_S)
        return self.by_key(key)

    def store(self, key: str) -> StoreHint | None:
        """Where the surface's chats are kept, as its plugin or the operator says."""
        session = self._sessions.find(window_of(key))
        infos = session.info.surfaces if session else []
        hint = next((info.store for info in infos if info.surface_id == surface_id_of(key)), None)
        window = None if hint else self._window(key) or (self._of(session) if session else None)
        if window is not None and window.store is not None and window.store_path is not None:
            return StoreHint(store=window.store, path=window.store_path)
        return hint

    def addressed(self, key: str) -> Addressed | None:
        """The window behind a surface, for a desktop to find."""
        session = self._sessions.find(window_of(key))
        if session is None:
            window = self._window(key)
            return (
                Addressed(window.ide, window.version, window.surface.workspace_folders, None, window)
                if window
                else None
            )
        ide = session.info.ide
        pid = session.info.pid if ide.app_host == ON_THIS_DESKTOP else None
        return Addressed(ide.product, ide.version, _folders(session), pid, self._of(session))

    def find(self, words: str) -> list[Addressed]:
        """The windows that a surface's key, a window's id or name, or an IDE's id may mean."""
        fitting = [s.key for s in self.all() if words in (s.key, s.window_id, s.ide)]
        windows = {window_of(key): key for key in fitting}
        found = [self.addressed(key) for key in windows.values()]
        return [each for each in found if each is not None]

    def _alone(self) -> list[NamedWindow]:
        """The named windows that no connected plugin speaks for."""
        return [
            window
            for window in self._named()
            if not any(
                window.is_of(session.info.ide.product, session.window_id, _folders(session))
                for session in self._sessions.live()
            )
        ]

    def _window(self, key: str) -> NamedWindow | None:
        return next((window for window in self._alone() if window.surface.key == key), None)

    def _of(self, session: PluginSession) -> NamedWindow | None:
        ide, folders = session.info.ide.product, _folders(session)
        return next((window for window in self._named() if window.is_of(ide, session.window_id, folders)), None)


def window_of(surface: str) -> str:
    """The window's id in a surface key `<ide>:<window>/<surface>`."""
    return surface.partition(":")[2].rpartition("/")[0]


def surface_id_of(surface: str) -> str:
    """The chat's id within its window, in a surface key."""
    return surface.rpartition("/")[2]


def _told(session: PluginSession) -> list[Surface]:
    """The chats that a plugin lists now."""
    return [
        Surface(
            key=session.surface_key(info.surface_id),
            ide=session.info.ide.product,
            window_id=session.window_id,
            agent=info.agent,
            title=info.title,
            workspace_folders=tuple(info.workspace_folders),
            offers=tuple(info.interfaces),
        )
        for info in session.info.surfaces
    ]


def _folders(session: PluginSession) -> tuple[str, ...]:
    return tuple(dict.fromkeys(folder for info in session.info.surfaces for folder in info.workspace_folders))
