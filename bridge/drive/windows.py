"""The windows behind surfaces, as far as a desktop can find them: by process, or by what the operator wrote down."""

from dataclasses import dataclass
from pathlib import PurePath

from bridge.drive.selector import Surface


@dataclass(frozen=True, slots=True)
class NamedWindow:
    """A window of `desk.yaml`. `app` and `title` find it on the desktop; without a plugin it is a surface of its own.

    `store` and `store_path` name the observer and the place of its chats.
    """

    name: str
    ide: str
    version: str = ""
    agent: str = "chat"
    workspace: str | None = None
    app: str | None = None
    title: str | None = None
    store: str | None = None
    store_path: str | None = None

    @property
    def surface(self) -> Surface:
        """The surface that this window is while no plugin speaks for it."""
        folders = (self.workspace,) if self.workspace else ()
        return Surface(f"{self.ide}:{self.name}/{self.agent}", self.ide, self.name, self.agent, self.name, folders, ())

    def is_of(self, ide: str, window_id: str, folders: tuple[str, ...]) -> bool:
        """Is this the window of that plugin?"""
        if self.ide != ide:
            return False
        here = self.workspace is not None and any(PurePath(folder) == PurePath(self.workspace) for folder in folders)
        return here or self.name == window_id


@dataclass(frozen=True, slots=True)
class Addressed:
    """What is known of the window behind a surface. `pid`: a process of the IDE on this desktop, its extension host."""

    product: str
    version: str
    folders: tuple[str, ...]
    pid: int | None = None
    named: NamedWindow | None = None
