"""The page proves itself: in a JavaScript engine, on real ledgers, with every kind of change found."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bridge.ledger.report import PLACE, TEMPLATE, Extract, everything, extract, of_subject, page
from bridge.ledger.store import Ledger
from bridge.protocol.errors import BridgeError

NODE = shutil.which("node")
STUB = """
const node = () => ({
  append() {},
  set textContent(text) { this.text = text; },
  get textContent() { return this.text; },
});
const nodes = {};
const document = { createElement: node, getElementById: (id) => (nodes[id] ??= node()) };
"""
HARD = 'żółw 🐢 \u2028 </script><script>alert(1)</script> & "quoted" \\ \x7f \t \ud800'


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    ledger = Ledger.open(tmp_path / "ledger")
    ledger.append("goal_started", {"text": HARD}, at_ms=1, drive_id="g")
    ledger.append("accepted", {"text": "somebody else's prompt"}, at_ms=2, drive_id="other")
    ledger.append("accepted", {"text": HARD * 200}, at_ms=3, drive_id="g.1")
    ledger.append("settled", {"outcome": "confirmed", "reason": "x"}, at_ms=4, drive_id="other")
    ledger.append("goal_decided", {"decision": "accept", "list": [HARD] * 100}, at_ms=5, drive_id="g")
    ledger.append("accepted", {"text": "later"}, at_ms=6, drive_id="g2")
    ledger.close()
    return tmp_path / "ledger"


def verdict(text: str) -> str:
    """What the page says of itself, by a real engine."""
    if NODE is None:
        pytest.fail("node is missing; next: apt install nodejs")
    script = text.partition("<script>")[2].rpartition("</script>")[0]
    program = f"{STUB}\n{script}\nconsole.log(nodes.verdict.text);"
    done = subprocess.run([NODE, "-"], input=program, capture_output=True, text=True, timeout=60, check=True)
    return done.stdout.strip()


def test_the_template_has_its_place() -> None:
    assert TEMPLATE.read_text(encoding="utf-8").count(PLACE) == 1


def test_a_goal_with_its_drives_is_verified_and_others_are_not_in_it(directory: Path) -> None:
    found = extract(directory, of_subject("g"))
    text = page(found, "Goal g")
    assert verdict(text) == "Verified here: 3 rows and 2 values are what their hashes say"
    assert [row.drive_id for row in found.rows] == ["g", "g.1", "g"]
    assert [seq for seq, _ in found.links] == [1, 3, 5]
    assert "somebody else's prompt" not in text
    assert text.count("</script>") == 1, "what was recorded ended the script"
    assert "http://" not in text
    assert "https://" not in text


def test_the_whole_ledger_is_verified(directory: Path) -> None:
    assert verdict(page(extract(directory, everything), "all")).startswith("Verified here: 7 rows")


def changed(what: Callable[[dict[str, Any]], None], found: Extract) -> str:
    text = page(found, "t")
    before, _, rest = text.partition("const DATA = ")
    data, _, after = rest.partition(";\n")
    loaded = json.loads(data)
    what(loaded)
    return f"{before}const DATA = {json.dumps(loaded)};\n{after}"


@pytest.mark.parametrize("field", range(7))
@pytest.mark.parametrize("row", range(3))
def test_every_change_of_a_row_is_found(row: int, field: int, directory: Path) -> None:
    def change(data: dict[str, Any]) -> None:
        value = data["rows"][row][field]
        new = value + 1 if isinstance(value, int) else str(value)[:-1] + ("}" if field != 4 else " }")
        data["rows"][row][field] = new

    assert verdict(changed(change, extract(directory, of_subject("g")))).startswith("Changed: row")


def test_a_changed_a_missing_value_and_a_missing_row_are_found(directory: Path) -> None:
    found = extract(directory, of_subject("g"))
    (digest, *_) = found.blobs

    def alter(data: dict[str, Any]) -> None:
        data["blobs"][digest] += "x"

    def lose(data: dict[str, Any]) -> None:
        del data["blobs"][digest]

    def drop(data: dict[str, Any]) -> None:
        del data["rows"][1]

    assert "a value of it was changed" in verdict(changed(alter, found))
    assert "a value of it is missing" in verdict(changed(lose, found))
    assert "row 4: it is missing" in verdict(changed(drop, found))


def test_a_keyed_ledger_is_not_called_verified(tmp_path: Path) -> None:
    ledger = Ledger.open(tmp_path / "keyed", key=b"k" * 32)
    ledger.append("goal_started", {"text": "x"}, at_ms=1, drive_id="g")
    ledger.close()
    assert "sealed with a key" in verdict(page(extract(tmp_path / "keyed", of_subject("g")), "t"))


def test_what_is_not_there_is_told(directory: Path, tmp_path: Path) -> None:
    with pytest.raises(BridgeError, match="no row of that"):
        extract(directory, of_subject("nobody"))
    with pytest.raises(BridgeError, match="there is no ledger"):
        extract(tmp_path / "nowhere", everything)
