"""For methods that worker threads call: the call is carried out in the event loop, and the thread waits for its end."""

from collections.abc import Callable, Coroutine
from functools import partial, wraps
from typing import Any, ParamSpec, TypeVar

from anyio import from_thread

P = ParamSpec("P")
T = TypeVar("T")


def in_loop(method: Callable[P, Coroutine[Any, Any, T]]) -> Callable[P, T]:
    """Make a coroutine function one that blocks its thread. RuntimeError outside of a worker thread of the loop."""

    @wraps(method)
    def call(*args: P.args, **kwargs: P.kwargs) -> T:
        return from_thread.run(partial(method, *args, **kwargs))

    return call
