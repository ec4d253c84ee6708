"""What the one writer of a ledger may rely on."""

import json
import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, seed, settings
from hypothesis import strategies as st

from bridge.ledger.store import Ledger, Row
from bridge.ledger.verdict import verify
from bridge.protocol.errors import BridgeError, Reason
from tests.sampling import SEED, count

LARGE = "x" * 1025
KEY = b"k" * 32


def refused(directory: Path, *, key: bytes | None = None) -> BridgeError:
    with pytest.raises(BridgeError) as caught:
        Ledger.open(directory, key=key)
    return caught.value


def test_rows_come_back_in_order_over_a_restart(directory: Path) -> None:
    ledger = Ledger.open(directory)
    first = ledger.append("accepted", {"b": 1, "a": "ü"}, at_ms=5, drive_id="d1")
    ledger.close()
    ledger = Ledger.open(directory)
    second = ledger.append("settled", {}, at_ms=6)
    assert (first.seq, first.body, first.kind, first.at_ms, first.drive_id) == (
        2,
        '{"a":"\\u00fc","b":1}',
        "accepted",
        5,
        "d1",
    )
    assert second.prev == first.hash
    assert ledger.rows()[1:] == [first, second]
    assert ledger.seq == 3
    ledger.close()


def test_rows_are_chosen_by_position_and_drive(directory: Path, fill: Callable[..., list[Row]]) -> None:
    rows = fill(directory, 10)
    ledger = Ledger.open(directory)
    assert ledger.rows(limit=3) == rows[-3:]
    assert ledger.rows(after_seq=4, limit=2) == rows[4:6]
    assert ledger.rows(after_seq=11) == []
    assert ledger.rows(drive_id="d1", limit=2) == [row for row in rows if row.drive_id == "d1"][-2:]
    assert ledger.rows(after_seq=3, drive_id="d1") == [row for row in rows[3:] if row.drive_id == "d1"]
    assert list(ledger.drive_rows()) == rows[1:]
    ledger.close()


def test_drive_rows_end_where_the_ledger_ended_when_they_were_asked_for(
    directory: Path, fill: Callable[..., list[Row]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bridge.ledger.store.PAGE_ROWS", 3)
    rows = fill(directory, 10)
    ledger = Ledger.open(directory)
    seen = []
    for row in ledger.drive_rows():
        seen.append(row)
        ledger.append("fact", {}, at_ms=1, drive_id="later")
    assert seen == rows[1:]
    ledger.close()


def test_large_values_are_kept_apart_once_and_come_back(directory: Path) -> None:
    ledger = Ledger.open(directory)
    body = {"text": LARGE, "list": ["é" * 300] * 4, "small": "y" * 1024, "none": None}
    row = ledger.append("fact", body, at_ms=1)
    again = ledger.append("fact", {"other": LARGE}, at_ms=2)
    stored = json.loads(row.body)
    assert stored["text"]["bytes"] == 1025
    assert (stored["text"]["type"], stored["list"]["type"]) == ("text", "json")
    assert stored["small"] == "y" * 1024
    assert json.loads(again.body)["other"] == stored["text"]
    blobs = list((directory / "blobs").iterdir())
    assert {blob.name for blob in blobs} == {stored["text"]["$blob"], stored["list"]["$blob"]}
    assert (directory / "blobs" / stored["text"]["$blob"]).read_text(encoding="utf-8") == LARGE
    assert ledger.expand(row.body) == body
    ledger.close()


def test_a_value_that_looks_like_a_reference_is_not_taken_for_one(directory: Path) -> None:
    ledger = Ledger.open(directory)
    body = {"a": {"$blob": "0" * 64, "bytes": 1, "type": "text"}, "b": {"deep": {"$blob": "1"}}, "$blob": "c"}
    assert ledger.expand(ledger.append("fact", body, at_ms=1).body) == body
    ledger.close()
    assert verify(directory).verdict == "intact"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text() | st.just("$blob"), inner, max_size=4),
    max_leaves=8,
)
BODIES = st.dictionaries(st.text(), JSON | st.text(min_size=1025, max_size=1100), max_size=4)


