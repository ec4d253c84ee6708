"""What a rule's filter asks of a secret: how many bits a character, that it is not made of words, what it must hold."""

import re
from dataclasses import dataclass

from bridge.policy.secret_rules.bounds import STEPS_MOST, cost, hardened
from bridge.policy.secret_rules.syntax import read, written

_FOUND = r'finding\["secret"\]'
_ENTROPY = re.compile(rf"entropy\({_FOUND}\) <=? ([\d.]+)")
_WORDS = re.compile(rf"tokenRatio\({_FOUND}\) >= [\d.]+")
_MATCHES = re.compile(rf"(!?)matchesAny\({_FOUND}, \[(.*)\]\)", re.DOTALL)
_OF_A_FILE = re.compile(r'matchesAny\(attributes\["path"\], \[.*\]\)', re.DOTALL)
_TEXT = re.compile(r'`([^`]*)`|"((?:[^"\\]|\\.)*)"')
_BETWEEN = re.compile(r"\s*\|\|\s*(?=entropy|tokenRatio|!?matchesAny)")


@dataclass(frozen=True, slots=True)
class Demand:
    """`entropy`: it has more bits a character; `mixed`: letters and digits; `holds`, `never`: expressions."""

    entropy: float = 0.0
    mixed: bool = False
    holds: tuple[str, ...] = ()
    never: tuple[str, ...] = ()


def demand(text: str) -> Demand:
    """What must be true of a secret so that the filter lets it pass. ValueError when the filter asks more than that."""
    entropy, mixed = 0.0, False
    holds: list[str] = []
    never: list[str] = []
    for clause in filter(None, _BETWEEN.split(text)):
        if found := _ENTROPY.fullmatch(clause):
            entropy = float(found[1])
        elif _WORDS.fullmatch(clause):
            mixed = True
        elif found := _MATCHES.fullmatch(clause):
            (holds if found[1] else never).extend(_expressions(found[2]))
        elif not _OF_A_FILE.fullmatch(clause):
            raise ValueError("its filter asks more than what the secret is like")
    return Demand(entropy, mixed, tuple(holds), tuple(never))


def _expressions(text: str) -> list[str]:
    trees = [hardened(read(raw or escaped.replace('\\"', '"'))) for raw, escaped in _TEXT.findall(text)]
    if any(cost(tree) > STEPS_MOST for tree in trees):
        raise ValueError("an expression in its filter costs too much")
    return [written(tree) for tree in trees]
