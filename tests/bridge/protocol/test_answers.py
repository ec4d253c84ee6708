"""The names of METHODS and the methods that answer them: each name once, with the annotations that METHODS names."""

from collections.abc import Callable, Iterator
from inspect import getmembers_static, isfunction

import pytest

from bridge.daemon import app
from bridge.protocol.answers import answers, collect, collect_all
from bridge.protocol.messages.base import Empty
from bridge.protocol.messages.chat import ChatEvent
from bridge.protocol.messages.goals import GoalGetParams, GoalListParams, GoalView
from bridge.protocol.methods import METHODS


def planted(name: str, method: Callable[..., object]) -> object:
    """An object whose class answers `name` by `method`."""
    return type("Planted", (), {"answer": answers(name)(method)})()


async def show(self: object, params: GoalGetParams) -> GoalView:
    raise NotImplementedError


async def show_to(self: object, params: GoalGetParams, connection: object) -> GoalView:
    raise NotImplementedError


async def other_params(self: object, params: GoalListParams) -> GoalView:
    raise NotImplementedError


async def no_params(self: object) -> GoalView:
    raise NotImplementedError


async def other_result(self: object, params: GoalGetParams) -> Empty:
    raise NotImplementedError


async def no_result(self: object, params: GoalGetParams) -> None:
    raise NotImplementedError


async def too_much(self: object, params: GoalGetParams, connection: object, more: object) -> GoalView:
    raise NotImplementedError


def hear(self: object, event: ChatEvent, connection: object) -> None:
    raise NotImplementedError


def end(self: object) -> None:
    raise NotImplementedError


def parts_of_the_daemon() -> Iterator[type]:
    """Every class of which app.py builds the daemon."""
    yield from (each for each in vars(app).values() if isinstance(each, type))


def test_every_method_of_the_daemon_has_an_answer_and_no_other() -> None:
    marked = [
        function._answers.name
        for part in parts_of_the_daemon()
        for _, function in getmembers_static(part, isfunction)
        if hasattr(function, "_answers")
    ]
    assert sorted(marked) == sorted(name for name, method in METHODS.items() if method.answered_by == "daemon")


@pytest.mark.parametrize(
    ("name", "method"),
    [("goals/get", show), ("goals/get", show_to), ("chat/event", hear), ("daemon/stop", end)],
)
def test_what_METHODS_names_is_taken(name: str, method: Callable[..., object]) -> None:
    assert set(collect([planted(name, method)])) == {name}


@pytest.mark.parametrize("method", [other_params, no_params, other_result, no_result, too_much])
def test_annotations_that_differ_from_METHODS_are_refused(method: Callable[..., object]) -> None:
    with pytest.raises(TypeError, match="goals/get"):
        answers("goals/get")(method)


@pytest.mark.parametrize("name", ["goals/show", "chat/deliver", "events/event", "ping"])
def test_a_name_that_the_daemon_does_not_answer_is_refused(name: str) -> None:
    with pytest.raises(TypeError, match=name):
        answers(name)(show)


def test_two_answers_to_one_name_are_refused() -> None:
    with pytest.raises(TypeError, match="goals/get is answered twice"):
        collect([planted("goals/get", show), planted("goals/get", show_to)])


def test_a_daemon_that_leaves_a_name_without_an_answer_does_not_start() -> None:
    with pytest.raises(TypeError, match=r"no part of the daemon answers .*goals/list"):
        collect_all([planted("goals/get", show)])
