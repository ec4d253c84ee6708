"""Polls a store that is being written, and tells what that cost in memory; started as a script by the tests.

Arguments: the store, the writer's progress file, how many rows its large table has (100 a chat), and how often at
least. Ends the writer after the last poll. Prints JSON: kilobytes of resident memory before the first read, after a
tenth of the polls, after the last, and at most; how many polls brought something new; the rows of one scan of the
table while it was written to, and of one when the writer was gone, in which no checkpoint drops what is kept.
"""

from __future__ import annotations

import json
import sys
import time
from functools import partial
from pathlib import Path

from observers.sqlite_snapshot import Database, QueryAnswer, Snapshot, SnapshotReason, Unreadable

CHANGES = 60  # so many must have been read, however slow the machine makes the writer
# A scan of everything would outlast the writer's checkpoints, and never hold.
STEP = 4_000
SCAN_S = 3.0
PATIENCE_S = 60.0


def kilobytes(line: str) -> int:
    """VmRSS or VmHWM; getrusage would count what the parent held before exec."""
    status = Path("/proc/self/status").read_text("ascii")
    return int(status.partition(f"{line}:")[2].split()[0])


def newest(snapshot: Snapshot, chats: int) -> object:
    """What an observer asks: one key, the keys of one chat, the last rows of a log."""
    counter = snapshot.table("pair").get({"key": "counter"})
    assert counter is not None
    number = counter["value"]
    assert isinstance(number, int)
    key = f"bubbleId:{number % chats:06}:"
    keys = sum(1 for _ in snapshot.table("large").starting_with("key", key, ["key"]))
    assert keys == 100
    bubble = snapshot.table("large").get({"key": f"{key}{number % 100:03}"})
    assert bubble is not None
    assert [row["id"] for row in snapshot.table("log").rows(["id"], first=number)] == [number]
    return number


def count(snapshot: Snapshot, first: int, size: int) -> int:
    return sum(1 for _ in snapshot.table("large").rows(["key"], first=first, last=first + size - 1))


def scan(reader: Database, most: int) -> int:
    """The rows of the large table, in ever smaller parts while the writer's checkpoints leave no time for one."""
    rows, first, step = 0, 1, STEP
    while first <= most:
        size = min(step, most - first + 1)
        try:
            rows += reader.read(partial(count, first=first, size=size), timeout=SCAN_S)
        except Unreadable as refusal:
            if step == 1 or refusal.reason not in {SnapshotReason.BUSY, SnapshotReason.TIMEOUT}:
                raise
            step //= 2
        else:
            first += size
    return rows


def end_writer(store: Path, progress: Path) -> None:
    """The log is gone when its last connection is."""
    with progress.open("r+b") as file:
        file.seek(8)
        file.write(b"\1")
    limit = time.monotonic() + PATIENCE_S
    while store.with_name(f"{store.name}-wal").exists():
        assert time.monotonic() < limit, "the writer did not end"
        time.sleep(0.01)


def main() -> None:
    store, progress = Path(sys.argv[1]), Path(sys.argv[2])
    table_rows, polls = int(sys.argv[3]), int(sys.argv[4])
    reader = Database(store)
    query = partial(newest, chats=table_rows // 100)
    found = {"before": kilobytes("VmRSS")}
    reading: QueryAnswer[object] | None = None
    changes = 0
    number = 0
    while number < polls or changes < CHANGES:
        last, reading = reading, reader.poll(query, reading, timeout=60)
        changes += reading is not last
        if number == polls // 10:
            found["scanned"] = scan(reader, table_rows)
            found["warm"] = kilobytes("VmRSS")
        number += 1
    found["after"] = kilobytes("VmRSS")
    end_writer(store, progress)
    found["scanned_at_rest"] = scan(reader, table_rows)
    found["peak"] = kilobytes("VmHWM")
    found["changes"] = changes
    print(json.dumps(found))


if __name__ == "__main__":
    main()
