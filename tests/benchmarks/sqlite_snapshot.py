"""An incremental poll of a gigabyte of SQLite against sqlite3 with mode=ro, and what a reader costs the writer.

The ways to read take turns on the same store beside the same writer; the writer is timed with nothing attached, with
our reader and with mode=ro in turn, so that a noisy moment hits all alike.
"""

import json
import resource
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from observers.sqlite_snapshot import Database, QueryAnswer, Snapshot

ROWS = 100_000
POLLS = 300
BAR_POLL_MS = 2.0
# Twice the cache, which holds up to 8 MB of pages.
BAR_GROWTH_MB = 16.0
BAR_WRITER = 0.9
ROUNDS = 12
SECONDS = 0.5
POLLS_A_SECOND = 20
PREFIX = "bubbleId:000500:"
KEY = "composerData:000500"
STEP = 4_000

WRITER = """
import os, sqlite3, sys, time
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("PRAGMA journal_mode=wal")
connection.execute("PRAGMA synchronous=normal")
pause = float(sys.argv[2])
print("ready", flush=True)
sys.stdin.readline()
number, end = 0, time.monotonic() + float(sys.argv[3])
while time.monotonic() < end:
    number += 1
    connection.execute("BEGIN")
    connection.execute("INSERT INTO store VALUES('composerData:000500', ?)", (b"%d" % number,))
    connection.execute("INSERT INTO store VALUES(?, ?)", (f"bubbleId:000500:{number % 100:03}", os.urandom(3000)))
    connection.execute("COMMIT")
    if pause:
        time.sleep(pause)
print(number, flush=True)
"""


