"""How much of a long test runs: all of it under `make soak`, a seeded sample with every kind under `make test`.

Read at import, for the parameters of tests are made then. All workers of a run read the same environment.
"""

import os
from collections.abc import Callable, Hashable, Sequence
from random import Random
from typing import TypeVar

SOAK = os.environ.get("KORU_SOAK") == "1"
SEED = int(os.environ.get("KORU_SEED", "0"))

Item = TypeVar("Item")


def count(short: int, long: int) -> int:
    """How many to take of what has no end, such as random cases."""
    return long if SOAK else short


def sample(items: Sequence[Item], most: int) -> list[Item]:
    """At most so many of the items, in their order; all of them under `make soak`."""
    if SOAK or len(items) <= most:
        return list(items)
    return [items[index] for index in sorted(Random(SEED).sample(range(len(items)), most))]  # noqa: S311, no secret


def each_kind(items: Sequence[Item], kind: Callable[[Item], Hashable], most: int = 1) -> list[Item]:
    """At most so many items of each kind, in the order of the kinds; all of them under `make soak`."""
    kinds: dict[Hashable, list[Item]] = {}
    for item in items:
        kinds.setdefault(kind(item), []).append(item)
    return [item for alike in kinds.values() for item in sample(alike, most)]
