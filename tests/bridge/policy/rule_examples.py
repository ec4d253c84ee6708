"""Texts made from the expressions of the rule list: what a rule matches, and what it nearly matches."""

from collections.abc import Iterator
from itertools import count
from typing import assert_never

from bridge.policy.secret_rules.syntax import (
    Beside,
    Captured,
    Edge,
    EitherOf,
    InOrder,
    OneOf,
    Pattern,
    Repeated,
)

# Every letter and digit is here, and what is made of them looks made up.
FAKE = "Fake0Bcd1Ghi2Jlm3Nop4Qrs5Tuv6Wxy7Zab8Cef9FAKE0bCD1gHI2jLM3nOP4qRS5tUV6wXY7zAB8cEF9"

ENOUGH = 12  # repeats of what has no bound


def example(tree: Pattern, *, longest: bool = False) -> str:
    """A text the expression matches, with the fewest or the most repeats."""
    return "".join(_drawn(tree, longest, count()))


def _drawn(tree: Pattern, longest: bool, turn: "count[int]") -> Iterator[str]:
    match tree:
        case OneOf(characters):
            yield _one(characters, turn)
        case InOrder(items):
            for each in items:
                yield from _drawn(each, longest, turn)
        case EitherOf(options):
            yield from _drawn(options[0], longest, turn)
        case Captured(_, item):
            yield from _drawn(item, longest, turn)
        case Repeated(item, least, most, _):
            often = max(least, ENOUGH) if most is None else most if longest else least
            for _ in range(often):
                yield from _drawn(item, longest, turn)
        case Edge() | Beside():
            return
        case _:
            assert_never(tree)


def _one(characters: frozenset[int], turn: "count[int]") -> str:
    if len(characters) <= 2:
        return chr(max(characters))
    fitting = [each for each in FAKE if ord(each) in characters]
    return fitting[next(turn) % len(fitting)] if fitting else chr(min(characters))
