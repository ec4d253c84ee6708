"""What an expression costs at most, and the same expression made to cost less.

A repeat whose characters cannot stand after it gives nothing back (it is possessive): that changes no match. The cost
is counted in steps of a backtracking matcher for each character of a text.
"""

from dataclasses import dataclass, replace
from typing import assert_never

from bridge.policy.secret_rules.syntax import (
    ALL,
    ALNUM,
    WORD,
    Beside,
    Captured,
    Edge,
    EitherOf,
    InOrder,
    OneOf,
    Pattern,
    Repeated,
    in_order,
)

STEPS_MOST = 6000  # for each character of a text of nothing but beginnings of the expression
INNER_MOST = 512  # repeats of what has no bound and is not the end of the expression
BETWEEN_MOST = 16  # the same, where it is neither letters nor digits
UNCOUNTED = 10**9
WAYS_COUNTED_MOST = 40  # repeats of what matches in several ways


def hardened(tree: Pattern, after: tuple[Pattern, ...] = ()) -> Pattern:
    """The expression with every repeat possessive that may be, and bounded where something must follow it."""
    match tree:
        case InOrder(items):
            return in_order(hardened(each, (*items[at + 1 :], *after)) for at, each in enumerate(items))
        case EitherOf(options):
            return EitherOf(tuple(hardened(each, after) for each in options))
        case Captured(_, item) | Beside(_, item):
            return replace(tree, item=hardened(item, after if isinstance(tree, Captured) else ()))
        case Repeated():
            return _hardened_repeat(tree, after)
        case OneOf() | Edge():
            return tree
        case _:
            assert_never(tree)


def _hardened_repeat(tree: Repeated, after: tuple[Pattern, ...]) -> Repeated:
    again: tuple[Pattern, ...] = () if tree.most == 1 else (tree.item,)
    most = tree.most
    if most is None and not _cannot_fail(after):
        most = max(INNER_MOST if alphabet(tree.item) & ALNUM else BETWEEN_MOST, tree.least)
    made = replace(tree, item=hardened(tree.item, (*again, *after)), most=most)
    if not isinstance(tree.item, OneOf) or tree.mode != "":
        return made
    return replace(made, mode="" if _next(after, tree.item) & tree.item.characters else "+")


def _cannot_fail(after: tuple[Pattern, ...]) -> bool:
    return all(isinstance(each, Repeated) and each.least == 0 for each in after)


def _next(after: tuple[Pattern, ...], before: OneOf) -> frozenset[int]:
    """The characters that may stand where a repeat of `before` that took all it could gives one back."""
    found: frozenset[int] = frozenset()
    for at, each in enumerate(after):
        match each:
            case Edge(sign="\\Z"):
                return found
            case Edge(sign="\\b") if before.characters <= WORD:
                return found | (ALL - WORD)
            case Beside(sign="?!", item=item):
                rest = _next(after[at + 1 :], before) if after[at + 1 :] else ALL
                return found | (rest - _certain(item))
        first, empty = beginnings(each)
        found |= first
        if not empty:
            return found
    return found


def _certain(tree: Pattern) -> frozenset[int]:
    """The characters that match the expression alone."""
    match tree:
        case OneOf(characters):
            return characters
        case EitherOf(options):
            return frozenset().union(*map(_certain, options))
        case _:
            return frozenset()


def beginnings(tree: Pattern) -> tuple[frozenset[int], bool]:
    """The characters a match may begin with, and whether it may be empty."""
    match tree:
        case OneOf(characters):
            return characters, False
        case InOrder(items):
            return _first_in_order(items)
        case EitherOf(options):
            firsts = list(map(beginnings, options))
            return frozenset().union(*(each for each, _ in firsts)), any(empty for _, empty in firsts)
        case Repeated(item, least, _, _):
            first, empty = beginnings(item)
            return first, empty or least == 0
        case Captured(_, item):
            return beginnings(item)
        case Edge() | Beside():
            return frozenset(), True
        case _:
            assert_never(tree)


def _first_in_order(items: tuple[Pattern, ...]) -> tuple[frozenset[int], bool]:
    found: frozenset[int] = frozenset()
    for each in items:
        first, empty = beginnings(each)
        found |= first
        if not empty:
            return found, False
    return found, True


