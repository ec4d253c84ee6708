"""`docs/glossary.md` names places that exist, in the order of the alphabet, and every word of the protocol."""

import ast
import re
from pathlib import Path
from typing import Any, get_args

import pytest

from bridge.protocol.messages import base
from registry import model

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs/glossary.md").read_text(encoding="utf-8")
ROWS = [tuple(cell.strip() for cell in line.strip("|").split(" | ")) for line in PAGE.splitlines() if line[:2] == "| "][
    1:
]
WORDS = {
    "disposition": base.Disposition,
    "drive state": base.DriveState,
    "fact kind": base.FactKind,
    "grade": base.Grade,
    "journal": base.JournalState,
    "outcome": base.Outcome,
    "role": base.Role,
    "trust": model.Trust,
    "turn state": base.TurnState,
}


def names(path: Path) -> set[str]:
    """The classes and assigned names at the top of a module."""
    found: set[str] = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Assign):
            found |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return found


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_the_place_exists(row: tuple[str, ...]) -> None:
    word, meaning, where = row
    assert word and meaning
    place = re.fullmatch(r"`([\w/]+\.py)(?:::(\w+))?`", where)
    assert place is not None, where
    path = ROOT / place[1]
    assert path.is_file(), f"{word}: {place[1]} is gone"
    assert place[2] is None or place[2] in names(path), f"{word}: {place[2]} is not in {place[1]}"


@pytest.mark.parametrize("word", WORDS)
def test_no_word_of_the_protocol_is_missing(word: str) -> None:
    values: Any = get_args(WORDS[word])
    (meaning,) = [row[1] for row in ROWS if row[0] == word]
    told = re.findall(r"`(\w+)`", meaning)
    assert values and sorted(told) == sorted(values)


def test_words_stand_once_and_in_order() -> None:
    words = [row[0] for row in ROWS]
    assert words == sorted(set(words), key=str.lower)
    assert len(words) >= 45
