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
    """Work on the desktop waits here for its turn. It is blocking, and has to look at its stop between steps."""

    def __init__(self, now_ms: Callable[[], int]) -> None:
        self._now_ms = now_ms
        self._stopped: tuple[int, str] | None = None
        self._desk = anyio.Lock()
        self._worker = CapacityLimiter(1)
        self._stops: dict[str, Stop] = {}
        self._ended = anyio.Event()

    @contextmanager
    def stoppable(self, name: str, since_ms: int | None = None) -> Iterator[Stop]:
        """A stop for the work of this name, which `trip` and `trip_all` reach while the block runs.

        `since_ms`: the wall clock at which this work was shown as begun, such as a drive's `acting_at_ms`. The stop is
        tripped from the start when `trip_all` was called since then: that call meant this work too.
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
        """Trip the stop of the work of this name; False when there is none."""
        stop = self._stops.get(name)
        if stop is not None:
            stop.trip(reason)
        return stop is not None

    async def trip_all(self, reason: str) -> tuple[list[str], list[str]]:
        """Trip the stops of all work that acts or waits. The names of all, and of those not over after 5 s."""
        self._stopped = (self._now_ms(), reason)
        names = list(self._stops)
        for name in names:
            self._stops[name].trip(reason)
        with anyio.move_on_after(ENDED_S):
            while any(name in self._stops for name in names):
                await self._ended.wait()
        return names, [name for name in names if name in self._stops]

    async def run(self, work: Callable[[], T], stop: Stop, seconds: float) -> T:
        """Run `work` in a thread once the desktop is free; its stop is tripped after `seconds`, the wait included.

        Raises what `work` raises, and Declined when it was stopped before, or when half of `seconds` passed before the
        desktop was free.
        """
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
        """Wait for the thread, even when cancelled: the stop is tripped then, and the work releases its keys."""
        results: list[T] = []
        errors: list[InjectionError] = []

        def act() -> None:
            try:
                results.append(work())
            except Declined as error:  # once stopped, the stop is the reason: no other injector may try
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
