"""The lint: silent about our files, and each rule can fail."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from injectors.catalogue import CATALOGUE
from observers.catalogue import OBSERVERS
from registry.lint import Adapters, Code, lint, rings
from registry.load import Registry, builtin, load
from registry.model import Recovery

ADAPTERS: Adapters = {"chat_store": list(OBSERVERS), "injector": list(CATALOGUE)}
BUILTIN = load()
NATIVE = (builtin() / "interfaces" / "vscode_native_send.yaml").read_text(encoding="utf-8")


def runs(command: str) -> str | None:
    return None


def complaints(registry: Registry) -> list[str]:
    return [str(problem) for problem in lint(registry, runs, ADAPTERS)]


def with_file(tmp_path: Path, **changes: str) -> Registry:
    """The registry with an interface `own_send` of the operator, some texts in it replaced."""
    text = NATIVE.replace("id: vscode_native_send", "id: own_send")
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    (tmp_path / "own_send.yaml").write_text(text, encoding="utf-8")
    return load(tmp_path)


def test_our_files_are_in_order() -> None:
    assert complaints(BUILTIN) == []


@pytest.mark.parametrize("field", ["unknown_chat", "reconnect_plugin"])
def test_a_reference_to_nothing_is_told_with_its_line(field: str, tmp_path: Path) -> None:
    (found,) = complaints(with_file(tmp_path, **{field: "a_dream"}))
    lines = (tmp_path / "own_send.yaml").read_text(encoding="utf-8").split("\n")
    line = next(number for number, text in enumerate(lines, 1) if "a_dream" in text)
    assert found.startswith(f"{tmp_path / 'own_send.yaml'}:{line}: ")
    assert "a_dream" in found


def test_an_adapter_that_does_not_exist_is_told(tmp_path: Path) -> None:
    (found,) = complaints(with_file(tmp_path, **{"probe: plugin_session": "probe: injector\nadapter: telepathy"}))
    assert "knows no telepathy" in found


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "own_send.yaml").write_text("id: [", encoding="utf-8")
    assert "not YAML" in complaints(load(tmp_path))[0]


def test_interfaces_in_a_ring_are_told(tmp_path: Path) -> None:
    for one, other in (("ring_a", "ring_b"), ("ring_b", "ring_a")):
        text = NATIVE.replace("id: vscode_native_send", f"id: {one}") + f"depends_on: [{other}]\n"
        (tmp_path / f"{one}.yaml").write_text(text, encoding="utf-8")
    (found,) = complaints(load(tmp_path))
    line = NATIVE.count("\n") + 1
    assert f"ring_a.yaml:{line}: depends_on: a ring: ring_a -> ring_b -> ring_a" in found


def test_blockers_in_a_ring_are_told() -> None:
    blockers = dict(BUILTIN.blockers)
    blockers["internal"] = blockers["internal"].model_copy(update={"depends_on": ("internal",)})
    (found,) = complaints(replace(BUILTIN, blockers=blockers))
    assert "blockers.yaml" in found and "internal -> internal" in found


def test_a_blocker_without_a_way_out_is_told() -> None:
    blockers = dict(BUILTIN.blockers)
    blockers["internal"] = blockers["internal"].model_copy(update={"recoveries": ("prayer",)})
    found = complaints(replace(BUILTIN, blockers=blockers))
    assert any("there is no recovery prayer" in line for line in found)


def test_a_recovery_that_runs_nothing_real_is_told() -> None:
    found = lint(BUILTIN, lambda command: "no such verb" if command == "koru up" else None, ADAPTERS)
    (line,) = map(str, found)
    assert "recoveries.yaml" in line and "`koru up` cannot be run: no such verb" in line


def test_a_recovery_that_nothing_leads_to_is_told() -> None:
    recoveries = dict(BUILTIN.recoveries)
    recoveries["idle"] = recoveries["start_daemon"].model_copy(update={"id": "idle"})
    assert any("nothing leads to it" in line for line in complaints(replace(BUILTIN, recoveries=recoveries)))


RINGS: dict[str, tuple[dict[str, Sequence[str]], list[tuple[str, ...]]]] = {
    "none": ({"a": "b", "b": "c", "c": ""}, []),
    "itself": ({"a": "a"}, [("a", "a")]),
    "two of three": ({"a": "b", "b": "c", "c": "b"}, [("b", "c", "b")]),
    "a diamond is none": ({"a": "bc", "b": "d", "c": "d", "d": ""}, []),
    "two rings": ({"a": "b", "b": "a", "c": "d", "d": "c"}, [("a", "b", "a"), ("c", "d", "c")]),
    "to nowhere": ({"a": "z"}, []),
}


@pytest.mark.parametrize("case", RINGS)
def test_rings(case: str) -> None:
    edges, expected = RINGS[case]
    assert rings(edges) == expected


CODE = Code({"mend": "daemon"}, ["well"])


def with_recovery(**fields: object) -> Registry:
    recovery = Recovery.model_validate({"id": "mend", "title": "Mend it", **fields})
    others = {name: each for name, each in BUILTIN.recoveries.items() if each.action is None}
    blockers = {name: each.model_copy(update={"recoveries": ("mend",)}) for name, each in BUILTIN.blockers.items()}
    return replace(BUILTIN, recoveries={**others, "mend": recovery}, blockers=blockers)


def about_code(registry: Registry) -> list[str]:
    """What is said of recoveries against code, and nothing of words that this registry left out."""
    told = lint(registry, runs, ADAPTERS, CODE)
    return [str(each) for each in told if "nothing leads" not in str(each) and "there is no recovery" not in str(each)]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"action": "daemon", "checks": ["well"]}, None),
        ({"action": "command"}, "no action of that name is run by the command, but by the daemon"),
        ({"action": "daemon", "checks": ["ill"]}, "the doctor has no check ill"),
    ],
)
def test_a_recovery_names_what_is_there(fields: dict[str, object], words: str | None) -> None:
    told = about_code(with_recovery(**fields))
    assert told == [] if words is None else (len(told) == 1 and words in told[0]), told


def test_an_action_that_no_recovery_names_is_told() -> None:
    others = {name: each for name, each in BUILTIN.recoveries.items() if each.action is None}
    told = about_code(replace(BUILTIN, recoveries=others))
    assert ["mend: there is an action of that name, and no recovery" in line for line in told] == [True], told


@pytest.mark.parametrize("fields", [{}, {"run": "koru up", "manual": True}, {"run": "koru up", "action": "daemon"}])
def test_a_recovery_is_one_thing(fields: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="one of them alone"):
        Recovery.model_validate({"id": "mend", "title": "Mend it", **fields})
