"""How far an interface is trusted in a workspace: observe < draft < send < autonomous. Pure.

Without a grant the level is that of the interface's registry file, and never more than its family allows.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from registry.model import Family, Interface, Trust

LEVELS: tuple[Trust, ...] = ("observe", "draft", "send", "autonomous")
RANK: dict[Trust, int] = {level: rank for rank, level in enumerate(LEVELS)}
EVERYWHERE = "*"

# Without a grant: nothing acts on its own, and what presses keys on a shared desktop only drafts.
MOST_UNGRANTED: dict[Family, Trust] = {"desktop_control": "draft", "browser_control": "draft", "observation": "observe"}


@dataclass(frozen=True, slots=True)
class Grant:
    """`workspace`: an absolute folder, for it and all below it, or `*`."""

    workspace: str
    interface: str
    level: Trust


def default_level(interface: Interface) -> Trust:
    """The level without any grant."""
    return min(interface.trust, MOST_UNGRANTED.get(interface.family, "send"), "send", key=RANK.__getitem__)


def level(grants: Iterable[Grant], interface: Interface, folders: Sequence[str]) -> Trust:
    """The level for a window with these folders: the grant nearest to a folder counts, of several folders the least."""
    own = [grant for grant in grants if grant.interface == interface.id]
    return min((_level(own, interface, folder) for folder in folders or ("",)), key=RANK.__getitem__)


def _level(grants: Sequence[Grant], interface: Interface, folder: str) -> Trust:
    fitting = [grant for grant in grants if covers(grant.workspace, folder)]
    nearest = max(fitting, key=lambda grant: _depth(grant.workspace), default=None)
    return nearest.level if nearest else default_level(interface)


def covers(workspace: str, folder: str) -> bool:
    """Is the folder the workspace, or below it? `*` covers all, and alone covers a window without a folder."""
    return workspace == EVERYWHERE or (bool(folder) and PurePath(folder).is_relative_to(workspace))


def _depth(workspace: str) -> int:
    return 0 if workspace == EVERYWHERE else len(PurePath(workspace).parts)


def granted(grants: Iterable[Grant], workspace: str, interface: str, new: Trust | None) -> tuple[Grant, ...]:
    """The grants with this one set, or with None taken away."""
    others = tuple(g for g in grants if (g.workspace, g.interface) != (workspace, interface))
    return others if new is None else (*others, Grant(workspace, interface, new))
