"""The selector against its table (`selector.yaml`): order, refusals with reasons, and which surfaces fit."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from bridge.drive.selector import Surface, choose, matching, unreachable
from bridge.protocol.messages.surfaces import SurfaceSelector
from registry.load import load
from registry.model import Interface, Scope, Verification

TABLE = yaml.safe_load(Path(__file__).with_suffix("").with_name("selector.yaml").read_text(encoding="utf-8"))


def interface(name: str, **differs: Any) -> Interface:
    said = {**TABLE["plain"], **differs}
    return Interface(
        id=name,
        title=name,
        family=said["family"],
        direction=said["direction"],
        transport="-",
        surface="-",
        status=said["status"],
        status_reason="" if said["status"] == "built" else "not yet",
        scope=Scope(products=tuple(said.get("products", ()))),
        authority=said["authority"],
        cost=said["cost"],
        can_draft=said["can_draft"],
        verification=Verification(mode="-", best_grade=said["grade"], can_confirm_submit=said["grade"] == "host"),
        probe="plugin_session",
    )


def surface(key: str, ide: str, agent: str, folders: list[str], offers: tuple[str, ...] = ()) -> Surface:
    window = key.partition(":")[2].partition("/")[0]
    return Surface(key, ide, window, agent, agent, tuple(folders), offers)


SURFACES = [surface(**row) for row in TABLE["surfaces"]]


@pytest.mark.parametrize("case", TABLE["order"], ids=lambda case: case["name"])
def test_order_and_reasons(case: dict[str, Any]) -> None:
    interfaces = {name: interface(name, **differs) for name, differs in case["interfaces"].items()}
    offers = tuple(case.get("offers", interfaces))
    there = surface("code:w1/chat", "code", "copilot", ["/home/ann"], offers)
    choice = choose(there, case.get("via"), case.get("draft", False), interfaces)
    assert [candidate.interface for candidate in choice.candidates] == case["chosen"]
    refused = {row.interface: row.refusal for row in choice.considered if row.refusal is not None}
    assert refused.keys() == case.get("refused", {}).keys()
    for name, words in case.get("refused", {}).items():
        assert words in str(refused[name])
    # Nothing is lost on the way: what is not a candidate keeps its reason.
    assert len(choice.considered) == len(choice.candidates) + len(refused)


@pytest.mark.parametrize("case", TABLE["matching"], ids=lambda case: str(case["selector"]))
def test_which_surfaces_fit(case: dict[str, Any]) -> None:
    found = matching(SurfaceSelector(**case["selector"]), SURFACES)
    assert [each.key for each in found] == case["fit"]


def test_without_a_surface_each_keeps_its_own_reason() -> None:
    interfaces = {"dream": interface("dream", status="planned"), "hand": interface("hand")}
    rows = {row.interface: row.refusal for row in unreachable(None, interfaces, "no IDE is connected")}
    assert rows == {"dream": "not usable: its status is planned (not yet)", "hand": "no IDE is connected"}


def test_an_interface_that_is_taken_out_of_the_registry_is_gone_from_the_choice(tmp_path: Path) -> None:
    there = surface("code:w1/chat", "code", "copilot", [], ("vscode_native_send", "plugin_socket_vscode_family"))
    assert choose(there, None, False, load().interfaces).candidates[0].interface == "vscode_native_send"
    (tmp_path / "vscode_native_send.yaml").write_text("id: vscode_native_send\ndisabled: true\n", encoding="utf-8")
    choice = choose(there, None, False, load(tmp_path).interfaces)
    assert [candidate.interface for candidate in choice.candidates] == ["plugin_socket_vscode_family"]
    assert all(row.interface != "vscode_native_send" for row in choice.considered)
