"""`koru ledger` as a user runs it: on files alone, beside the daemon, and through it."""

import json
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import pytest

from bridge.client import Client
from bridge.ledger.snapshot import read_rows, snapshot
from bridge.ledger.store import Ledger

PATIENCE = 60.0
PROMPT = "open the pod bay doors"
KEY = "0123456789abcdef0123456789abcdef"

Koru = Callable[..., "subprocess.CompletedProcess[str]"]


class Home(Protocol):
    """See ../conftest.py."""

    root: Path

    @property
    def state(self) -> Path: ...
    def environment(self, **more: str) -> dict[str, str]: ...


class DaemonProcess(Protocol):
    """See ../conftest.py."""

    def client(self) -> Client: ...
    def wire(self) -> Any: ...


@pytest.fixture
def at(home: Home) -> Path:
    return home.state / "ledger"


def record(at: Path, key: bytes | None = None) -> None:
    ledger = Ledger.open(at, key=key)
    body = {"text": PROMPT, "params": {"text": PROMPT + " now" * 300}, "surface": "code:w1/chat"}
    ledger.append("accepted", body, at_ms=1_700_000_000_007, drive_id="d1")
    ledger.append("settled", {"outcome": "confirmed"}, at_ms=1_700_000_000_008, drive_id="d1")
    ledger.close()


def lines(done: "subprocess.CompletedProcess[str]") -> list[dict[str, Any]]:
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.split("\n")[:-1]]


def test_path(koru: Koru, at: Path) -> None:
    assert koru("ledger", "path").stdout == f"{at}\n"
    assert lines(koru("ledger", "path", "--json")) == [{"path": str(at)}]


def test_verify_says_intact_with_0(koru: Koru, at: Path) -> None:
    record(at)
    done = koru("ledger", "verify")
    assert done.returncode == 0
    assert done.stdout.startswith("intact: 3 rows")
    (verdict,) = lines(koru("ledger", "verify", "--json"))
    assert verdict == {"verdict": "intact", "rows": 3, "torn_tail": False, "keyed": False, "tip": verdict["tip"]}
    assert verdict["tip"] in done.stdout


def test_verify_says_tampered_with_1_and_names_the_row(koru: Koru, at: Path) -> None:
    record(at)
    next((at / "blobs").iterdir()).write_bytes(b"another prompt")
    done = koru("ledger", "verify")
    assert done.returncode == 1
    assert done.stdout.startswith("tampered at row 2: its blob ")
    done = koru("ledger", "verify", "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["seq"] == 2


@pytest.mark.parametrize("left", ["nothing", "garbage"])
def test_verify_says_unreadable_with_2(koru: Koru, at: Path, left: str) -> None:
    if left == "garbage":
        record(at)
        (at / "ledger.sqlite3").write_bytes(b"garbage" * 1000)
    done = koru("ledger", "verify")
    assert done.returncode == 2
    assert done.stdout.startswith("unreadable")
    assert json.loads(koru("ledger", "verify", "--json").stdout)["verdict"] == "unreadable"


def test_verify_uses_the_key_and_says_when_it_is_missing(koru: Koru, at: Path, home: Home) -> None:
    record(at, KEY.encode("ascii"))
    key = home.root / "key"
    key.write_text(KEY + "\n", encoding="ascii")
    key.chmod(0o600)
    assert "sealed with a key" in koru("ledger", "verify", KORU_LEDGER_KEY_FILE=str(key)).stdout
    without = koru("ledger", "verify")
    assert (without.returncode, "key" in without.stdout) == (2, True)
    key.chmod(0o644)
    exposed = koru("ledger", "verify", KORU_LEDGER_KEY_FILE=str(key))
    assert (exposed.returncode, "others can read" in exposed.stdout) == (2, True)


def test_verify_reads_a_copy_elsewhere(koru: Koru, tmp_path: Path) -> None:
    record(tmp_path / "copy")
    assert koru("ledger", "verify", "--directory", str(tmp_path / "copy")).returncode == 0


def test_tail_reads_the_files_when_no_daemon_runs(koru: Koru, at: Path) -> None:
    record(at)
    done = koru("ledger", "tail", "-n", "2")
    first, second = done.stdout.split("\n")[:-1]
    assert "accepted" in first
    assert "surface=code:w1/chat" in first
    assert "d1  outcome=confirmed" in second
    rows = lines(koru("ledger", "tail", "--json"))
    assert [row["seq"] for row in rows] == [1, 2, 3]
    assert rows[2]["shown"] == {"outcome": "confirmed"}


def test_tail_shows_prompts_only_when_asked(koru: Koru, at: Path) -> None:
    record(at)
    for words in (["tail"], ["tail", "--json"]):
        assert PROMPT not in koru("ledger", *words).stdout
        assert koru("ledger", *words, "--full").stdout.count(PROMPT) == 2


def test_tail_says_that_there_is_nothing_to_follow(koru: Koru, at: Path) -> None:
    record(at)
    done = koru("ledger", "tail", "--follow")
    assert done.returncode == 1
    assert "outcome=confirmed" in done.stdout
    assert "koru up" in done.stderr


@pytest.mark.parametrize("words", [["tail", "-n", "-1"], ["tail", "-n", "x"], ["bogus"], []])
def test_wrong_words_are_usage(koru: Koru, words: list[str]) -> None:
    assert koru("ledger", *words).returncode == 2


def drive(client: Client, number: int) -> None:
    """One drive of which nothing comes: the window's plugin never answers."""
    params = {"drive_id": f"d{number}", "text": PROMPT, "selector": {}, "target": {}}
    client.request("drive/start", params, timeout=PATIENCE)


def test_beside_a_daemon(daemon: DaemonProcess, koru: Koru, at: Path) -> None:
    plugin = daemon.wire()
    plugin.attach()
    with daemon.client() as client:
        drive(client, 1)
        verdict = lines(koru("ledger", "verify", "--json"))[0]
        assert (verdict["verdict"], verdict["torn_tail"]) == ("intact", False)
        assert client.request("ledger/verify", {})["verdict"] == "intact"
    rows = lines(koru("ledger", "tail", "--json", "--full", "-n", "1000"))
    with snapshot(at) as shot:
        stored = list(read_rows(shot.connection, "ORDER BY seq"))
    assert [row["hash"] for row in rows] == [row.hash for row in stored][: len(rows)]
    accepted = next(row for row in rows if row["kind"] == "accepted")
    assert (accepted["drive_id"], accepted["body"]["params"]["text"]) == ("d1", PROMPT)
    assert PROMPT not in koru("ledger", "tail").stdout


def test_follow_prints_what_comes(daemon: DaemonProcess, koru: Koru, home: Home) -> None:
    plugin = daemon.wire()
    plugin.attach()
    with daemon.client() as client:
        drive(client, 1)
        follower = subprocess.Popen(
            [sys.executable, "-P", "-m", "bridge.cli", "ledger", "tail", "--json", "--follow"],
            env=home.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )
        late = threading.Timer(PATIENCE, follower.kill)
        late.start()
        try:
            assert follower.stdout is not None
            seen = [json.loads(follower.stdout.readline())]
            drive(client, 2)
            while (seen[-1]["kind"], seen[-1]["drive_id"]) != ("accepted", "d2"):
                line = follower.stdout.readline()
                assert line, seen
                seen.append(json.loads(line))
            assert [row["seq"] for row in seen] == list(range(1, len(seen) + 1))
            assert koru("down").returncode == 0
            follower.communicate(timeout=PATIENCE)
            assert follower.returncode == 1
        finally:
            late.cancel()
            follower.kill()
            follower.communicate(timeout=PATIENCE)
