"""Playbooks of goals: the events of each case in `machine.yaml`, and the one decision that must come of them."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from bridge.goals import machine
from bridge.goals.steps import (
    Answered,
    Ask,
    Broken,
    Checked,
    CheckResult,
    Decide,
    Draft,
    Drafted,
    Drive,
    Driven,
    GoalCommand,
    GoalEvent,
    Halted,
    Limits,
    Noted,
    Rejoin,
    Release,
    Released,
    Review,
    Reviewed,
    RunChecks,
    Spent,
    Unanswered,
    Wait,
    Waited,
    WorkspaceState,
)

CASES = yaml.safe_load(Path(__file__).with_name("machine.yaml").read_text(encoding="utf-8"))
TAKES: dict[str, tuple[type, ...]] = {
    "checks": (RunChecks,),
    "drive": (Drive, Rejoin),
    "review": (Review,),
    "answer": (Ask,),
    "unanswered": (Ask,),
    "wait": (Wait,),
    "release": (Release,),
}


def result(number: int, said: str) -> CheckResult:
    name = f"check {number}"
    if said in ("pass", "unknown", "absent"):
        state = "pass" if said == "pass" else "unknown"
        why = None if said == "pass" else f"it is {said}"
        return CheckResult(name, state, 1, said, why=why, started=said != "absent")  # type: ignore[arg-type]
    failing, _, signature = said.partition(" ")
    return CheckResult(name, "fail", 1, signature, exit=1, failing=int(failing))


def event(told: dict[str, Any], turn: int) -> GoalEvent:
    spent = Spent(told.get("ms", 0), told.get("tokens", 0), told.get("microdollars", 0))
    if "checks" in told:
        results = tuple(result(n, said) for n, said in enumerate(told["checks"]))
        dirty = told.get("dirty", "clean")
        before = WorkspaceState(True, "abc", dirty, told.get("protected", "tests"))
        after = WorkspaceState(True, "abc", told.get("after", dirty), told.get("protected", "tests"))
        return Checked(turn, results, before, after, spent)
    if "drive" in told:
        return Driven(turn, f"g.{turn}", **{"outcome": "confirmed", **told["drive"]}, spent=spent)
    if "review" in told:
        return Reviewed(turn, "rules", **told["review"], spent=spent)
    if "answer" in told:
        return Answered(turn, told["answer"]["by"], told["answer"].get("text"), spent)
    if "release" in told:
        return Released(turn, told["release"]["ok"], spent)
    if "halt" in told:
        return Halted(told["halt"], spent)
    if "broken" in told:
        return Broken(told["broken"]["cause"], told["broken"]["reason"], spent)
    return Unanswered(turn, spent) if "unanswered" in told else Waited(spent)


def play(case: dict[str, Any]) -> list[GoalCommand]:
    """Every command of the machine. Fails when it asks for something else than the case tells next."""
    limits = case.get("limits", {})
    steps = machine.pursue(Limits(**{"turns": 10, "ms": 3_600_000, **limits, "notes": tuple(limits.get("notes", ()))}))
    script, commands, spent, turn = iter(case["tell"]), [next(steps)], Spent(), 0
    while True:
        command = commands[-1]
        turn = getattr(command, "turn", turn)
        if isinstance(command, Decide):
            answer: GoalEvent = Noted(spent)
        elif isinstance(command, Draft):
            answer = Drafted(turn, f"prompt {turn}", "0" * 64, spent)
        else:
            told = next(script, None)
            assert told is not None, f"the case ends, and the machine wants {command}"
            (word,) = set(told) & (set(TAKES) | {"halt", "broken"})
            assert isinstance(command, TAKES.get(word, (object,))), f"{word} is no answer to {command}"
            answer = event(told, turn)
        spent = answer.spent
        try:
            commands.append(steps.send(answer))
        except StopIteration:
            assert next(script, None) is None, "the machine ended before the case did"
            return commands


def expected(case: dict[str, Any]) -> dict[str, Any]:
    """What must come of a case: the decision that ends it, and what else the case names."""
    named: dict[str, Any] = {name: case[name] for name in ("drives", "asked", "told", "waited") if name in case}
    return {"decision": case["end"], "cause": case.get("cause"), **named}


def decided(case: dict[str, Any], commands: list[GoalCommand]) -> dict[str, Any]:
    """What came of it, in the same words."""
    last = commands[-1]
    assert isinstance(last, Decide)
    came = {
        "decision": last.decision,
        "cause": last.cause,
        "drives": sum(isinstance(command, Drive) for command in commands),
        "asked": [c.kind for c in commands if isinstance(c, Ask)],
        "told": [c.answer for c in commands if isinstance(c, Draft) and c.answer],
        "waited": [c.ms for c in commands if isinstance(c, Wait)],
    }
    return {name: came[name] for name in expected(case)}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["case"].replace(" ", "-"))
def test_case(case: dict[str, Any]) -> None:
    commands = play(case)
    assert decided(case, commands) == expected(case)
    assert case.get("reason", "") in getattr(commands[-1], "reason", "")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["case"].replace(" ", "-"))
def test_nothing_follows_an_end_and_nothing_is_driven_without_a_decision(case: dict[str, Any]) -> None:
    commands = play(case)
    ends = [c for c in commands if isinstance(c, Decide) and c.decision in ("accept", "stop")]
    assert ends == [commands[-1]]
    decided = [c.turn for c in commands if isinstance(c, Decide) and c.decision == "continue"]
    assert [c.turn for c in commands if isinstance(c, Drive)] == decided


def test_every_cause_has_a_case() -> None:
    assert {case["cause"] for case in CASES if "cause" in case} == {
        "budget", "repeat", "regression", "blocked", "failed", "operator",
    }  # fmt: skip


@pytest.mark.parametrize("flaw", ["2 a", "unknown"])
def test_no_run_of_the_checks_but_a_whole_pass_is_accepted(flaw: str) -> None:
    """Whatever the agent says: a check that does not pass keeps the goal open to the end of its budget."""
    for said in ("Done!", "All green.", None):
        turns: list[dict[str, Any]] = []
        for number in range(4):
            turns += [
                {"drive": {"state": "completed", "reply": said}},
                {"checks": ["pass", flaw if flaw == "unknown" else f"2 {number}"]},
            ]
            if not (flaw == "unknown" and number == 2):
                turns.append({"review": {}})
        turns = turns[:8] if flaw == "unknown" else turns
        commands = play({"limits": {"turns": 4}, "tell": [{"checks": ["1 z", "1 z"]}, *turns]})
        last = commands[-1]
        assert isinstance(last, Decide)
        assert last.decision == "stop"
