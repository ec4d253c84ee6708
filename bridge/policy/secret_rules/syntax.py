"""The regular expressions of the rule list as a tree, read in Go's syntax and written in Python's.

Each single character becomes the set of characters it may be, upper and lower case told apart there: so flags are gone
from the tree. Characters outside ASCII are one member, OTHER. What the reader does not know is a ValueError.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from typing import Literal, TypeAlias, assert_never

OTHER = 128
ALL = frozenset(range(OTHER + 1))
DIGIT = frozenset(map(ord, "0123456789"))
WORD = DIGIT | frozenset(map(ord, "_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"))
SPACE = frozenset(map(ord, "\t\n\f\r "))
NAMED = {"d": DIGIT, "w": WORD, "s": SPACE, "D": ALL - DIGIT, "W": ALL - WORD, "S": ALL - SPACE}
ALNUM = WORD - {ord("_")}
CONTROL = {"n": "\n", "r": "\r", "t": "\t", "f": "\f", "v": "\v"}


@dataclass(frozen=True, slots=True)
class OneOf:
    """One character of a set."""

    characters: frozenset[int]


@dataclass(frozen=True, slots=True)
class InOrder:
    items: "tuple[Pattern, ...]"


@dataclass(frozen=True, slots=True)
class EitherOf:
    options: "tuple[Pattern, ...]"


@dataclass(frozen=True, slots=True)
class Repeated:
    """`most` is None without a bound. `mode` is the suffix of Python: greedy "", lazy "?", possessive "+"."""

    item: "Pattern"
    least: int
    most: int | None
    mode: Literal["", "?", "+"] = ""


@dataclass(frozen=True, slots=True)
class Captured:
    """A numbered group, or the secret itself where the number is 0. One that is `named` only tells parts apart."""

    number: int
    item: "Pattern"
    named: bool = False


@dataclass(frozen=True, slots=True)
class Edge:
    """A place between characters: `^`, `\\Z`, `\\b` or `\\B`."""

    sign: str


@dataclass(frozen=True, slots=True)
class Beside:
    """What must, or must not, stand after or before this place: `sign` is `?=`, `?!`, `?<=` or `?<!`."""

    sign: str
    item: "Pattern"


Pattern: TypeAlias = OneOf | InOrder | EitherOf | Repeated | Captured | Edge | Beside

_BRACES = re.compile(r"\{(\d+)(,?)(\d*)\}")
_FLAGS = re.compile(r"\(\?([a-zA-Z]*)(?:-([a-zA-Z]+))?([:)])")
_NAMED_GROUP = re.compile(r"\(\?P<\w+>")
_LOOK = re.compile(r"\((\?<?[=!])")


class _Reader:
    def __init__(self, source: str) -> None:
        self._source = source
        self._at = 0
        self._groups = 0

    def whole(self) -> Pattern:
        tree = self._either(frozenset())
        if self._at != len(self._source):
            raise self._unknown()
        return tree

    def _unknown(self) -> ValueError:
        return ValueError(f"character {self._at + 1} of {self._source!r} is not understood")

    def _next(self, text: str) -> bool:
        found = self._source.startswith(text, self._at)
        self._at += len(text) * found
        return found

    def _take(self) -> str:
        if self._at >= len(self._source):
            raise self._unknown()
        self._at += 1
        return self._source[self._at - 1]

    def _either(self, flags: frozenset[str]) -> Pattern:
        """Up to the end of the group. Flags that are set inside hold to that end, over the `|` too."""
        options: list[Pattern] = []
        items: list[Pattern] = []
        while self._at < len(self._source) and self._source[self._at] != ")":
            if self._next("|"):
                options.append(in_order(items))
                items = []
            elif (match := _FLAGS.match(self._source, self._at)) and match[3] == ")":
                flags, self._at = self._flags(match, flags), match.end()
            else:
                items.append(self._repeated(self._atom(flags)))
        options.append(in_order(items))
        return options[0] if len(options) == 1 else EitherOf(tuple(options))

    def _flags(self, match: re.Match[str], flags: frozenset[str]) -> frozenset[str]:
        changed = (flags | set(match[1])) - set(match[2] or "")
        if changed - {"i", "s"}:
            raise self._unknown()
        return changed

    def _repeated(self, item: Pattern) -> Pattern:
        if braces := _BRACES.match(self._source, self._at):
            self._at = braces.end()
            least = int(braces[1])
            most = int(braces[3]) if braces[3] else None if braces[2] else least
        elif self._next("*"):
            least, most = 0, None
        elif self._next("+"):
            least, most = 1, None
        elif self._next("?"):
            least, most = 0, 1
        else:
            return item
        return Repeated(item, least, most, "?" if self._next("?") else "+" if self._next("+") else "")

    def _atom(self, flags: frozenset[str]) -> Pattern:
        if self._source[self._at] == "(":
            return self._group(flags)
        character = self._take()
        match character:
            case "[":
                return OneOf(self._set(flags))
            case ".":
                return OneOf(ALL if "s" in flags else ALL - {ord("\n")})
            case "^":
                return Edge("^")
            case "$":
                return Edge(r"\Z")
            case "\\":
                return self._escaped(flags)
            case "*" | "+" | "?":
                raise self._unknown()
        return OneOf(_cases({ord(character)}, flags))

    def _escaped(self, flags: frozenset[str]) -> Pattern:
        if self._source[self._at : self._at + 1] in ("b", "B"):
            return Edge("\\" + self._take())
        if self._next("z"):
            return Edge(r"\Z")
        return OneOf(_cases(self._escape(), flags))

    def _escape(self) -> frozenset[int]:
        character = self._take()
        if character == "x":
            return frozenset({int(self._take() + self._take(), 16)})
        if character in NAMED:
            return NAMED[character]
        if character in CONTROL:
            return frozenset({ord(CONTROL[character])})
        if character.isalnum():
            raise self._unknown()
        return frozenset({ord(character)})

    def _set(self, flags: frozenset[str]) -> frozenset[int]:
        negative = self._next("^")
        found: frozenset[int] = frozenset()
        first = True
        while first or not self._next("]"):
            first = False
            if self._next("[:alnum:]"):
                found |= ALNUM
                continue
            low = self._member()
            if self._source[self._at : self._at + 1] == "-" and self._source[self._at + 1 : self._at + 2] != "]":
                self._at += 1
                low = frozenset(range(min(low), max(self._member()) + 1))
            found |= low
        found = _cases(found, flags)
        return ALL - found if negative else found

    def _member(self) -> frozenset[int]:
        character = self._take()
        return self._escape() if character == "\\" else frozenset({ord(character)})

    def _group(self, flags: frozenset[str]) -> Pattern:
        number = 0
        named = False
        sign = ""
        if look := _LOOK.match(self._source, self._at):
            self._at, sign = look.end(), look[1]
        elif label := _NAMED_GROUP.match(self._source, self._at):
            self._at, named = label.end(), True
            number = self._number()
        elif local := _FLAGS.match(self._source, self._at):
            self._at, flags = local.end(), self._flags(local, flags)
        elif self._next("(?"):
            raise self._unknown()
        else:
            self._at += 1
            number = self._number()
        item = self._either(flags)
        if not self._next(")"):
            raise self._unknown()
        return Captured(number, item, named) if number else Beside(sign, item) if sign else item

    def _number(self) -> int:
        self._groups += 1
        return self._groups


def read(source: str) -> Pattern:
    """The tree of an expression in Go's syntax, lookarounds besides. ValueError for what it does not know."""
    return _Reader(source).whole()


