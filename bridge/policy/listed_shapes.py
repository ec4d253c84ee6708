"""The shapes of the rule list (`secret_rules/rules.json`): tokens of hundreds of services, and named values."""

import json
import math
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from bridge.policy.secret_shapes import SecretShape, compiled
from bridge.policy.secret_values import has_letters_and_digits, is_reference

RULES = Path(__file__).with_name("secret_rules") / "rules.json"
SHORT = 20  # characters; a value that is shorter needs a word for a secret before it

# A value of these characters alone is a hash, an id or a number in ordinary text.
_PLAIN = re.compile(r"[0-9a-fA-F-]+")
_WORD_FOR_A_SECRET = re.compile(r"key|token|secret|auth|pass|pwd|cred|access|sign|\bpat\b|_pat\b", re.IGNORECASE)


@lru_cache(1)
def listed_shapes() -> tuple[SecretShape, ...]:
    """The shapes in the list's order: tokens that are known by themselves come first. The file is read once."""
    return tuple(map(_shape, json.loads(RULES.read_bytes())["rules"]))


@dataclass(frozen=True, slots=True)
class _Condition:
    """What a rule's filter asks of a match. `holds` and `never` are expressions; `named`: a name stands before."""

    named: bool
    entropy: float = 0.0
    mixed: bool = False
    holds: tuple[str, ...] = ()
    never: tuple[str, ...] = ()

    def accept(self, match: re.Match[str]) -> bool:
        value = match["s"]
        if self.mixed and not has_letters_and_digits(value):
            return False
        if self.named and (is_reference(value) or not _is_told(match, value)):
            return False
        return (
            bits_a_character(value) > self.entropy
            and all(compiled(f"(?a){each}").search(value) for each in self.holds)
            and not any(compiled(f"(?a){each}").search(value) for each in self.never)
        )


def _shape(rule: Mapping[str, Any]) -> SecretShape:
    condition = _Condition(
        rule["named"],
        rule.get("entropy", 0.0),
        rule.get("mixed", False),
        tuple(rule.get("holds", ())),
        tuple(rule.get("never", ())),
    )
    return SecretShape(rule["kind"], tuple(rule["anchors"]), f"(?a){rule['pattern']}", condition.accept)


def _is_told(match: re.Match[str], value: str) -> bool:
    """What may be a hash, an id or a word is a secret only where a word for one stands before it."""
    ordinary = _PLAIN.fullmatch(value) or (len(value) < SHORT and value.isalnum())
    return not ordinary or _WORD_FOR_A_SECRET.search(match.string, match.start(), match.start("s")) is not None


def bits_a_character(text: str) -> float:
    """Shannon's entropy of the characters, in bits; 0 for one character repeated."""
    size = len(text)
    return -sum(count / size * math.log2(count / size) for count in Counter(text).values())