@pytest.mark.sampled
@seed(SEED)
@settings(max_examples=count(25, 1_000), deadline=None)
@given(bodies=st.lists(BODIES, min_size=1, max_size=3))
def test_every_json_body_comes_back(bodies: list[dict[str, Any]], tmp_path_factory: pytest.TempPathFactory) -> None:
    directory = tmp_path_factory.mktemp("bodies") / "ledger"
    ledger = Ledger.open(directory)
    rows = [ledger.append("fact", body, at_ms=1) for body in bodies]
    ledger.close()
    ledger = Ledger.open(directory)
    assert ledger.rows()[1:] == rows
    assert [ledger.expand(row.body) for row in rows] == bodies
    ledger.close()
    assert verify(directory).verdict == "intact"


def test_a_lone_surrogate_survives(directory: Path) -> None:
    ledger = Ledger.open(directory)
    body = {"small": "\ud800", "large": "\udfff" * 500}
    assert ledger.expand(ledger.append("fact", body, at_ms=1).body) == body
    ledger.close()


@pytest.mark.parametrize("value", [float("nan"), float("inf"), object(), {1, 2}])
def test_a_body_that_json_cannot_say_adds_nothing(directory: Path, value: object) -> None:
    ledger = Ledger.open(directory)
    with pytest.raises((ValueError, TypeError)):
        ledger.append("fact", {"value": value}, at_ms=1)
    assert ledger.append("fact", {}, at_ms=1).seq == 2
    ledger.close()


def test_others_can_read_nothing(directory: Path) -> None:
    before = os.umask(0)
    try:
        ledger = Ledger.open(directory)
        ledger.append("fact", {"text": LARGE}, at_ms=1)
        modes = {path: stat.S_IMODE(path.stat().st_mode) for path in [directory, *directory.rglob("*")]}
    finally:
        os.umask(before)
    ledger.close()
    assert any(path.name.endswith("-wal") for path in modes)
    assert all(mode == (0o700 if path.is_dir() else 0o600) for path, mode in modes.items()), modes


