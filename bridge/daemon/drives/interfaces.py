"""What clients ask of the registry: which interfaces there are, and which one a drive would take and why."""

from bridge.daemon.drives.selection import Selection
from bridge.daemon.drives.surfaces import Surfaces
from bridge.desk.desk import Desk
from bridge.drive.selector import Considered, matching, unreachable
from bridge.protocol.answers import answers
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

    def __init__(self, registry: Registry, surfaces: Surfaces, selection: Selection, desk: Desk) -> None:
        self._registry, self._surfaces = registry, surfaces
        self._selection, self._desk = selection, desk

    @answers("interfaces/list")
    def list(self) -> InterfacesListResult:
        """Everything that is registered, and the files that could not be taken."""
        views = [_view(interface) for interface in self._registry.interfaces.values()]
        return InterfacesListResult(interfaces=views, problems=[str(problem) for problem in self._registry.problems])

    @answers("interfaces/explain")
    async def explain(self, params: ExplainParams) -> ExplainResult:
        """The choice for every surface that fits, without a drive: for a prompt that holds no secret."""
        await self._desk.refresh(certainly=True)
        there = self._surfaces.all()
        fitting = matching(params.selector, there)
        interfaces = self._registry.interfaces
        via, draft = params.selector.via, params.draft
        choices = [await self._selection.choose(surface, via, draft, ()) for surface in fitting]
        message = _message(len(there), len(fitting), any(choice.candidates for choice in choices))
        if not there and self._desk.problem is not None:
            message = f"{message}; {self._desk.problem}"
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