def make_store(store: Path) -> None:
    with closing(sqlite3.connect(store, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=off")
        connection.execute("PRAGMA synchronous=off")
        connection.execute("CREATE TABLE store(key TEXT UNIQUE ON CONFLICT REPLACE, value BLOB)")
        connection.execute("BEGIN")
        connection.execute(
            "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ? - 1) "
            "INSERT INTO store SELECT printf('bubbleId:%06d:%03d', i / 100, i % 100), zeroblob(10600) FROM n",
            (ROWS,),
        )
        connection.execute("INSERT INTO store VALUES(?, '0')", (KEY,))
        connection.execute("COMMIT")
        connection.execute("PRAGMA journal_mode=wal")


@contextmanager
def writing(store: Path, pause: float, seconds: float) -> Iterator[subprocess.Popen[str]]:
    """A writer that has begun; what it prints at its end is the number of its commits."""
    command = [sys.executable, "-c", WRITER, str(store), str(pause), str(seconds)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None and process.stdout is not None
        try:
            assert process.stdout.readline() == "ready\n"
            process.stdin.write("\n")
            process.stdin.flush()
            yield process
        finally:
            process.kill()


def query(snapshot: Snapshot) -> tuple[object, int]:
    """One value, and the keys of one chat."""
    table = snapshot.table("store")
    row = table.get({"key": KEY})
    return row and row["value"], sum(1 for _ in table.starting_with("key", PREFIX, ["key"]))


def query_read_only(store: Path) -> tuple[object, int]:
    """The same by mode=ro, opened for each poll: kept open it would keep the writer from cleaning up."""
    with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as connection:
        (value,) = connection.execute("SELECT value FROM store WHERE key = ?", (KEY,)).fetchone()
        sql = "SELECT count(*) FROM store WHERE key >= ? AND key < ?"
        (count,) = connection.execute(sql, (PREFIX, PREFIX[:-1] + ";")).fetchone()
    return value, count


class Poller:
    """Our reader, polling."""

    def __init__(self, store: Path) -> None:
        self._database = Database(store)
        self.reading: QueryAnswer[tuple[object, int]] | None = None

    def __call__(self) -> object:
        self.reading = self._database.poll(query, self.reading, timeout=20)
        return self.reading.value


def latencies(store: Path) -> dict[str, list[float]]:
    """Milliseconds a poll, for each way, beside twenty commits a second; ours apart by whether there was news."""
    incremental = Poller(store)
    others: dict[str, Callable[[], object]] = {
        "cold": lambda: Database(store).read(query, timeout=20),
        "mode=ro": lambda: query_read_only(store),
    }
    taken: dict[str, list[float]] = {way: [] for way in ("news", "no news", *others)}
    with writing(store, 0.05, 600):
        while len(taken["news"]) < POLLS:
            last = incremental.reading
            milliseconds = timed(incremental)
            taken["no news" if incremental.reading is last else "news"].append(milliseconds)
            for way, poll in others.items():
                taken[way].append(timed(poll))
            time.sleep(0.01)
    return taken


def timed(act: Callable[[], object]) -> float:
    begun = time.perf_counter()
    act()
    return (time.perf_counter() - begun) * 1000


def resident() -> int:
    return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * resource.getpagesize()


def scan(snapshot: Snapshot, first: int) -> int:
    return sum(1 for _ in snapshot.table("store").rows(["key"], first=first, last=first + STEP - 1))


def memory(store: Path) -> None:
    """Print by how many bytes a process grows over many polls and a scan of everything; run in a process of its own."""
    database = Database(store)
    database.read(query, timeout=20)
    before = resident()
    for first in range(1, ROWS, STEP):
        database.read(partial(scan, first=first), timeout=20)
    for _ in range(4 * POLLS):
        database.read(query, timeout=20)
    print(json.dumps(resident() - before))


def growth(store: Path) -> float:
    with writing(store, 0.01, 600):
        command = [sys.executable, "-m", __spec__.name, str(store)]
        done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2])
    return float(json.loads(done.stdout)) / (1 << 20)


def commits(store: Path, poll: Callable[[], object] | None) -> int:
    """What the writer manages, as fast as it can, while `poll` runs so many times a second."""
    with writing(store, 0, SECONDS) as process:
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            if poll is not None:
                poll()
            time.sleep(1 / POLLS_A_SECOND)
        assert process.stdout is not None
        return int(process.stdout.readline())


def throughput(store: Path) -> dict[str, float]:
    """Commits a second, the median of some rounds in turn."""
    ways: dict[str, Callable[[], object] | None] = {
        "nothing": None,
        "ours": Poller(store),
        "mode=ro": lambda: query_read_only(store),
    }
    found: dict[str, list[int]] = {way: [] for way in ways}
    for _ in range(ROUNDS):
        for way, poll in ways.items():
            found[way].append(commits(store, poll))
    return {way: statistics.median(counts) / SECONDS for way, counts in found.items()}


def poll_rows(taken: dict[str, list[float]], size: str) -> Iterator[dict[str, Any]]:
    cuts = {way: statistics.quantiles(times, n=100) for way, times in taken.items()}
    p50 = {way: round(cut[49], 3) for way, cut in cuts.items()}
    read_only = f"p50 {p50['mode=ro']} ms, p99 {cuts['mode=ro'][98]:.3f} ms"
    names = {"news": "incremental poll, with news", "no news": "incremental poll, without", "cold": "first poll"}
    for way, bar in (("news", BAR_POLL_MS), ("no news", BAR_POLL_MS), ("cold", None)):
        yield {
            "measure": f"{names[way]}, of a {size} SQLite store, p50",
            "value": p50[way],
            "unit": "ms",
            "p99": round(cuts[way][98], 3),
            "against": f"mode=ro, opened for each poll: {read_only}",
            "ratio": round(p50[way] / p50["mode=ro"], 2),
            "bar": bar or "",
            "met": bar is None or p50[way] <= bar,
        }


def writer_rows(speed: dict[str, float]) -> Iterator[dict[str, Any]]:
    for way, bar in (("ours", BAR_WRITER), ("mode=ro", None)):
        ratio = speed[way] / speed["nothing"]
        yield {
            "measure": f"commits of a writer with {way} polling {POLLS_A_SECOND} times a second",
            "value": round(speed[way]),
            "unit": "1/s",
            "against": f"nothing attached: {round(speed['nothing'])}/s",
            "ratio": round(ratio, 2),
            "bar": bar or "",
            "met": bar is None or ratio >= bar,
        }


def rows() -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "state.vscdb"
        make_store(store)
        size = f"{store.stat().st_size / (1 << 30):.1f} GB"
        taken, grown, speed = latencies(store), growth(store), throughput(store)
    memory_row = {
        "measure": f"growth of a reader of {size}, every row and {4 * POLLS} polls",
        "value": round(grown, 1),
        "unit": "MB",
        "bar": BAR_GROWTH_MB,
        "met": grown <= BAR_GROWTH_MB,
    }
    return [*poll_rows(taken, size), memory_row, *writer_rows(speed)]


if __name__ == "__main__":
    memory(Path(sys.argv[1]))