def test_a_linked_directory_is_refused(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir(mode=0o700)
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert refused(tmp_path / "link").reason is Reason.STATE_UNWRITABLE
    assert not list((tmp_path / "real").iterdir())


def test_an_open_directory_is_refused(directory: Path) -> None:
    directory.mkdir()
    directory.chmod(0o750)
    error = refused(directory)
    assert (error.reason, error.hint) == (Reason.STATE_UNWRITABLE, f"chmod 700 {directory}")


def test_another_users_directory_is_refused(directory: Path) -> None:
    if os.geteuid() == 0:
        directory.mkdir(mode=0o700)
        os.chown(directory, 12345, -1)
    else:
        directory = Path("/usr")
    error = refused(directory)
    assert error.reason is Reason.STATE_UNWRITABLE
    assert "another user" in error.message


@pytest.mark.parametrize("name", ["ledger.sqlite3", "tip"])
def test_a_linked_file_is_refused(directory: Path, tmp_path: Path, fill: Callable[..., list[Row]], name: str) -> None:
    fill(directory, 1)
    (directory / name).rename(tmp_path / "elsewhere")
    (directory / name).symlink_to(tmp_path / "elsewhere")
    assert refused(directory).reason is Reason.LEDGER_UNWRITABLE


def test_a_file_in_the_place_of_the_directory_is_refused(directory: Path) -> None:
    directory.write_text("", encoding="utf-8")
    assert refused(directory).reason is Reason.STATE_UNWRITABLE


OPENS = """
import sys
from pathlib import Path
from bridge.ledger.store import Ledger
from bridge.protocol.errors import BridgeError
try:
    Ledger.open(Path(sys.argv[1])).close()
except BridgeError as error:
    print(error.reason)
"""
LOOKS = """
import sqlite3, sys
try:
    sqlite3.connect(sys.argv[1], timeout=0).execute("SELECT * FROM rows").fetchall()
except sqlite3.OperationalError as error:
    print(error)
"""


def said_by(code: str, argument: Path) -> str:
    command = [sys.executable, "-P", "-c", code, str(argument)]
    return subprocess.run(command, check=True, capture_output=True, encoding="utf-8", timeout=30).stdout.strip()


def test_a_second_writer_is_refused(directory: Path) -> None:
    ledger = Ledger.open(directory)
    assert refused(directory).reason is Reason.LEDGER_UNWRITABLE
    assert said_by(OPENS, directory) == "ledger_unwritable"
    ledger.append("fact", {}, at_ms=1)
    ledger.close()
    assert said_by(OPENS, directory) == ""


def test_no_other_program_gets_at_the_rows_of_a_writer_that_also_verifies(directory: Path) -> None:
    """Another program's checkpoint would take the log away beneath the writer."""
    ledger = Ledger.open(directory)
    assert verify(directory).verdict == "intact"
    assert said_by(LOOKS, directory / "ledger.sqlite3") == "database is locked"
    ledger.append("fact", {}, at_ms=1)
    ledger.close()
    assert said_by(LOOKS, directory / "ledger.sqlite3") == ""
    assert verify(directory).rows == 2


@pytest.mark.parametrize(("begun", "opened"), [(KEY, None), (None, KEY)])
def test_a_key_cannot_come_or_go(directory: Path, begun: bytes | None, opened: bytes | None) -> None:
    Ledger.open(directory, key=begun).close()
    error = refused(directory, key=opened)
    assert error.reason is Reason.LEDGER_UNREADABLE
    assert "key" in error.message
    Ledger.open(directory, key=begun).close()


def test_another_key_is_refused(directory: Path) -> None:
    Ledger.open(directory, key=KEY).close()
    error = refused(directory, key=b"other" * 8)
    assert error.reason is Reason.LEDGER_TAMPERED
    assert "key" in error.message


def test_a_newer_ledger_is_left_alone(directory: Path, fill: Callable[..., list[Row]]) -> None:
    fill(directory, 2)
    database = sqlite3.connect(directory / "ledger.sqlite3")
    database.execute("PRAGMA user_version=2")
    database.close()
    before = {path: path.read_bytes() for path in directory.rglob("*") if path.is_file()}
    error = refused(directory)
    assert error.reason is Reason.LEDGER_UNREADABLE
    assert "newer" in error.message
    verdict = verify(directory)
    assert (verdict.verdict, verdict.torn_tail) == ("unreadable", False)
    assert "newer" in str(verdict.message)
    assert {path: path.read_bytes() for path in directory.rglob("*") if path.is_file()} == before


def test_a_file_that_is_no_database_is_unreadable(directory: Path, fill: Callable[..., list[Row]]) -> None:
    fill(directory, 2)
    (directory / "ledger.sqlite3").write_bytes(b"not a database, but long enough to be looked at" * 100)
    assert refused(directory).reason is Reason.LEDGER_UNREADABLE
    assert verify(directory).verdict == "unreadable"


@pytest.mark.parametrize("left", ["nothing", "database", "both"])
def test_a_creation_that_was_cut_off_is_begun_again(directory: Path, left: str) -> None:
    directory.mkdir(mode=0o700)
    if left != "nothing":
        (directory / "ledger.sqlite3").touch(mode=0o600)
    if left == "both":
        (directory / "tip").touch(mode=0o600)
    verdict = verify(directory)
    assert (verdict.verdict, verdict.rows) == ("unreadable", 0)
    ledger = Ledger.open(directory)
    assert ledger.append("fact", {}, at_ms=1).seq == 2
    ledger.close()
    assert verify(directory).verdict == "intact"


def test_closing_twice_is_harmless(directory: Path) -> None:
    ledger = Ledger.open(directory)
    ledger.close()
    ledger.close()
