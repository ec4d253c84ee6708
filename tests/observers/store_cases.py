"""The files of a case where a product would have them: copied, and databases made of the SQL that stands for them.

`X.sql` is played into the database `X`, step after step into the same one. Its connection stays open, as a running
product's does, so that a log (WAL) stays where it is.
"""

import json
import os
import shutil
import sqlite3
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import zstandard


def open_to_others(place: Path) -> None:
    """Let another user reach a place in pytest's folders: the run's, the worker's and the test's are private."""
    for folder in place.resolve().parents:
        if folder.stat().st_uid == os.geteuid() and folder.name.startswith(("pytest-", "popen-", "test_")):
            folder.chmod(0o755)


class Stage:
    """A directory in which the steps of one case are played."""

    def __init__(self, here: Path) -> None:
        self.here = here
        self._played: set[Path] = set()
        self._connections: dict[Path, sqlite3.Connection] = {}

    def play(self, tree: Path) -> None:
        """One step: its files over those that are there, and each of its scripts once."""
        shutil.copytree(tree, self.here, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.sql"))
        for script in sorted(tree.rglob("*.sql")):
            if script not in self._played:
                self._played.add(script)
                database = self.here / script.relative_to(tree).with_suffix("")
                self._connected(database).executescript(script.read_text(encoding="utf-8"))

    @property
    def databases(self) -> Mapping[Path, sqlite3.Connection]:
        """Those that were played, with the writer's connection, which commits each statement."""
        return self._connections

    def close(self) -> None:
        for connection in self._connections.values():
            # A test may have cut the file off under it.
            with suppress(sqlite3.Error):
                connection.close()

    def _connected(self, database: Path) -> sqlite3.Connection:
        if database not in self._connections:
            connection = sqlite3.connect(database, isolation_level=None, check_same_thread=False)
            connection.create_function("zstd", 1, _zstd, deterministic=True)
            connection.create_function("protobuf", 1, _protobuf, deterministic=True)
            self._connections[database] = connection
        return self._connections[database]


def _zstd(text: str) -> bytes:
    return zstandard.ZstdCompressor().compress(text.encode("utf-8"))


def _protobuf(text: str) -> bytes:
    """A message from JSON: `{"19": {"2": "text"}, "4": 3}`, with field numbers for names."""
    return _message(json.loads(text))


def _message(fields: Mapping[str, object]) -> bytes:
    return b"".join(_field(int(number), value) for number, value in fields.items())


def _field(number: int, value: object) -> bytes:
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    data = _message(value) if isinstance(value, dict) else str(value).encode("utf-8")
    return _varint(number << 3 | 2) + _varint(len(data)) + data


def _varint(value: int) -> bytes:
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*found, value])
