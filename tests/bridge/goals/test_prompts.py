"""The prompts from our templates, and from an operator's folder."""

from pathlib import Path

import pytest

from bridge.goals import prompts
from bridge.goals.steps import CheckResult, Draft, DraftKind
from bridge.protocol.errors import BridgeError
from bridge.protocol.prompt import check_prompt

FAILED = (CheckResult("tests", "fail", 1, "s", output="1 failed", exit=1), CheckResult("lint", "pass", 1, "s"))


def word(draft: Draft, folder: Path | None = None, **more: object) -> str:
    values: dict[str, object] = {"goal": "mend it", "notes": (), "changed": (), **more}
    return prompts.word(draft, folder=folder, **values)  # type: ignore[arg-type]


def test_the_first_prompt_says_goal_and_failing_check() -> None:
    text = word(Draft(1, "first", FAILED))
    assert text.startswith("mend it\n\n")
    assert "`tests` ended with exit status 1\n```\n1 failed\n```" in text
    assert "lint" not in text
    assert "Mind:" not in text, "a paragraph without anything to say is left out"


def test_later_prompts_say_what_changed_and_what_was_tried() -> None:
    text = word(Draft(2, "continue", FAILED, tried=("I renamed\nit",)), changed=["a.py"], notes=["Keep it."])
    assert "Changed since the turn before:\n- a.py" in text
    assert "- I renamed it" in text


@pytest.mark.parametrize("kind", prompts.KINDS)
def test_every_template_gives_a_prompt_that_can_be_sent(kind: DraftKind) -> None:
    text = word(Draft(1, kind, FAILED, answer="Blue.", question="Which?", said="Begin with a.py."))
    check_prompt(text)
    assert text.endswith("Begin with a.py.")
    assert "$" not in text


def test_an_operators_template_takes_the_place_of_ours(tmp_path: Path) -> None:
    (tmp_path / "first.txt").write_text("Bitte: $goal", encoding="utf-8")
    prompts.check(tmp_path)
    assert word(Draft(1, "first", FAILED), tmp_path) == "Bitte: mend it"
    assert word(Draft(1, "retry", FAILED), tmp_path).startswith("mend it")


@pytest.mark.parametrize(("text", "words"), [("$gaol", "'gaol'"), ("100 $", "placeholder"), ("x" * 30_000, "bytes")])
def test_a_template_that_cannot_be_used_is_refused(text: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "first.txt").write_text(text, encoding="utf-8")
    with pytest.raises(BridgeError) as caught:
        prompts.check(tmp_path)
    assert words in caught.value.message
    assert "first.txt" in (caught.value.where or "")


def test_a_goal_may_hold_a_dollar_sign() -> None:
    assert "$HOME" in word(Draft(1, "first", FAILED), goal="print $HOME")
