"""One injection at a time on a desktop, each in a worker thread with a bound, and a stop that reaches all of them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import anyio
from anyio import CapacityLimiter, to_thread

from injectors.base import Declined, InjectionError, Stop
from injectors.blockers import BlockerWord

ENDED_S = 5.0
T = TypeVar("T")


class Turns:
    """Whoever wants the desktop waits here. `work` is blocking and looks at its stop between chunks."""

    def __init__(self, now_ms: Callable[[], int]) -> None:
        self._now_ms = now_ms
        self._stopped: tuple[int, str] | None = None
        self._desk = anyio.Lock()
        self._worker = CapacityLimiter(1)
        self._stops: dict[str, Stop] = {}
        self._ended = anyio.Event()

    @contextmanager
    def stoppable(self, name: str, since_ms: int | None = None) -> Iterator[Stop]:
        """The stop of this work, whether it waits or acts, until the block ends.

        `since_ms`: the wall clock when it was seen to be on its way. Who stopped everything since then meant it too.
        """
        stop = self._stops[name] = Stop()
        if self._stopped is not None and since_ms is not None and self._stopped[0] >= since_ms:
            stop.trip(self._stopped[1])
        try:
            yield stop
        finally:
            self._stops.pop(name, None)
            ended, self._ended = self._ended, anyio.Event()
            ended.set()

    def trip(self, name: str, reason: str) -> bool:
        """End one. False when it is not there."""
        stop = self._stops.get(name)
        if stop is not None:
            stop.trip(reason)
        return stop is not None

    async def trip_all(self, reason: str) -> tuple[list[str], list[str]]:
        """End every injection that acts or waits; the names of all, and of those that were not over in time."""
        self._stopped = (self._now_ms(), reason)
        names = list(self._stops)
        for name in names:
            self._stops[name].trip(reason)
        with anyio.move_on_after(ENDED_S):
            while any(name in self._stops for name in names):
                await self._ended.wait()
        return names, [name for name in names if name in self._stops]

    async def run(self, work: Callable[[], T], stop: Stop, seconds: float) -> T:
        """Run `work` when the desktop is free, stopped after `seconds` in all. Raises what it raises, and Declined."""
        began = anyio.current_time()
        await self._acquire(seconds / 2)
        try:
            stop.check()
            return await self._act(work, stop, began + seconds)
        finally:
            self._desk.release()

    async def _acquire(self, seconds: float) -> None:
        try:
            with anyio.fail_after(seconds):
                await self._desk.acquire()
        except TimeoutError:
            hint = "wait for it, or end it: koru stop"
            message = f"another injection had the desktop for {seconds:.0f} s"
            raise Declined(BlockerWord.DESK_BUSY, message, hint) from None

    async def _act(self, work: Callable[[], T], stop: Stop, deadline: float) -> T:
        """The thread is waited for even when we are cancelled: its stop is tripped then, and keys are let go of."""
        results: list[T] = []
        errors: list[InjectionError] = []

        def act() -> None:
            try:
                results.append(work())
            except Declined as error:  # whatever else it ran into then: once stopped, no other injector is to try
                errors.append(stop.refusal or error)
            except InjectionError as error:
                errors.append(error)

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._limit, stop, deadline)
            with anyio.CancelScope(shield=True):
                await to_thread.run_sync(act, limiter=self._worker)
            tasks.cancel_scope.cancel()
        for error in errors:
            raise error
        return results[0]

    @staticmethod
    async def _limit(stop: Stop, deadline: float) -> None:
        reason = "the end of the daemon"
        try:
            await anyio.sleep_until(deadline)
            reason = "the deadline"
        finally:
            stop.trip(reason)
