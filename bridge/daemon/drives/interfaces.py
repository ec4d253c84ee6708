"""What clients ask of the registry: which interfaces there are, and which one a drive would take and why."""

from bridge.daemon.drives.service import Desktop
from bridge.daemon.drives.surfaces import Surfaces
from bridge.daemon.permissions import Permissions
from bridge.drive.selector import Choice, Considered, Surface, choose, matching, unreachable
from bridge.protocol.messages.interfaces import (
    ExplainParams,
    ExplainResult,
    ExplainRow,
    InterfacesListResult,
    InterfaceView,
)
from registry.load import Registry
from registry.model import Interface


class Interfaces:
    """Answers from the same registry and by the same choice and policy as the drives. Nothing is touched."""

    def __init__(self, registry: Registry, surfaces: Surfaces, permissions: Permissions, desktop: Desktop) -> None:
        self._registry = registry
        self._surfaces = surfaces
        self._desktop = desktop
        self._permissions = permissions

    def list(self) -> InterfacesListResult:
        """Everything that is registered, and the files that could not be taken."""
        views = [_view(interface) for interface in self._registry.interfaces.values()]
        return InterfacesListResult(interfaces=views, problems=[str(problem) for problem in self._registry.problems])

    async def explain(self, params: ExplainParams) -> ExplainResult:
        """The choice for every surface that fits, without a drive: for a prompt that holds no secret."""
        await self._desktop.refresh(certainly=True)
        there = self._surfaces.all()
        fitting = matching(params.selector, there)
        interfaces = self._registry.interfaces
        choices = [await self._choose(surface, params) for surface in fitting]
        message = _message(len(there), len(fitting), any(choice.candidates for choice in choices))
        if not there and self._desktop.problem is not None:
            message = f"{message}; {self._desktop.problem}"
        considered = [row for choice in choices for row in choice.considered]
        if not fitting and message is not None:
            considered = list(unreachable(params.selector.via, interfaces, message))
        first = choices[0].candidates[0].interface if message is None else None
        keys = [surface.key for surface in fitting]
        asks = {(c.surface, c.interface): c.ask for choice in choices for c in choice.candidates}
        return ExplainResult(
            rows=[self._row(row, row.interface == first, asks.get((row.surface, row.interface))) for row in considered],
            surfaces=keys,
            others=[surface.key for surface in there if surface.key not in keys],
            message=message,
        )

    async def _choose(self, surface: Surface, params: ExplainParams) -> Choice:
        permit = await self._permissions.permit(surface, params.draft, ())
        via, draft = params.selector.via, params.draft
        return choose(surface, via, draft, self._registry.interfaces, permit, self._desktop.lack)

    def _row(self, considered: Considered, chosen: bool, asks: str | None) -> ExplainRow:
        interface = self._registry.interfaces[considered.interface]
        return ExplainRow(
            interface=considered.interface,
            chosen=chosen,
            best_grade=considered.best_grade,
            authority=interface.authority,
            cost=interface.cost,
            surface=considered.surface or None,
            reason=considered.refusal,
            asks=asks,
        )


def _message(there: int, fitting: int, usable: bool) -> str | None:
    """Why a drive with this selector would be refused, None when it would act."""
    if not there:
        return "no IDE is connected"
    if not fitting:
        return "no connected chat fits"
    if fitting > 1:
        return f"{fitting} chats fit; say which with --ide, --workspace, --agent or --window"
    return None if usable else "no interface can reach this chat"


def _view(interface: Interface) -> InterfaceView:
    return InterfaceView(
        id=interface.id,
        title=interface.title,
        family=interface.family,
        direction=interface.direction,
        status=interface.status,
        best_grade=interface.verification.best_grade,
        can_confirm_submit=interface.verification.can_confirm_submit,
        trust=interface.trust,
        products=list(interface.scope.products),
        blocking_modes=list(interface.blocking_modes),
        status_reason=interface.status_reason or None,
    )
