"""What an executable recovery is: a module that says first exactly what it would do, and then does that.

Plain blocking code. The daemon runs its actions in worker threads, `koru recover` runs the others in its own process.
What an action acts on it reaches only through `hands`: a `Daemon` or a `CommandMachine`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeVar

Ended = Literal["done", "not_needed", "unproven", "failed"]
ActionTarget = Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class Aim:
    """What the operator named. A window or IDE that is None is found by the action itself where only one fits."""

    window: str | None = None
    drive_id: str | None = None
    ide: str | None = None
    output: str | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What an action would do now. `target` identifies it exactly: an approval is bound to it. `steps` say it in words.

    `needless`: why there is nothing to do, empty when there is. `risky`: something may be lost by it as things are.
    `operators_word`: it records what only a person can know, so no program may run it. `even_unrecorded`: run it even
    when no ledger row can be written, because it mends just that or changes nothing of ours. `by_hand`: the operator
    takes the steps, and `run` does nothing.
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
    """How an action ended, and what is said of it. `unproven`: it was done, and nothing shows that it helped."""

    state: Ended
    said: tuple[str, ...]


H = TypeVar("H", contravariant=True)


class Action(Protocol[H]):
    """One recovery; a module satisfies it. `ID` is its name in the registry.

    `plan` touches nothing, and `run` does what a plan says. Planned again after a run, it is needless or a new plan for
    what is there by then. Both raise BridgeError when it cannot be done.
    """

    ID: str

    def plan(self, hands: H, aim: Aim) -> Plan: ...
    def run(self, hands: H, plan: Plan) -> ActionResult: ...
