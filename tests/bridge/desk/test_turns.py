"""One injection at a time, in a thread, bounded, and stoppable by anybody at any moment."""

import threading

import anyio
import pytest

from bridge.desk.turns import Turns
from injectors.base import Declined, Lost, Stop
from injectors.blockers import BlockerWord

PATIENCE = 30.0
NOW_MS = 1_000
pytestmark = pytest.mark.anyio


def until_stopped(stop: Stop, began: threading.Event) -> str:
    """An injection that never ends by itself."""
    began.set()
    assert stop.wait(PATIENCE), "nobody stopped it"
    return stop.reason or ""


async def test_a_stop_reaches_the_one_that_acts_and_those_that_wait() -> None:
    turns, said, began = Turns(lambda: NOW_MS), {}, threading.Event()

    async def inject(name: str) -> None:
        with turns.stoppable(name) as stop:
            try:
                said[name] = await turns.run(lambda: until_stopped(stop, began), stop, PATIENCE)
            except Declined as error:
                said[name] = error.message

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(inject, "first")
        await anyio.to_thread.run_sync(began.wait, PATIENCE)
        tasks.start_soon(inject, "second")
        await anyio.wait_all_tasks_blocked()
        assert await turns.trip_all("koru stop") == (["first", "second"], [])
    assert said == {"first": "koru stop", "second": "stopped by koru stop"}
    assert await turns.trip_all("koru stop") == ([], [])
    assert not turns.trip("first", "late")


async def test_once_stopped_no_other_refusal_counts() -> None:
    """A field that could not be named by then would let the next injector try."""
    turns = Turns(lambda: NOW_MS)

    def refuse() -> None:
        turns.trip("d", "the panic key")
        raise Declined(BlockerWord.FIELD_UNKNOWN, "the field cannot be named", "click it")

    with turns.stoppable("d") as stop, pytest.raises(Declined, match="stopped by the panic key") as refused:
        await turns.run(refuse, stop, PATIENCE)
    assert refused.value.blocker is BlockerWord.STOPPED


async def test_what_was_on_its_way_is_stopped_too_and_what_comes_after_is_not() -> None:
    turns = Turns(lambda: NOW_MS)
    assert await turns.trip_all("koru stop") == ([], [])
    with turns.stoppable("on its way", NOW_MS - 1) as stop:
        assert stop.reason == "koru stop"
    for since in (NOW_MS + 1, None):
        with turns.stoppable("later", since) as stop:
            assert stop.reason is None


async def test_a_desk_that_stays_taken_is_declined_in_time() -> None:
    turns, began = Turns(lambda: NOW_MS), threading.Event()

    async def hold() -> None:
        with turns.stoppable("holder") as stop:
            await turns.run(lambda: until_stopped(stop, began), stop, PATIENCE)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(hold)
        await anyio.to_thread.run_sync(began.wait, PATIENCE)
        with pytest.raises(Declined) as refused, turns.stoppable("late") as stop:
            await turns.run(lambda: pytest.fail("it acted"), stop, 0.2)
        assert refused.value.blocker is BlockerWord.DESK_BUSY
        turns.trip("holder", "the test")


async def test_the_deadline_takes_the_hands_off() -> None:
    turns = Turns(lambda: NOW_MS)
    with turns.stoppable("d") as stop:
        assert await turns.run(lambda: until_stopped(stop, threading.Event()), stop, 0.2) == "the deadline"


async def test_cancellation_waits_for_the_thread_and_frees_the_desk() -> None:
    turns, began, over = Turns(lambda: NOW_MS), threading.Event(), threading.Event()

    def work(stop: Stop) -> None:
        until_stopped(stop, began)
        over.set()

    async def inject() -> None:
        with turns.stoppable("d") as stop:
            await turns.run(lambda: work(stop), stop, PATIENCE)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(inject)
        await anyio.to_thread.run_sync(began.wait, PATIENCE)
        tasks.cancel_scope.cancel()
    assert over.is_set()
    with turns.stoppable("next") as stop:
        assert await turns.run(lambda: "free", stop, PATIENCE) == "free"


async def test_what_the_work_raises_comes_out_as_it_is() -> None:
    turns = Turns(lambda: NOW_MS)

    def lose() -> None:
        raise Lost(BlockerWord.TEXT_DIFFERS, "differs", "look")

    with turns.stoppable("d") as stop, pytest.raises(Lost, match="differs"):
        await turns.run(lose, stop, PATIENCE)