@dataclass(frozen=True, slots=True)
class Effort:
    """`ways`: in how many ways a part may have matched when what follows fails; `steps`: to try them all."""

    ways: int
    steps: int


def effort(tree: Pattern) -> Effort:
    """Of one attempt at one place, at worst. A repeat without a bound counts as its least: what it takes, it keeps."""
    match tree:
        case OneOf() | Edge():
            return Effort(1, 1)
        case InOrder(items):
            ways, steps = 1, 0
            for each in map(effort, items):
                ways, steps = min(ways * each.ways, UNCOUNTED), min(steps + ways * each.steps, UNCOUNTED)
            return Effort(ways, steps)
        case EitherOf(options):
            return _effort_of_options(options)
        case Captured(_, item):
            return effort(item)
        case Beside(_, item):
            return Effort(1, effort(item).steps)
        case Repeated():
            return _effort_of_repeat(tree)
        case _:
            assert_never(tree)


def _effort_of_options(options: tuple[Pattern, ...]) -> Effort:
    firsts = [beginnings(each) for each in options]
    apart = sum(len(each) for each, _ in firsts) == len(frozenset().union(*(each for each, _ in firsts)))
    efforts = list(map(effort, options))
    if apart and not any(empty for _, empty in firsts):
        return Effort(max(each.ways for each in efforts), max(each.steps for each in efforts) + len(efforts))
    return Effort(sum(each.ways for each in efforts), sum(each.steps for each in efforts))


def _effort_of_repeat(tree: Repeated) -> Effort:
    most = max(tree.least, 1) if tree.most is None else tree.most
    one = effort(tree.item)
    if tree.mode == "+":
        return Effort(1, min(most * one.steps, UNCOUNTED))
    if one.ways == 1:
        return Effort(most - tree.least + 1, min(most * one.steps, UNCOUNTED))
    ways = UNCOUNTED
    if most <= WAYS_COUNTED_MOST:
        ways = min(sum(one.ways**times for times in range(tree.least, most + 1)), UNCOUNTED)
    return Effort(ways, min(ways * one.steps * max(most, 1), UNCOUNTED))


def beginning(tree: Pattern) -> tuple[int, bool]:
    """How many characters every match begins with that are known but for their case; and whether that is all of it."""
    match tree:
        case OneOf(characters):
            known = len(characters) <= 2
            return int(known), known
        case InOrder(items):
            return _beginning_in_order(items)
        case EitherOf(options):
            each = list(map(beginning, options))
            return min(length for length, _ in each), all(whole for _, whole in each)
        case Captured(_, item):
            return beginning(item)
        case Edge() | Beside():
            return 0, True
        case Repeated(item, least, most, _):
            length, whole = beginning(item)
            return (length * least, whole and least == most) if whole else (length if least else 0, False)
        case _:
            assert_never(tree)


def _beginning_in_order(items: tuple[Pattern, ...]) -> tuple[int, bool]:
    total = 0
    for each in items:
        length, whole = beginning(each)
        total += length
        if not whole:
            return total, False
    return total, True


def cost(tree: Pattern) -> float:
    """Steps for each character of a text that is nothing but beginnings of the expression."""
    return effort(tree).steps / max(beginning(tree)[0], 1)


def shortest(tree: Pattern) -> int:
    """The characters in the shortest match."""
    match tree:
        case OneOf():
            return 1
        case InOrder(items):
            return sum(map(shortest, items))
        case EitherOf(options):
            return min(map(shortest, options))
        case Captured(_, item):
            return shortest(item)
        case Repeated(item, least, _, _):
            return shortest(item) * least
        case Edge() | Beside():
            return 0
        case _:
            assert_never(tree)


def alphabet(tree: Pattern) -> frozenset[int]:
    """Every character that a match may hold."""
    match tree:
        case OneOf(characters):
            return characters
        case InOrder(items) | EitherOf(items):
            return frozenset().union(*map(alphabet, items))
        case Captured(_, item) | Repeated(item):
            return alphabet(item)
        case Edge() | Beside():
            return frozenset()
        case _:
            assert_never(tree)
