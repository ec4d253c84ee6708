"""Which surface is meant, and by which interfaces it can be reached, best first. Every refusal keeps its reason."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from bridge.drive.evidence import RANK, Verdict
from bridge.drive.permission import Permission, Permit, allow_all
from bridge.drive.steps import Candidate
from bridge.protocol.messages.base import Grade
from bridge.protocol.messages.surfaces import SurfaceSelector
from registry.model import Interface


@dataclass(frozen=True, slots=True)
class Surface:
    """A chat that could be addressed now. `offers` are the interface ids its plugin says it can perform."""

    key: str
    ide: str
    window_id: str
    agent: str
    title: str
    workspace_folders: tuple[str, ...]
    offers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Considered:
    """An interface for a surface; `refusal` is None where it may act."""

    interface: str
    surface: str
    best_grade: Grade
    refusal: str | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """Candidates best first, and all that was considered, the refused ones included. `denied`: the verdict on a drive
    that only policy keeps from acting."""

    candidates: tuple[Candidate, ...]
    considered: tuple[Considered, ...]
    denied: Verdict | None = None


def matching(selector: SurfaceSelector, surfaces: Sequence[Surface]) -> list[Surface]:
    """The surfaces that fit every field given. An exact workspace folder is preferred to one that contains it."""
    fitting = [
        surface
        for surface in surfaces
        if selector.ide in (None, surface.ide)
        and selector.agent in (None, surface.agent)
        and selector.window in (None, surface.window_id, surface.key)
    ]
    if selector.workspace is None:
        return fitting
    wanted = PurePath(selector.workspace)
    exact = [surface for surface in fitting if any(PurePath(folder) == wanted for folder in surface.workspace_folders)]
    inside = [s for s in fitting if any(wanted.is_relative_to(folder) for folder in s.workspace_folders)]
    return exact or inside


Lack = Callable[[Interface], str | None]


def no_desktop(interface: Interface) -> str | None:
    """For a choice without a desktop: no injector may act."""
    return "the desktop was not asked what is there"


def choose(
    surface: Surface,
    via: str | None,
    draft: bool,
    interfaces: Mapping[str, Interface],
    permit: Permit = allow_all,
    lack: Lack = no_desktop,
) -> Choice:
    """Rank the interfaces that the registry knows for this surface: by reachable grade, authority, then cost.

    `permit` is asked for those that could act, and for no others. `lack` says why an injector cannot run, or None.
    """
    refusals = {i.id: _refusal(i, surface, via, draft, lack) for i in interfaces.values() if i.drives}
    able = _ranked(interfaces[id_] for id_, refusal in refusals.items() if refusal is None)
    permissions = {interface.id: permit(interface) for interface in able}
    refusals |= {id_: found.reason for id_, found in permissions.items() if found.decision == "deny"}
    usable = [interface for interface in able if refusals[interface.id] is None]
    refused = _ranked(interfaces[id_] for id_, refusal in refusals.items() if refusal is not None)
    return Choice(
        tuple(_candidate(i, surface, permissions[i.id]) for i in usable),
        tuple(Considered(i.id, surface.key, i.verification.best_grade, refusals[i.id]) for i in (*usable, *refused)),
        None if usable or not able else _denied(able[0], permissions[able[0].id]),
    )


def _candidate(interface: Interface, surface: Surface, permission: Permission) -> Candidate:
    ask = permission.reason if permission.decision == "ask" else None
    return Candidate(interface.id, surface.key, interface.verification.best_grade, ask)


def _denied(interface: Interface, permission: Permission) -> Verdict:
    return Verdict("refused", f"{interface.id}: {permission.reason}", permission.blocker or "policy_denied")


def unreachable(via: str | None, interfaces: Mapping[str, Interface], why: str) -> tuple[Considered, ...]:
    """Every interface that could drive, where there is no surface: what speaks against each without one, else `why`."""
    return tuple(
        Considered(i.id, "", i.verification.best_grade, _refusal_anywhere(i, via) or why)
        for i in _ranked(i for i in interfaces.values() if i.drives)
    )


def _ranked(interfaces: Iterable[Interface]) -> list[Interface]:
    return sorted(interfaces, key=lambda i: (-RANK[i.verification.best_grade], -i.authority, i.cost, i.id))


def _refusal(interface: Interface, surface: Surface, via: str | None, draft: bool, lack: Lack) -> str | None:
    anywhere = _refusal_anywhere(interface, via)
    if anywhere is not None:
        return anywhere
    if interface.scope.products and surface.ide not in interface.scope.products:
        return f"out of scope: it is for {', '.join(interface.scope.products)}, this is {surface.ide}"
    if interface.probe != "injector" and interface.id not in surface.offers:
        return "the plugin in this window does not offer it"
    if draft and not interface.can_draft:
        return "it can only send, a draft was asked for"
    return lack(interface) if interface.probe == "injector" else None


def _refusal_anywhere(interface: Interface, via: str | None) -> str | None:
    """What speaks against it whatever the surface."""
    if via is not None and interface.id != via:
        return f"another interface was asked for: {via}"
    if interface.status != "built":
        return f"not usable: its status is {interface.status} ({interface.status_reason})"
    return None
