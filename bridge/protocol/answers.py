"""Marks the method that answers a name of the wire, so that the name stands where the work is done.

METHODS is the schema: a name it does not give to the daemon, or annotations that differ from it, fail the import. The
daemon collects what the objects it is built of answer; a name without a method, or with two, fails its start.
"""

import inspect
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from bridge.protocol.messages.base import Empty, Message
from bridge.protocol.methods import METHODS

_MARK = "_answers"
F = TypeVar("F", bound=Callable[..., object])


@dataclass(frozen=True, slots=True)
class _Marked:
    """What the decorator found: the name, and whether the method takes the request's params and the connection."""

    name: str
    takes_params: bool
    takes_connection: bool


@dataclass(frozen=True, slots=True)
class Answerer:
    """One name of the wire, and the method of an object that answers it."""

    marked: _Marked
    method: Callable[..., object]

    async def give(self, connection: object, params: Message) -> Any:
        """Call the method with what it takes, and wait for it where it is a coroutine. Raises what it raises."""
        arguments = [params] if self.marked.takes_params else []
        result = self.method(*arguments, connection) if self.marked.takes_connection else self.method(*arguments)
        return await result if inspect.isawaitable(result) else result


def answers(name: str) -> Callable[[F], F]:
    """Mark a method as the daemon's answer to `name`. TypeError where METHODS says otherwise.

    It takes the params that METHODS names (it may leave out `Empty`), and after them, where it declares one, the
    connection on which it is asked. It gives the result that METHODS names; None stands for `Empty` and for nothing.
    """

    def mark(method: F) -> F:
        setattr(method, _MARK, _marked(name, method))
        return method

    return mark


def _marked(name: str, method: Callable[..., object]) -> _Marked:
    spec = METHODS.get(name)
    if spec is None or spec.answered_by != "daemon":
        raise TypeError(f"METHODS gives no {name} to the daemon")
    signature = inspect.signature(method)
    taken = [parameter.annotation for parameter in signature.parameters.values()][1:]
    takes_params = bool(taken) and isinstance(taken[0], type) and issubclass(taken[0], Message)
    if (taken[0] if takes_params else Empty) is not spec.params:
        raise TypeError(f"{method.__qualname__} does not take the {spec.params.__name__} of {name}")
    if len(taken) - takes_params > 1:
        raise TypeError(f"{method.__qualname__} takes more than the params of {name} and the connection")
    given = signature.return_annotation
    if given is not spec.result and not (given is None and spec.result is Empty):
        raise TypeError(f"{method.__qualname__} does not give what METHODS names for {name}")
    return _Marked(name, takes_params, len(taken) > takes_params)


def collect(parts: Iterable[object]) -> dict[str, Answerer]:
    """What these objects answer, by name. TypeError where two of them answer the same."""
    found: dict[str, Answerer] = {}
    for part in parts:
        for answerer in _of(part):
            if answerer.marked.name in found:
                raise TypeError(f"{answerer.marked.name} is answered twice")
            found[answerer.marked.name] = answerer
    return found


def collect_all(parts: Iterable[object]) -> dict[str, Answerer]:
    """The same for a whole daemon. TypeError, too, where a name of METHODS that it answers has no method."""
    found = collect(parts)
    missing = {name for name, spec in METHODS.items() if spec.answered_by == "daemon"} - found.keys()
    if missing:
        raise TypeError(f"no part of the daemon answers {', '.join(sorted(missing))}")
    return found


def _of(part: object) -> Iterator[Answerer]:
    for attribute, function in inspect.getmembers_static(type(part), inspect.isfunction):
        marked = getattr(function, _MARK, None)
        if isinstance(marked, _Marked):
            yield Answerer(marked, getattr(part, attribute))
