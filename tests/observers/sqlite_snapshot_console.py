"""A second process that does to a store what it is told, started as a script by the tests.

Each line on stdin is SQL, `!store PATH`, `!open [SQL]` or `!close`; each is answered by `ok` once it is done.
"""

from __future__ import annotations

import sqlite3
import sys


def main() -> None:
    connection: sqlite3.Connection | None = None
    store = ""
    for line in sys.stdin:
        order = line.strip()
        if order.startswith("!store "):
            store = order.removeprefix("!store ")
        elif order.startswith("!open"):
            connection = sqlite3.connect(store, isolation_level=None)
            connection.execute(order.removeprefix("!open")).fetchall()
        elif connection is not None and order == "!close":
            connection.close()
        elif connection is not None:
            connection.execute(order).fetchall()
        print("ok", flush=True)


if __name__ == "__main__":
    main()
