"""The stores that the real agents write: their observers tell what happened, and leave every byte as it was."""

import threading
from collections.abc import Iterator

import pytest

from observers.base import State, TurnRole
from tests.real.agents import claude_code, cline, codex, continue_dev, gemini_cli, opencode
from tests.real.agents.install import Agents
from tests.real.agents.product import Product
from tests.real.agents.stage import Stage
from tests.standin.server import Fail, Say, rate_limited

PRODUCTS: tuple[Product, ...] = (claude_code, codex, gemini_cli, opencode, cline, continue_dev)
PROMPT = "say koru, «grün» and ✓"
NEXT = "and now say it again"
FOREVER = 1000


def named(product: Product) -> str:
    return product.ID


@pytest.fixture(params=PRODUCTS, ids=named)
def product(request: pytest.FixtureRequest) -> Product:
    chosen: Product = request.param
    return chosen


@pytest.fixture
def stage(product: Product, agents: Agents, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    with Stage(product, agents, monkeypatch) as stage:
        yield stage


def test_a_turn_with_a_tool_and_a_resumed_chat_that_is_not_news(stage: Stage, product: Product) -> None:
    stage.model.script(Say("I look.", calls=(product.ECHO,)), "It is said.")
    stage.say(PROMPT)
    done = stage.wait(PROMPT, product.ANSWERED, "It is said.")
    assert done.evidence
    stage.end()
    cursors = stage.cursors()
    assert stage.unchanged_by(stage.ask_all)
    stage.model.script("Said again.")
    stage.say(NEXT, resume=done.session)
    stage.wait(NEXT, product.ANSWERED, "Said again.")
    stage.end()
    new = [turn for delta in stage.since(cursors) for turn in delta.new]
    assert [turn.text for turn in new if turn.role is TurnRole.USER] == [NEXT]
    assert ({turn.session for turn in new} == {done.session}) is product.RESUMES


def test_a_model_that_fails(stage: Stage, product: Product) -> None:
    """One that tries on in silence meets both a failure and a rate limit."""
    silent = product.AFTER_500 is State.WORKING
    stage.model.script(Fail(500, times=1 if silent else FOREVER), rate_limited(3600, times=FOREVER))
    stage.say(PROMPT)
    stage.wait_for_requests(2 if silent else 1)
    failed = stage.wait(PROMPT, product.AFTER_500)
    assert failed.reason or not failed.state.over
    stage.end()
    assert stage.unchanged_by(stage.ask_all)


@pytest.mark.parametrize("product", [p for p in PRODUCTS if p.AFTER_429 is not State.WORKING], indirect=True, ids=named)
def test_a_rate_limit(stage: Stage, product: Product) -> None:
    stage.model.script(rate_limited(3600, times=FOREVER))
    stage.say(PROMPT)
    stage.wait_for_requests(1)
    limited = stage.wait(PROMPT, product.AFTER_429)
    assert limited.reason or not limited.state.over


def test_an_agent_that_is_killed_was_working_and_is_not_busy_for_ever(stage: Stage, product: Product) -> None:
    stage.model.script(Say("one two three", hold=threading.Event()))
    stage.say(PROMPT)
    stage.wait_for_requests(1)
    stage.wait(PROMPT, State.WORKING)
    stage.end()
    stage.wait(PROMPT, product.AFTER_KILL)
    assert stage.unchanged_by(stage.ask_all)
    stage.a_day_later()
    later = stage.turn(PROMPT)
    assert later is not None and later.state in {State.INTERRUPTED, State.UNKNOWN}
    assert later.reason


def test_a_tool_that_waits_for_a_person(stage: Stage, product: Product) -> None:
    stage.model.script(Say("I look.", calls=(product.GATED,)), "It is made.")
    stage.say_gated(PROMPT)
    stage.wait_for_requests(1)
    waits = stage.wait(PROMPT, product.AT_A_GATE)
    assert waits.reason
    assert stage.model.left == 1, "nobody allowed it"


@pytest.mark.parametrize("product", [opencode], indirect=True, ids=named)
def test_a_tool_that_is_refused_ends_the_turn(stage: Stage, product: Product) -> None:
    """Without a screen it refuses by itself, and does not ask the model again."""
    stage.model.script(Say("I look.", calls=(product.GATED,)), "It is made.")
    stage.say(PROMPT)
    refused = stage.wait(PROMPT, State.INTERRUPTED, "I look.")
    assert refused.reason == "bash was not allowed"
    assert stage.model.left == 1
