"""A gigabyte of Cursor's composers through their adapter: the first look, an anchor, and a poll with a new prompt.

Beside a product that writes twenty times a second; against sqlite3 with mode=ro that reads the same composer's keys and
values and understands nothing of them.
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
from typing import Any, TypeVar

from observers import cursor
from observers.base import Cursor, ObserverError, Store

T = TypeVar("T")

COMPOSERS = 10_000
BUBBLES = 10
BUBBLE_BYTES = 10_000
LIVE_BUBBLES = 60
POLLS = 40
WARM_UP = 8
TRIES = 5
# A day and a half: they rest.
REST_MS = 36 * 3600 * 1000
BAR_FIRST_S = 2.0
BAR_POLL_MS = 50.0
BAR_GROWTH_MB = 64.0
LIVE = "composer-live"

WRITER = """
import json, sqlite3, sys, time
from tests.benchmarks.cursor_store import LIVE, Product
product = Product(sys.argv[1])
print("ready", flush=True)
number = 0
while True:
    number += 1
    product.prompt(number)
    time.sleep(0.05)
"""


class Product:
    """What writes the store, as Cursor is reported to."""

    def __init__(self, path: Path | str) -> None:
        self.connection = sqlite3.connect(path, isolation_level=None, timeout=30)
        self.connection.execute("PRAGMA synchronous=normal")

    def put(self, key: str, value: object) -> None:
        self.connection.execute("INSERT INTO cursorDiskKV VALUES (?, ?)", (key, json.dumps(value)))

    def prompt(self, number: int) -> None:
        """One more prompt in the live composer, which keeps its newest bubbles."""
        now = time.time_ns() // 1_000_000
        kept = [f"live-{at}" for at in range(max(1, number - LIVE_BUBBLES), number + 1)]
        self.connection.execute("BEGIN IMMEDIATE")
        self.put(f"bubbleId:{LIVE}:live-{number}", bubble(1, f"prompt {number}", now, 200))
        self.put(f"composerData:{LIVE}", composer(kept, now, "generating"))
        self.head(LIVE, now)
        self.connection.execute("COMMIT")

    def head(self, identity: str, at_ms: int) -> None:
        value = json.dumps({"composerId": identity, "name": "x" * 600, "lastUpdatedAt": at_ms})
        row = (identity, None, at_ms, at_ms, 0, 0, at_ms, at_ms, value)
        self.connection.execute("INSERT OR REPLACE INTO composerHeaders VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)


def bubble(kind: int, text: str, at_ms: int, size: int) -> dict[str, object]:
    moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at_ms / 1000))
    created = f"{moment}.{at_ms % 1000:03}Z"
    return {"type": kind, "text": text, "createdAt": created, "context": "x" * size}


def composer(bubbles: list[str], at_ms: int, status: str) -> dict[str, object]:
    headers = [{"bubbleId": one, "type": 1 if one.startswith("live") or one == "0" else 2} for one in bubbles]
    return {"status": status, "lastUpdatedAt": at_ms, "fullConversationHeadersOnly": headers}


def make_store(path: Path) -> None:
    product = Product(path)
    with closing(product.connection) as connection:
        connection.executescript(
            "PRAGMA journal_mode=off; PRAGMA synchronous=off;"
            "CREATE TABLE cursorDiskKV (key TEXT UNIQUE ON CONFLICT REPLACE, value BLOB);"
            "CREATE TABLE composerHeaders (composerId TEXT PRIMARY KEY, workspaceId TEXT, createdAt INTEGER,"
            " lastUpdatedAt INTEGER, isArchived INTEGER, isSubagent INTEGER, recency INTEGER, checkpointAt INTEGER,"
            " value TEXT);"
            "CREATE INDEX recent ON composerHeaders (recency, composerId); BEGIN;"
        )
        now = time.time_ns() // 1_000_000 - REST_MS
        for number in range(COMPOSERS):
            identity, at_ms = f"composer-{number:05}", now - number * 1000
            product.head(identity, at_ms)
            product.put(f"composerData:{identity}", composer([str(at) for at in range(BUBBLES)], at_ms, "completed"))
            for at in range(BUBBLES):
                kind = 1 if at == 0 else 2
                product.put(f"bubbleId:{identity}:{at}", bubble(kind, f"{identity} {at}", at_ms, BUBBLE_BYTES))
        connection.execute("COMMIT")
        connection.execute("PRAGMA journal_mode=wal")
        product.prompt(0)


@contextmanager
def writing(path: Path) -> Iterator[None]:
    command = [sys.executable, "-c", WRITER, str(path)]
    root = Path(__file__).parents[2]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == "ready\n"
            yield
        finally:
            process.kill()


def timed(act: Callable[[], object]) -> float:
    """Milliseconds."""
    begun = time.perf_counter()
    act()
    return (time.perf_counter() - begun) * 1000


def read_only(path: Path) -> int:
    """The live composer's rows, and the list of composers, by mode=ro."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        low, high = f"bubbleId:{LIVE}:", f"bubbleId:{LIVE};"
        sql = "SELECT key, value FROM cursorDiskKV WHERE key >= ? AND key < ?"
        rows = connection.execute(sql, (low, high)).fetchall()
        listed = connection.execute("SELECT composerId, lastUpdatedAt FROM composerHeaders").fetchall()
        return len(rows) + len(listed)


