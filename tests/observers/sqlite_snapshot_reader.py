"""Reads every row of every table of a store, again and again; started as a script by the tests.

Arguments: how often, the store, and the time limit in seconds. Prints the number of answers, then of refusals.
"""

from __future__ import annotations

import sys

from observers.sqlite_snapshot import Database, Snapshot, Unreadable


def count_rows(snapshot: Snapshot) -> int:
    return sum(1 for name in snapshot.tables for _ in snapshot.table(name).rows())


def main() -> None:
    kept = Database(sys.argv[2])
    answers = refusals = 0
    for number in range(int(sys.argv[1])):
        try:
            (kept if number % 2 else Database(sys.argv[2])).read(count_rows, timeout=float(sys.argv[3]))
            answers += 1
        except Unreadable:
            refusals += 1
    print(answers, refusals)


if __name__ == "__main__":
    main()
