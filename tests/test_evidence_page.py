"""`docs/evidence.md` argues from tests: each one it names exists, and each rule names at least one."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs/evidence.md").read_text(encoding="utf-8")
REFERENCE = re.compile(r"`(tests/[\w/.]+\.py)(?:::(\w+))?`")
RULES = re.split(r"^(?=\d+\. \*\*)", PAGE[PAGE.index("## The rules") : PAGE.index("## Why it does not")], flags=re.M)[
    1:
]


def functions(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


@pytest.mark.parametrize(("file", "test"), sorted(set(REFERENCE.findall(PAGE))))
def test_every_named_test_is_there(file: str, test: str) -> None:
    assert (ROOT / file).is_file()
    assert not test or test in functions(ROOT / file)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.split(".")[0])
def test_every_rule_names_a_test(rule: str) -> None:
    assert REFERENCE.search(rule), f"no test holds this rule: {rule[:60]}"


def test_the_rules_are_numbered_without_a_gap() -> None:
    assert [int(rule.split(".")[0]) for rule in RULES] == list(range(1, len(RULES) + 1))