def held(ask: Callable[[], T]) -> T:
    """The answer, asked again while the store is being written to: that is part of what it costs."""
    for _ in range(TRIES):
        try:
            return ask()
        except ObserverError as problem:
            if not problem.transient:
                raise
    return ask()


def polls(store: Store, wanted: int) -> tuple[dict[str, list[float]], int]:
    """Milliseconds of each poll beside the writer, of mode=ro after it, and the prompts that came."""
    anchor: Cursor = held(lambda: cursor.cursor(store))
    taken: dict[str, list[float]] = {"news": [], "mode=ro": []}
    prompts = 0
    while len(taken["news"]) < wanted:
        begun = time.perf_counter()
        delta = held(partial(cursor.since, store, anchor))
        taken["news"].append((time.perf_counter() - begun) * 1000)
        prompts += len(delta.prompts)
        anchor = delta.cursor
        taken["mode=ro"].append(timed(lambda: read_only(store.path)))
        time.sleep(0.06)
    return taken, prompts


def resident_mb() -> float:
    return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * resource.getpagesize() / (1 << 20)


def measured(path: Path) -> dict[str, Any]:
    """All of it, in a process that has done nothing else."""
    store = cursor.at(path)
    listing = timed(lambda: cursor.sessions(store))
    first_anchor = timed(lambda: cursor.cursor(store))
    found = len(cursor.sessions(store))
    with writing(path):
        polls(store, WARM_UP)
        before = resident_mb()
        taken, prompts = polls(store, POLLS)
        grown = resident_mb() - before
    anchor = held(lambda: cursor.cursor(store))
    # What ended a moment ago is looked at again until it has settled.
    time.sleep(cursor.SETTLE_MS / 1000)
    quiet = [timed(lambda: cursor.since(store, anchor)) for _ in range(POLLS)]
    scan = {"listing": listing, "anchor": first_anchor, "found": found}
    return {**scan, "grown": grown, "prompts": prompts, "no news": quiet, **taken}


def rows() -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "User" / "globalStorage" / "state.vscdb"
        path.parent.mkdir(parents=True)
        make_store(path)
        size = f"{path.stat().st_size / (1 << 30):.1f} GB"
        command = [sys.executable, "-m", __spec__.name, str(path)]
        done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2])
    return list(_rows(json.loads(done.stdout), size))


def _rows(found: dict[str, Any], size: str) -> Iterator[dict[str, Any]]:
    scan = (found["listing"] + found["anchor"]) / 1000
    yield {
        "measure": f"first list and anchor of {found['found']} composers, {size}",
        "value": round(scan, 2),
        "unit": "s",
        "bar": BAR_FIRST_S,
        "met": scan <= BAR_FIRST_S and found["found"] > COMPOSERS,
    }
    plain = statistics.median(found["mode=ro"])
    for way, name in (("news", "with a new prompt"), ("no news", "without")):
        cuts = statistics.quantiles(found[way], n=100)
        yield {
            "measure": f"poll of {found['found']} composers, {size}, {name}, p50",
            "value": round(cuts[49], 2),
            "unit": "ms",
            "p99": round(cuts[98], 2),
            "against": f"mode=ro, the same rows unread: p50 {plain:.2f} ms",
            "ratio": round(cuts[49] / plain, 2),
            "bar": BAR_POLL_MS,
            "met": cuts[49] <= BAR_POLL_MS and found["prompts"] >= POLLS,
        }
    yield {
        "measure": f"growth of the reader over {POLLS} polls with news",
        "value": round(found["grown"], 1),
        "unit": "MB",
        "bar": BAR_GROWTH_MB,
        "met": found["grown"] <= BAR_GROWTH_MB,
    }


if __name__ == "__main__":
    print(json.dumps(measured(Path(sys.argv[1]))))
