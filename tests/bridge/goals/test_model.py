"""What is wrong with a goal is told with file, line and field; what is right says on the wire what it said."""

from pathlib import Path
from typing import Any

import pytest

from bridge.goals import generate
from bridge.goals.file import load
from bridge.protocol.errors import BridgeError, Reason

GOOD = """\
goal: make the tests pass
checks:
  - run: pytest -q
    name: tests
    protect: [tests/**]
  - run: [sh, -c, "test -f done && true"]
budget:
  turns: 3
  money: 0.25
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "goal.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_and_flags_make_one_goal(tmp_path: Path) -> None:
    terms = load(written(tmp_path, GOOD), {"budget": {"turns": 5}, "surface": {"ide": "code"}}).terms()
    assert (terms.text, terms.budget.turns, terms.budget.microdollars) == ("make the tests pass", 5, 250_000)
    assert [check.command for check in terms.checks] == [["pytest", "-q"], ["sh", "-c", "test -f done && true"]]
    assert (terms.checks[0].protect, terms.selector.ide, terms.trust) == (["tests/**"], "code", "send")


def test_who_decides_in_a_persons_place_must_be_trusted_to() -> None:
    flags = {"goal": "x", "checks": [{"run": "true"}], "on_approval": ["vscode_native_send"]}
    assert load(None, flags).terms().trust == "autonomous"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (GOOD.replace("name: tests", "nmae: tests"), "goal.yaml:4: checks.0.nmae: Extra inputs"),
        (GOOD.replace("turns: 3", "turns: -1"), "goal.yaml:8: budget.turns:"),
        (GOOD.replace("turns: 3", "turns: many"), "goal.yaml:8: budget.turns:"),
        (GOOD.replace("money: 0.25", "money: .nan"), "goal.yaml:9: budget.money:"),
        (GOOD.replace("pytest -q", "pytest -q && true"), "goal.yaml:3: checks.0.run: no shell runs this"),
        (GOOD.replace("pytest -q", "'pytest \"-q'"), "goal.yaml:3: checks.0.run: cannot be split"),
        (GOOD.replace("tests/**", "../**"), "goal.yaml:5: checks.0.protect: give patterns below"),
        (GOOD + "on_question: reviewer\n", "goal.yaml:10: on_question: no reviewer"),
        (GOOD + "on_question: notes\n", "goal.yaml:10: on_question: there are no notes"),
        (GOOD + "reviewer: gpt\n", "goal.yaml:10: reviewer: give none, openai:MODEL"),
        (GOOD + "reviewer: openai:m\n", "goal.yaml:10: reviewer: a budget of money needs"),
        (GOOD + "trust: observe\n", "goal.yaml:10: trust: a goal sends prompts"),
        ("goal: x\n", "checks: give at least one"),
        ("goal: ' '\nchecks: [{run: 'true'}]\n", "goal.yaml:1: goal: say what is to be reached"),
        ("goal: x\nchecks: [{run: 'true'}, {run: 'true'}]\n", "goal.yaml:2: checks: two have the same name"),
        ("goal: [\n", "goal.yaml:2: -: not YAML"),
        ("- goal\n", "goal.yaml:1: -: a mapping of fields is expected"),
    ],
)
def test_what_is_wrong_is_told_where_it_stands(text: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(BridgeError) as caught:
        load(written(tmp_path, text), {})
    assert caught.value.reason is Reason.USAGE
    assert words in caught.value.message


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ({"goal": "x"}, "checks: give at least one"),
        ({"goal": "x", "checks": [{"run": "a | b"}]}, "checks.0.run: no shell runs this, and '|' needs one"),
        ({"checks": [{"run": "true"}]}, "goal: Field required"),
    ],
)
def test_what_is_wrong_with_flags_is_told(flags: dict[str, Any], words: str) -> None:
    with pytest.raises(BridgeError) as caught:
        load(None, flags)
    assert words in caught.value.message
    assert ":0:" not in caught.value.message


def test_every_fault_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(BridgeError) as caught:
        load(written(tmp_path, GOOD.replace("turns: 3", "turns: -1").replace("run: pytest -q", "run: []")), {})
    assert caught.value.message.count("goal.yaml") == 2


def test_a_folder_is_taken_from_where_the_file_is(tmp_path: Path) -> None:
    goal = load(written(tmp_path, GOOD + "surface: {workspace: shop}\n"), {})
    assert goal.surface.workspace == str(tmp_path / "shop")


def test_the_schema_is_current(capsys: pytest.CaptureFixture[str]) -> None:
    assert generate.main(["--check"]) == 0, f"run `{generate.COMMAND}` and commit what it writes"


def test_a_stale_schema_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(generate, "PATH", written(tmp_path, "{}\n"))
    assert generate.main(["--check"]) == 1
    assert "stale" in capsys.readouterr().out
