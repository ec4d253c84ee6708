"""Append to the ledger against a bare SQLite insert with the same promise, in the same run; and what reading takes.

The two take turns on the same disk, so that a noisy moment hits them alike.
"""

import argparse
import json
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from bridge.ledger.store import Ledger
from bridge.ledger.verdict import verify

BAR = 3.0
ROUNDS = 30
APPENDS = 50
WARM_UP = 100
ROWS_TO_READ = 20_000
BODY: dict[str, object] = {"kind": "submitted", "grade": "host", "source": "plugin", "text_sha": "0" * 64, "n": 1}
PROMPT = "refactor the parser and run the tests " * 40


def bare(path: Path) -> sqlite3.Connection:
    """One table, WAL, every commit flushed."""
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL"):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute("CREATE TABLE rows (seq INTEGER PRIMARY KEY, at_ms INTEGER, body TEXT)")
    return connection


def timed(count: int, act: Callable[[int], object]) -> list[float]:
    """Milliseconds of each call."""
    taken = []
    for number in range(count):
        begun = time.perf_counter()
        act(number)
        taken.append((time.perf_counter() - begun) * 1000)
    return taken


def percentiles(taken: list[float]) -> dict[str, float]:
    cuts = statistics.quantiles(taken, n=100)
    return {"p50_ms": round(cuts[49], 3), "p99_ms": round(cuts[98], 3)}


def appends(root: Path) -> dict[str, list[float]]:
    ledger = Ledger.open(root / "ledger")
    acts: dict[str, Callable[[int], object]] = {}
    with closing(ledger), closing(bare(root / "bare")) as database:
        text = json.dumps(BODY)
        acts["bare insert, flushed"] = lambda _: database.execute("INSERT INTO rows VALUES (NULL, 1, ?)", (text,))
        acts["append"] = lambda n: ledger.append("fact", BODY, at_ms=n, drive_id=f"d{n}")
        acts["append, new blob"] = lambda n: ledger.append("accepted", {"text": f"{ledger.seq}{PROMPT}"}, at_ms=n)
        for act in acts.values():
            timed(WARM_UP, act)
        taken: dict[str, list[float]] = {name: [] for name in acts}
        for _ in range(ROUNDS):
            for name, act in acts.items():
                taken[name] += timed(APPENDS, act)
    return taken


def reading(root: Path) -> dict[str, float]:
    """Milliseconds for a ledger of ROWS_TO_READ rows: as the daemon's start, as `verify`, and the last 50 rows."""
    ledger = Ledger.open(root / "many")
    # How the rows came there is not measured.
    ledger._database.connection.execute("PRAGMA synchronous=OFF")
    for number in range(ROWS_TO_READ):
        ledger.append("fact", BODY, at_ms=number, drive_id=f"d{number // 5}")
    ledger.close()
    verdicts = []
    ledger = Ledger.open(root / "many")
    measures = {
        "all drive rows": timed(3, lambda _: sum(1 for _ in ledger.drive_rows())),
        "rows of one drive": timed(3, lambda _: ledger.rows(drive_id="d7")),
        "last 50 rows": timed(3, lambda _: ledger.rows()),
        "verify": timed(3, lambda _: verdicts.append(verify(root / "many"))),
    }
    ledger.close()
    assert all(verdict.verdict == "intact" and verdict.rows > ROWS_TO_READ for verdict in verdicts)
    return {name: round(min(taken), 2) for name, taken in measures.items()}


def rows() -> list[dict[str, object]]:
    """See run.py."""
    with tempfile.TemporaryDirectory() as root:
        taken = {name: percentiles(each) for name, each in appends(Path(root)).items()}
    bare, append = taken["bare insert, flushed"]["p50_ms"], taken["append"]["p50_ms"]
    return [
        {
            "measure": "ledger append, row and tip flushed, p50",
            "value": append,
            "unit": "ms",
            "against": "bare flushed insert",
            "ratio": round(append / bare, 2),
            "bar": f"<= {BAR} x",
            "met": append / bare <= BAR,
        }
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--directory", type=Path, help="on the disk to measure (the one for temporary files)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.directory) as root:
        taken = {name: percentiles(each) for name, each in appends(Path(root)).items()}
        read = reading(Path(root))
    ratio = round(taken["append"]["p50_ms"] / taken["bare insert, flushed"]["p50_ms"], 2)
    met = ratio <= BAR
    if arguments.json:
        result = {"measure": "ledger", "bar": BAR, "met": met, "ratio": ratio, "append": taken, "read_ms": read}
        print(json.dumps(result))
        return int(not met)
    for name, each in taken.items():
        print(f"{name:<24} p50 {each['p50_ms']:8.3f} ms   p99 {each['p99_ms']:8.3f} ms")
    for name, milliseconds in read.items():
        print(f"{name:<24}     {milliseconds:8.2f} ms   of {ROWS_TO_READ} rows")
    print(f"bar: append at most {BAR} x bare insert: {ratio}, {'met' if met else 'MISSED'}")
    return int(not met)


if __name__ == "__main__":
    sys.exit(main())
