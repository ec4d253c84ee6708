"""What only running processes and clocks show of Claude Code: who waits, who is gone, and when a limit ends."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from observers import claude_code
from observers.base import State, Store
from observers.claude_transcript import resets
from observers.running import runs

SESSION = "11111111-0000-4000-8000-000000000001"
NOON = 1_795_262_400_000  # 2026-11-21T12:00:00Z


@pytest.fixture
def store(tmp_path: Path) -> Store:
    folder = tmp_path / "projects" / "-home-me"
    folder.mkdir(parents=True)
    (tmp_path / "sessions").mkdir()
    stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    message = {"role": "user", "content": "hello"}
    line = {"type": "user", "uuid": "u-1", "parentUuid": None, "timestamp": stamp, "message": message}
    (folder / f"{SESSION}.jsonl").write_text(json.dumps(line) + "\n", encoding="utf-8")
    return claude_code.at(folder)


def say(store: Store, pid: int, **more: object) -> None:
    path = store.path.parent.parent / "sessions" / f"{pid}.json"
    path.write_text(json.dumps({"pid": pid, "sessionId": SESSION, **more}), encoding="utf-8")


def state(store: Store) -> tuple[State, str | None]:
    (turn,) = claude_code.turns(store, SESSION)
    return turn.state, turn.reason


def started(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text("ascii", "replace").rpartition(")")[2].split()[19]


def test_a_process_that_waits_says_what_for(store: Store) -> None:
    assert state(store) == (State.WORKING, None)
    say(store, os.getpid(), status="busy")
    assert state(store) == (State.WORKING, None)
    say(store, os.getpid(), status="waiting", waitingFor="permission prompt")
    assert state(store) == (State.NEEDS_INPUT, "permission prompt")
    say(store, os.getpid(), status="idle", updatedAt=1)
    assert state(store)[0] is State.UNKNOWN


def test_a_turn_that_runs_is_busy_however_long_it_writes_nothing(store: Store) -> None:
    transcript = store.path / f"{SESSION}.jsonl"
    os.utime(transcript, (1_700_000_000, 1_700_000_000))
    assert state(store)[0] is State.UNKNOWN
    say(store, os.getpid(), status="busy")
    assert state(store) == (State.WORKING, None)


def test_a_process_that_died_is_not_busy_although_its_file_says_so(store: Store) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        say(store, process.pid, status="busy")
        assert state(store) == (State.WORKING, None)
        process.kill()
    assert state(store) == (State.INTERRUPTED, "the process that ran it is gone")


@pytest.mark.skipif(sys.platform != "linux", reason="start times are those of /proc")
def test_another_process_of_the_same_number_is_another(store: Store) -> None:
    own = started(os.getpid())
    say(store, os.getpid(), status="busy", procStart=own)
    assert state(store) == (State.WORKING, None)
    say(store, os.getpid(), status="busy", procStart=str(int(own) - 1))
    assert state(store)[0] is State.INTERRUPTED
    assert runs(os.getpid(), own) is True
    assert [runs(pid) for pid in ("1", 0, -1, None, True)] == [None] * 5


def test_what_runs_elsewhere_is_neither_alive_nor_dead(store: Store) -> None:
    say(store, 4_999_999, status="busy", pidDomain="linux:0:pid:[1]")
    assert state(store) == (State.WORKING, None)


def test_the_watch_covers_transcripts_and_processes(store: Store) -> None:
    assert {store.path, store.path.parent.parent / "sessions"} <= set(claude_code.watch_paths(store))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Claude AI usage limit reached|1795270000", 1_795_270_000_000),
        ("You've hit your limit · resets 3pm (Europe/Zurich)", NOON + 2 * 3_600_000),
        ("Your limit resets at 11:30am", NOON + 23 * 3_600_000 + 1_800_000),
        ("resets 12pm (UTC)", NOON + 24 * 3_600_000),
        ("resets 3pm (Nowhere/Nothing)", None),
        ("resets soon", None),
    ],
)
def test_a_limit_says_when_it_ends(text: str, expected: int | None) -> None:
    assert resets(text, NOON) == expected
