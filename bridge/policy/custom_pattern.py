"""The operator's own shapes of secrets: a small part of regular expressions, in which no text makes matching slow.

A literal beginning of at least three characters, then characters, classes (`[A-Z0-9]`, `\\d`, `\\w`) and repeats of
them (`+ * ? {n} {n,} {n,m}`). A repeat takes all it can and gives nothing back. No groups, no alternatives.
"""

import re

from bridge.policy.secret_shapes import SecretShape

BEGINNING_MIN = 3
PATTERN_MAX = 500
REPEAT_MAX = 4096

_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_ATOM = re.compile(r"\[\^?\]?[^\]\n]+\]|\\[dwsDWS]|\\[^A-Za-z0-9\n]|[^\\\[\](){}|^$.*+?\n]")
_REPEAT = re.compile(r"[+*?]|\{(\d{1,4})(,?)(\d{0,4})\}")


def custom_shape(name: str, pattern: str) -> SecretShape:
    """The shape for a name and a pattern. ValueError says what is wrong, and where in the pattern."""
    if not _NAME.fullmatch(name):
        raise ValueError(f"the name {name!r} is not lower-case letters, digits and _")
    if not 0 < len(pattern) <= PATTERN_MAX:
        raise ValueError(f"the pattern has {len(pattern)} characters, not 1 to {PATTERN_MAX}")
    beginning, made = "", ""
    at, literal = 0, True
    while at < len(pattern):
        atom, repeat = _atom(pattern, at)
        at += len(atom) + len(repeat)
        literal = literal and not repeat and atom[0] != "[" and not re.fullmatch(r"\\[a-zA-Z]", atom)
        beginning += atom[-1] if literal else ""
        made += atom + (_possessive(repeat) if repeat else "")
    if len(beginning) < BEGINNING_MIN:
        raise ValueError(f"the pattern must begin with at least {BEGINNING_MIN} literal characters")
    try:
        re.compile(made)
    except re.error as error:
        raise ValueError(f"not a pattern: {error}") from None
    return SecretShape(name, (beginning.lower(),), made)


def _atom(pattern: str, at: int) -> tuple[str, str]:
    atom = _ATOM.match(pattern, at)
    if atom is None:
        raise ValueError(
            f"character {at + 1}, {pattern[at]!r}: groups, alternatives, anchors and . are not for patterns"
        )
    repeat = _REPEAT.match(pattern, atom.end())
    return atom[0], repeat[0] if repeat else ""


def _possessive(repeat: str) -> str:
    if repeat == "?":
        return "?+"
    if repeat in "+*":
        return f"{{{int(repeat == '+')},{REPEAT_MAX}}}+"
    least, comma, most = repeat[1:-1].partition(",")
    bounds = int(least), int(most or (REPEAT_MAX if comma else least))
    if not bounds[0] <= bounds[1] <= REPEAT_MAX:
        raise ValueError(f"the repeat {repeat} is not from less to more, at most {REPEAT_MAX}")
    return f"{{{bounds[0]},{bounds[1]}}}+"
