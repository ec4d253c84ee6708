"""A store far larger than what is kept of it, written all the while: memory stays where it was."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.sampling import count

HERE = Path(__file__).parent
# More than a gigabyte, and in a sample still ten times the cache. Each row has one b-tree page of 4 kB, and overflow.
ROWS = count(8_000, 100_000)
VALUE_BYTES = 10_600
POLLS = count(300, 1_500)


def make_large(store: Path) -> None:
    """Values of ten kilobytes; nothing is synced, it need not outlive the test."""
    with closing(sqlite3.connect(store, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=off")
        connection.execute("PRAGMA synchronous=off")
        connection.execute("CREATE TABLE large(key TEXT UNIQUE ON CONFLICT REPLACE, value BLOB)")
        connection.execute("BEGIN")
        connection.execute(
            "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ? - 1) "
            "INSERT INTO large SELECT printf('bubbleId:%06d:%03d', i / 100, i % 100), zeroblob(?) FROM n",
            (ROWS, VALUE_BYTES),
        )
        connection.execute("COMMIT")


@pytest.mark.sampled
def test_memory_stays_flat_on_a_large_store(tmp_path: Path) -> None:
    store = tmp_path / "state.db"
    make_large(store)
    assert store.stat().st_size > ROWS * VALUE_BYTES
    progress = tmp_path / "progress"
    progress.write_bytes(bytes(10))
    options = ["--journal_mode", "wal", "--synchronous", "off", "--rate", "200"]
    command = [sys.executable, "-P", str(HERE / "sqlite_snapshot_writer.py"), str(store), str(progress), *options]
    with subprocess.Popen(command) as writer:
        try:
            limit = time.monotonic() + 120
            while not any(progress.read_bytes()):
                assert time.monotonic() < limit, "the writer never committed"
                time.sleep(0.01)
            poller = [sys.executable, "-P", str(HERE / "sqlite_snapshot_poller.py"), str(store), str(progress)]
            poller += [str(ROWS), str(POLLS)]
            environment = {**os.environ, "PYTHONPATH": str(HERE.parents[1])}
            done = subprocess.run(poller, env=environment, capture_output=True, text=True, timeout=400, check=True)
            assert writer.wait(60) == 0
        finally:
            writer.kill()
    found = json.loads(done.stdout)
    assert (found["scanned"], found["scanned_at_rest"]) == (ROWS, ROWS)
    assert found["changes"] > 50
    # The cache holds 8 MB of pages, whatever the size of the store; all b-tree pages would be 32 MB in a sample.
    assert found["peak"] - found["before"] < 20_000, found
    assert found["after"] - found["warm"] < 4_000, found
    store.unlink()
