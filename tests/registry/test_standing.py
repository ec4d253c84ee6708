"""What the registry comes to on one platform: what is out of scope, or lacks what it depends on, is ruled out."""

import pytest

from bridge.drive.selector import Surface, choose
from registry.load import Registry, load
from registry.model import Interface, Platform, Scope
from registry.standing import here, platform

NATIVE = load().interfaces["vscode_native_send"]


def interface(id_: str, **changes: object) -> Interface:
    return NATIVE.model_copy(update={"id": id_, "scope": Scope(), **changes})


def registry(*interfaces: Interface) -> Registry:
    return Registry({each.id: each for each in interfaces}, ())


def standing(*interfaces: Interface, where: Platform = "linux") -> dict[str, tuple[str, str]]:
    found = here(registry(*interfaces), where).interfaces
    return {id_: (each.status, each.status_reason) for id_, each in found.items()}


@pytest.mark.parametrize(("system", "name"), [("linux", "linux"), ("darwin", "macos"), ("win32", "windows")])
def test_platforms(system: str, name: str) -> None:
    assert platform(system) == name


def test_what_is_for_another_platform_is_ruled_out_here_and_not_there() -> None:
    mac = interface("mac_only", scope=Scope(platforms=("macos",)))
    assert standing(mac) == {"mac_only": ("ruled_out", "it is for macos, this is linux")}
    assert standing(mac, where="macos") == {"mac_only": ("built", "")}


def test_an_empty_scope_is_everywhere() -> None:
    assert standing(interface("anywhere"), where="windows") == {"anywhere": ("built", "")}


@pytest.mark.parametrize(
    ("needed", "why"),
    [
        ((), "it depends on base, which is not in the registry"),
        (
            (interface("base", status="planned", status_reason="not yet"),),
            "it depends on base, which is planned: not yet",
        ),
        (
            (interface("base", scope=Scope(platforms=("macos",))),),
            "it depends on base, which is ruled_out: it is for macos, this is linux",
        ),
    ],
)
def test_without_what_it_depends_on_it_is_ruled_out(needed: tuple[Interface, ...], why: str) -> None:
    assert standing(*needed, interface("upper", depends_on=("base",)))["upper"] == ("ruled_out", why)


def test_a_chain_falls_to_its_end_in_any_order() -> None:
    chain = [
        interface("a", depends_on=("b",)),
        interface("b", depends_on=("c",)),
        interface("c", depends_on=("d",)),
    ]
    for order in (chain, chain[::-1]):
        assert {status for status, _ in standing(*order).values()} == {"ruled_out"}


def test_a_ring_that_is_whole_stands_and_ends() -> None:
    ring = standing(interface("a", depends_on=("b",)), interface("b", depends_on=("a",)))
    assert {status for status, _ in ring.values()} == {"built"}


def test_what_is_planned_keeps_its_own_reason() -> None:
    planned = interface("x", status="planned", status_reason="not yet", scope=Scope(platforms=("macos",)))
    assert standing(planned) == {"x": ("planned", "not yet")}


def test_the_choice_refuses_what_is_ruled_out_here() -> None:
    surface = Surface("code:w/chat", "code", "w", "chat", "Chat", (), ("mac_only", "anywhere"))
    mac = interface("mac_only", scope=Scope(platforms=("macos",)))
    choice = choose(surface, None, False, here(registry(mac, interface("anywhere")), "linux").interfaces)
    assert [each.interface for each in choice.candidates] == ["anywhere"]
    (refused,) = [each for each in choice.considered if each.refusal]
    assert refused.refusal == "not usable: its status is ruled_out (it is for macos, this is linux)"
