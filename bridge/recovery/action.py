"""What an executable recovery is: a module that says first exactly what it would do, and then does that.

Plain blocking code in a thread of its own; what it acts on is reached through the hands it is given.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeVar

Ended = Literal["done", "not_needed", "unproven", "failed"]
ActionTarget = Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class Aim:
    """What is meant. What is None an action finds itself, where there is only one."""

    window: str | None = None
    drive_id: str | None = None
    ide: str | None = None
    output: str | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """`target` is all that makes this action this one: an approval is bound to it. `steps` say it in words.

    With `needless` there is nothing to do, and it says why. Not `risky`: as things are, nothing is at risk.
    `operators_word`: only a person can know it, so no program may say it. `even_unrecorded`: to be done even when no
    row can be written, because it mends just that or changes nothing of ours. `by_hand`: the steps are the operator's.
    """

    steps: tuple[str, ...] = ()
    target: ActionTarget = field(default_factory=dict)
    needless: str = ""
    risky: bool = True
    operators_word: bool = False
    even_unrecorded: bool = False
    by_hand: bool = False


@dataclass(frozen=True, slots=True)
class ActionResult:
    """What became of it. `unproven`: it was done, and nothing shows that it helped."""

    state: Ended
    said: tuple[str, ...]


H = TypeVar("H", contravariant=True)


class Action(Protocol[H]):
    """A module satisfies it. Doing it twice does no more than once: `plan` finds the second needless, or plans anew.

    `ID` is its name in the registry. Both raise BridgeError when it cannot be done; `plan` touches nothing.
    """

    ID: str

    def plan(self, hands: H, aim: Aim) -> Plan: ...
    def run(self, hands: H, plan: Plan) -> ActionResult: ...
