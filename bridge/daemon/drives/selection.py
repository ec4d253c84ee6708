"""Which chat is meant, and by which interfaces a drive may reach it: one answer for drives, goals and `explain`."""

from collections.abc import Mapping, Sequence

from bridge.daemon.drives.surfaces import Surfaces
from bridge.daemon.permissions import Permissions
from bridge.desk.desk import Desk
from bridge.drive.selector import Choice, Surface, choose, matching
from bridge.protocol.errors import BridgeError, Reason
from bridge.protocol.messages.surfaces import SurfaceSelector
from registry.model import Interface

OPEN_IDE = "open the IDE with the plugin installed: koru plugin status"


class Selection:
    """Chooses by registry, plugins, policy and desktop as they are at the moment it is asked."""

    def __init__(
        self, interfaces: Mapping[str, Interface], surfaces: Surfaces, permissions: Permissions, desk: Desk
    ) -> None:
        self._interfaces, self._surfaces = interfaces, surfaces
        self._permissions, self._desk = permissions, desk

    async def look(self, via: str | None) -> None:
        """Bring what is known of the desktop up to date, and wait for it where an injector was asked for by name."""
        asked = self._interfaces.get(via) if via is not None else None
        await self._desk.refresh(certainly=asked is not None and asked.probe == "injector")

    async def returned(self, key: str) -> Surface | None:
        """The surface as it is now. After a restart its plugin has some seconds to come back."""
        await self._desk.refresh()
        return await self._surfaces.wait_for(key)

    async def choose(self, surface: Surface, via: str | None, draft: bool, secrets: tuple[str, ...]) -> Choice:
        """The interfaces for a prompt that holds these kinds of secrets, best first, each refusal with its reason."""
        permit = await self._permissions.permit(surface, draft, secrets)
        return choose(surface, via, draft, self._interfaces, permit, self._desk.lack)

    def resolve(self, selector: SurfaceSelector) -> Surface:
        """The one surface that fits. BridgeError UNKNOWN_INTERFACE, AMBIGUOUS_SURFACE, UNKNOWN_IDE, UNKNOWN_SURFACE
        says which there are."""
        self._check_interface(selector.via)
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
        raise self._none_fits(selector, there)

    def _check_interface(self, via: str | None) -> None:
        if via is not None and via not in self._interfaces:
            known = ", ".join(sorted(id_ for id_, i in self._interfaces.items() if i.drives))
            raise BridgeError(Reason.UNKNOWN_INTERFACE, f"no interface is called {via}", hint=f"one of: {known}")

    def _none_fits(self, selector: SurfaceSelector, there: Sequence[Surface]) -> BridgeError:
        if selector.ide is not None and all(surface.ide != selector.ide for surface in there):
            ides = ", ".join(sorted({surface.ide for surface in there})) or "none"
            text = f"no connected IDE is called {selector.ide}; connected: {ides}"
            return BridgeError(Reason.UNKNOWN_IDE, text, hint=OPEN_IDE)
        if there:
            text = f"no connected chat fits; there are:\n{_listing(there)}"
        else:
            text = "no IDE is connected" + (f"; {self._desk.problem}" if self._desk.problem else "")
        return BridgeError(Reason.UNKNOWN_SURFACE, text, hint=OPEN_IDE)


def _listing(found: Sequence[Surface]) -> str:
    rows = [f"  {s.key}  agent {s.agent}  {', '.join(s.workspace_folders) or '(no folder)'}" for s in found]
    return "\n".join(rows)
