"""A program that keeps writing to a store, started as a script by the tests. Each transaction changes every table.

After commit n it puts n into the progress file (8 bytes, native order); it ends when the byte after that is set, and
the one after that says how often its rate is halved.
With --nursery it writes in children: a line on stdin starts one and is answered by its pid, the next line waits for
its end.
"""

from __future__ import annotations

import argparse
import hashlib
import mmap
import os
import sqlite3
import struct
import sys
import time
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path

KEPT = 150
SETTINGS = (
    "page_size",
    "encoding",
    "auto_vacuum",
    "locking_mode",
    "journal_mode",
    "synchronous",
    "cache_size",
    "wal_autocheckpoint",
)


def connect(options: argparse.Namespace) -> sqlite3.Connection:
    connection = sqlite3.connect(options.store, isolation_level=None, timeout=10)
    for name in SETTINGS:
        setting = getattr(options, name)
        if setting is not None:
            connection.execute(f"PRAGMA {name}={setting}").fetchall()
    connection.execute("CREATE TABLE IF NOT EXISTS pair(key TEXT UNIQUE ON CONFLICT REPLACE, value BLOB)")
    connection.execute("CREATE TABLE IF NOT EXISTS other(name TEXT PRIMARY KEY, n INTEGER) WITHOUT ROWID")
    connection.execute("CREATE TABLE IF NOT EXISTS log(id INTEGER PRIMARY KEY, digest TEXT, body BLOB)")
    return connection


def write(connection: sqlite3.Connection, number: int, largest: int) -> None:
    size = (60, 200, 900, largest // 4, largest)[number * number % 7 % 5]
    body = os.urandom(size)
    digest = hashlib.md5(body, usedforsecurity=False).hexdigest()
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("INSERT INTO pair VALUES('counter', ?)", (number,))
    connection.execute("INSERT INTO pair VALUES(?, ?)", (f"body:{number % KEPT:05}", digest.encode() + body))
    connection.execute("INSERT OR REPLACE INTO other VALUES('counter', ?)", (number,))
    connection.execute("INSERT INTO log VALUES(?, ?, ?)", (number, digest, body))
    connection.execute("DELETE FROM log WHERE id <= ?", (number - KEPT,))
    connection.execute("COMMIT")


def upheavals(options: argparse.Namespace) -> Iterator[str]:
    wal = ("PRAGMA wal_checkpoint(PASSIVE)", "PRAGMA wal_checkpoint(RESTART)", "PRAGMA wal_checkpoint(TRUNCATE)")
    index = ("CREATE INDEX IF NOT EXISTS log_digest ON log(digest)", "DROP INDEX IF EXISTS log_digest")
    always = ("VACUUM", index[0], "reopen", "abandon", index[1])
    return cycle((*wal, *always, *wal) if options.journal_mode == "wal" else always)


def abandon(connection: sqlite3.Connection) -> None:
    """A large transaction that spills into the files and is then rolled back."""
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("UPDATE pair SET value = zeroblob(30000) WHERE key LIKE 'body:%'")
    connection.execute("UPDATE other SET n = -1")
    connection.execute("ROLLBACK")


def disturb(connection: sqlite3.Connection, what: str, options: argparse.Namespace) -> sqlite3.Connection:
    if what == "reopen":
        connection.close()
        return connect(options)
    if what == "abandon":
        abandon(connection)
    else:
        connection.execute(what).fetchall()
    return connection


def run(options: argparse.Namespace, progress: mmap.mmap) -> None:
    connection = connect(options)
    disturbing = upheavals(options)
    (done,) = connection.execute("SELECT coalesce(max(id), 0) FROM log").fetchone()
    due = time.monotonic()
    while not progress[8]:
        done += 1
        write(connection, done, options.largest)
        progress[:8] = struct.pack("=Q", done)
        if options.upheaval and done % options.upheaval == 0:
            connection = disturb(connection, next(disturbing), options)
        if options.rate:
            due = max(due + 2 ** progress[9] / options.rate, time.monotonic())
            time.sleep(max(0.0, due - time.monotonic()))
    connection.close()


def nurse(options: argparse.Namespace, progress: mmap.mmap) -> None:
    for _ in sys.stdin:
        child = os.fork()
        if not child:
            try:
                run(options, progress)
            finally:
                os._exit(1)
        print(child, flush=True)
        sys.stdin.readline()
        os.waitpid(child, 0)
        print("gone", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("store")
    parser.add_argument("progress")
    for name in SETTINGS:
        parser.add_argument(f"--{name}")
    parser.add_argument("--rate", type=float, help="commits a second; without it as many as possible")
    parser.add_argument("--upheaval", type=int, help="commits between two upheavals")
    parser.add_argument("--largest", type=int, default=12_000)
    parser.add_argument("--nursery", action="store_true")
    options = parser.parse_args()
    with Path(options.progress).open("r+b") as file, mmap.mmap(file.fileno(), 10) as progress:
        if options.nursery:
            nurse(options, progress)
        else:
            run(options, progress)


if __name__ == "__main__":
    main()
