"""A public class name, and a public name of a type, stands for one thing in the whole tree."""

import ast
from collections import defaultdict
from pathlib import Path
from typing import get_args

from bridge.doctor import finding
from bridge.protocol.messages import base, doctor
from registry import model
from tests.test_architecture import modules

# What stands twice on purpose, and what holds the two together.
TWICE: dict[str, str] = {
    "Grade": "the registry imports nothing of ours, and the wire is a leaf",
    "Severity": "the command line imports the doctor, and does without pydantic for the sake of its start",
}


def public_types(path: Path) -> list[str]:
    """The classes and the CamelCase aliases that a module defines at its top, those with an underscore left out."""
    names: list[str] = []
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ClassDef):
            names.append(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names += [target.id for target in targets if isinstance(target, ast.Name)]
    return [name for name in names if name[:1].isupper() and name[1:2].islower()]


def owners() -> dict[str, list[str]]:
    """Each public type and the modules that define it."""
    found: dict[str, list[str]] = defaultdict(list)
    for module, path in modules():
        for name in dict.fromkeys(public_types(path)):
            found[name].append(module)
    return found


def test_one_name_is_one_thing() -> None:
    twice = {name: where for name, where in owners().items() if len(where) > 1 and name not in TWICE}
    assert not twice, "\n".join(f"{name} stands in {', '.join(where)}" for name, where in sorted(twice.items()))


def test_every_exception_is_still_one() -> None:
    found = owners()
    stale = [name for name in TWICE if len(found[name]) < 2]
    assert not stale, f"no longer twice: take it from the list: {stale}"


def test_what_stands_twice_says_the_same() -> None:
    assert get_args(model.Grade) == get_args(base.Grade)
    assert get_args(finding.Severity) == get_args(doctor.Severity)


def test_the_rule_can_fail(tmp_path: Path) -> None:
    planted = tmp_path / "planted.py"
    planted.write_text("class Drive: ...\nclass _Drive: ...\nGrade = int\nLIMIT = 3\n", encoding="utf-8")
    assert public_types(planted) == ["Drive", "Grade"]