def _cases(characters: Iterable[int], flags: frozenset[str]) -> frozenset[int]:
    found = frozenset(characters)
    if any(each > OTHER for each in found):
        raise ValueError("a character outside ASCII is not understood")
    if "i" not in flags:
        return found
    both = (ord(c) for each in found if each < OTHER for c in (chr(each).lower(), chr(each).upper()))
    return found | frozenset(both)


def in_order(items: Iterable[Pattern]) -> Pattern:
    """The items one after the other, orders inside them made flat."""
    flat = reduce(
        lambda done, each: done + (each.items if isinstance(each, InOrder) else (each,)), items, tuple[Pattern, ...]()
    )
    return flat[0] if len(flat) == 1 else InOrder(flat)


def written(tree: Pattern) -> str:
    """The expression in Python's syntax; the secret is the group `s`."""
    match tree:
        case OneOf(characters):
            return _class(characters)
        case InOrder(items):
            return "".join(f"(?:{written(each)})" if isinstance(each, EitherOf) else written(each) for each in items)
        case EitherOf(options):
            return "|".join(map(written, options))
        case Repeated(item, least, most, mode):
            inner = written(item)
            return f"{inner if isinstance(item, OneOf) else f'(?:{inner})'}{_times(least, most)}{mode}"
        case Captured(number, item):
            return f"({'?P<s>' if number == 0 else '?:'}{written(item)})"
        case Edge(sign):
            return sign
        case Beside(sign, item):
            return f"({sign}{written(item)})"
        case _:
            assert_never(tree)


def _times(least: int, most: int | None) -> str:
    signs = {(0, None): "*", (1, None): "+", (0, 1): "?"}
    times = f"{{{least}}}" if least == most else f"{{{least},{'' if most is None else most}}}"
    return signs.get((least, most), times)


_SHORT = {frozenset(WORD): r"\w", DIGIT: r"\d", ALL: r"[\s\S]", ALL - SPACE: r"\S", SPACE: "[ \\t\\n\\r\\f]"}


def _class(characters: frozenset[int]) -> str:
    if characters in _SHORT:
        return _SHORT[characters]
    if len(characters) == 1 and OTHER not in characters:
        return re.escape(chr(*characters))
    if OTHER in characters:
        return f"[^{_members(ALL - characters)}]"
    return f"[{_members(characters)}]"


def _members(characters: frozenset[int]) -> str:
    codes = sorted(characters)
    ranges: list[list[int]] = []
    for code in codes:
        if ranges and code == ranges[-1][1] + 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    return "".join(_range(low, high) for low, high in ranges)


def _range(low: int, high: int) -> str:
    if high - low < 2:
        return "".join(_escaped_member(code) for code in range(low, high + 1))
    return f"{_escaped_member(low)}-{_escaped_member(high)}"


def _escaped_member(code: int) -> str:
    character = chr(code)
    if character.isalnum() or character in "_=+/.:@!%,; <>{}()$?*'\"`#":
        return character
    return f"\\{character}" if character.isprintable() else f"\\x{code:02x}"
