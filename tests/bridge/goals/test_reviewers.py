"""Both reviewers against a stand-in for their servers, faults included: never an exception, cost always counted."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest

from bridge.daemon.goals import reply_reader as reviewing
from bridge.daemon.goals.reply_reader import Reviewing
from bridge.goals.record import GoalRecord
from bridge.goals.reviewers import anthropic as anthropic_reviewer
from bridge.goals.reviewers import openai as openai_reviewer
from bridge.goals.steps import CheckResult, Review, Reviewed
from bridge.protocol.messages.goals import BudgetTerms, GoalTerms, ReviewerTerms, StopTerms
from bridge.protocol.messages.surfaces import SurfaceSelector
from tests.bridge.planted import one_fault
from tests.standin.server import Fail, Raw, Say, Standin, rate_limited

GOOD = {"question": "Which one?", "answer": None, "next_step": "Begin with a.py.", "summary": "It looked around."}
SECRET = "ghp_" + "a1B2c3D4e5" * 4
APIS = ("openai", "anthropic")


@pytest.fixture
def model() -> Iterator[Standin]:
    with Standin() as standin:
        yield standin


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """One retry: the waiting of the SDKs between tries is not what is tested."""
    for module in (openai_reviewer, anthropic_reviewer):
        monkeypatch.setattr(module, "TIMEOUT_S", 30.0)
        monkeypatch.setattr(module, "RETRIES", 1)


def record(api: Any, url: str | None, **more: Any) -> GoalRecord:
    reviewer = ReviewerTerms(api=api, model="m", url=url, price_in=2_000_000, price_out=10_000_000, **more)
    terms = GoalTerms(
        text="mend it",
        selector=SurfaceSelector(),
        checks=[],
        notes=["Keep the API."],
        budget=BudgetTerms(turns=1, ms=1),
        stop=StopTerms(same_failure=3, same_blocker=3, growing=2),
        approve=[],
        turn_ms=1,
        quiet_ms=1,
        answer_ms=1,
        on_question="ask",
        trust="send",
        reviewer=reviewer,
    )
    return GoalRecord("g", terms, "0" * 64, "s", "/", 1)


def review(goal: GoalRecord, reply: str = "Which one?") -> Reviewed:
    results = (CheckResult("tests", "fail", 1, "s", output=f"token {SECRET}", exit=1),)
    reader = Reviewing(lambda text: text.replace(SECRET, "[redacted]"))
    return anyio.run(reader.review, goal, Review(1, reply, results))


def address(model: Standin, api: str) -> str:
    return model.openai if api == "openai" else model.anthropic


@pytest.mark.parametrize("api", APIS)
def test_a_judgement_is_read_and_its_cost_counted(api: str, model: Standin) -> None:
    model.script(json.dumps(GOOD))
    found = review(record(api, address(model, api)))
    assert (found.problem, found.question, found.wording) == (None, "Which one?", "Begin with a.py.")
    assert found.by == f"{api}:m"
    assert found.spent.tokens > 0
    assert found.spent.microdollars > 0
    (asked,) = model.requests
    body = json.dumps(asked.body)
    assert "mend it" in body
    assert "Keep the API." in body
    assert SECRET not in body, "a secret was sent to the model"
    assert "[redacted]" in body
    assert '"next_step"' in body, "the structure of the answer is asked for"


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (rate_limited(0, times=5), "status 429"),
        (Fail(500, times=5), "status 500"),
        (Fail(401, times=5), "status 401"),
        (Raw(b"{half"), ""),
        (Raw(b"[]"), ""),
        (Raw(b"<html>a proxy's page</html>", content_type="text/html"), ""),
        (Say("this is no JSON at all"), "nonsense"),
        (Say(json.dumps({"question": 7})), "nonsense"),
        (Say(json.dumps({**GOOD, "accepted": True})), "nonsense: accepted"),
        (Say(json.dumps(GOOD)[:30]), "nonsense"),
        (Say("I cannot help with that.", refusal=True), "declined"),
    ],
    ids=["429", "500", "401", "half JSON", "a list", "HTML", "prose", "wrong type", "success", "cut", "refusal"],
)
def test_a_fault_is_a_problem_and_never_a_judgement(api: str, fault: Any, words: str, model: Standin) -> None:
    model.script(fault)
    found = review(record(api, address(model, api)))
    assert found.problem is not None
    assert words in found.problem
    assert (found.question, found.answer, found.summary) == (None, None, None)
    if words in ("nonsense", "declined"):
        assert found.spent.tokens > 0, "what was answered was paid for"


@pytest.mark.parametrize("api", APIS)
def test_an_error_that_passes_is_tried_again(api: str, model: Standin) -> None:
    model.script(Fail(500, times=1), json.dumps(GOOD))
    assert review(record(api, address(model, api))).question == "Which one?"
    assert len(model.requests) == 2


@pytest.mark.parametrize("api", APIS)
def test_an_answer_that_is_cut_off_on_its_way_is_no_judgement(api: str, model: Standin) -> None:
    model.script(*[Say(json.dumps(GOOD), cut_after=1)] * 2)
    found = review(record(api, address(model, api)))
    assert found.problem is not None
    assert (found.question, found.answer, found.summary) == (None, None, None)
    assert model.left == 0, "it was asked for once more"


@pytest.mark.parametrize("api", APIS)
def test_a_slow_model_is_not_waited_for_without_end(api: str, model: Standin, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (openai_reviewer, anthropic_reviewer):
        monkeypatch.setattr(module, "TIMEOUT_S", 0.3)
    hold = threading.Event()
    model.script(*[Say(json.dumps(GOOD), hold=hold, hold_after=0)] * 3)
    try:
        assert "Timeout" in (review(record(api, address(model, api))).problem or "")
    finally:
        hold.set()


@pytest.mark.parametrize("api", APIS)
def test_no_server_and_no_key_are_told(api: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert "Connection" in (review(record(api, "http://127.0.0.1:9/v1")).problem or "")
    monkeypatch.delenv(f"{api.upper()}_API_KEY", raising=False)
    assert "there is no key" in (review(record(api, None)).problem or "")
    missing = record(api, "http://127.0.0.1:9/v1", key_file=str(tmp_path / "key"))
    assert "cannot be read" in (review(missing).problem or "")


@pytest.mark.parametrize("api", APIS)
def test_the_key_comes_from_a_file_or_the_environment(
    api: str, model: Standin, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MY_KEY", "from-the-environment")
    (tmp_path / "key").write_text("from-the-file\n", encoding="utf-8")
    model.script(json.dumps(GOOD), json.dumps(GOOD))
    review(record(api, address(model, api), key_env="MY_KEY"))
    review(record(api, address(model, api), key_file=str(tmp_path / "key")))
    sent = [" ".join(request.headers.values()) for request in model.requests]
    assert "from-the-environment" in sent[0]
    assert "from-the-file" in sent[1]


def test_a_package_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(*arguments: object) -> None:
        raise ImportError("no openai")

    monkeypatch.setattr(reviewing, "judge", absent)
    assert "pip install koru-bridge[reviewer]" in (review(record("openai", "http://127.0.0.1:9")).problem or "")


def test_a_fault_of_ours_is_a_problem_without_its_words(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object) -> None:
        raise LookupError(SECRET)

    monkeypatch.setattr(reviewing, "judge", fail)
    with one_fault("asking the reviewer", "LookupError"):
        found = review(record("openai", "http://127.0.0.1:9"))
    assert (found.by, found.problem) == ("openai:m", "a fault in the daemon (LookupError)")
    assert (found.question, found.answer, found.summary, found.spent.tokens) == (None, None, None, 0)
