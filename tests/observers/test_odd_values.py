"""Every JSON value and every column of every case, each in turn of another type: rows or an ObserverError, no crash.

A product's next version is where such a value would come from.
"""

import json
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from random import Random
from types import NoneType
from typing import Any, TypeVar

from observers.base import ChatSession, Cursor, Observer, ObserverError, Store, Turn
from tests.observers.test_cases import Case

T = TypeVar("T")
ODD: tuple[Any, ...] = (None, True, -1, 1e300, 10**30, "", "odd", "\ud800", "/\0", [], [[]], {}, {"odd": [None]})
ODD_COLUMNS: tuple[Any, ...] = (None, -1, 2**62, 1e300, "", "odd", "[]", '{"odd":[]}', b"", b"\xff\x00odd")
# So many of each file and each database, the same in every run; `KORU_ODD_VALUES` asks for more.
VALUES_MOST = int(os.environ.get("KORU_ODD_VALUES", "60"))


def ask(observer: Observer, store: Store, before: Cursor) -> None:
    """Everything about the store, as often as something can be asked."""
    questions: list[Callable[[], object]] = [
        lambda: typed(observer.since(store, before).new),
        lambda: observer.since(store, observer.cursor(store)),
        lambda: observer.fingerprint(store),
        lambda: observer.health(store),
        lambda: observer.flush_horizon(store),
        lambda: [typed(observer.turns(store, session.id)) for session in listed(observer, store)],
    ]
    for question in questions:
        try:
            question()
        except ObserverError as error:
            assert error.where, "an error says where"


def listed(observer: Observer, store: Store) -> Iterator[ChatSession]:
    for session in observer.sessions(store):
        assert type(session.id) is str
        assert type(session.modified_ms) is int
        assert 0 <= session.modified_ms < 2**53
        assert type(session.workspace) in {str, NoneType}
        yield session


def typed(rows: Sequence[Turn]) -> int:
    """Every value has the type that is promised; what is no name of a file can be encoded."""
    for row in rows:
        assert all(type(text) is str for text in (row.session, row.evidence)), row
        assert all(
            type(text) is str and text.encode() is not None for text in (row.turn, row.text, row.reason or "")
        ), row
        assert all(type(ms) in {int, NoneType} for ms in (row.written_ms, row.resets_ms, row.until_ms)), row
        assert all(0 <= (ms or 0) < 2**53 for ms in (row.written_ms, row.resets_ms, row.until_ms)), row
    return len(rows)


def variants(value: Any) -> Iterator[Any]:
    """The value with one part of it replaced, for every part and every replacement."""
    yield from ODD
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in list(parts):
        for variant in variants(part):
            kept = value[key]
            value[key] = variant
            yield value
            value[key] = kept
        if isinstance(value, dict):
            yield {name: other for name, other in value.items() if name != key}


def sampled(found: Iterable[T]) -> list[T]:
    every = list(found)
    return Random(0).sample(every, min(VALUES_MOST, len(every)))  # noqa: S311 - the same each time


def texts(content: bytes) -> Iterator[bytes]:
    """The file with one value of one of its documents replaced; nothing for what is no JSON."""
    lines = content.splitlines(keepends=True)
    for first, last in [(0, len(lines)), *((number, number + 1) for number in range(len(lines)))]:
        try:
            document = json.loads(b"".join(lines[first:last]))
        except ValueError:
            continue
        for variant in variants(document):
            yield b"".join([*lines[:first], json.dumps(variant).encode() + b"\n", *lines[last:]])
        if first == 0 and last == len(lines):
            return


def test_no_value_of_a_file_crashes_its_observer(case: Case) -> None:
    before = case.observer.cursor(case.bare())
    store = case.lay(len(case.trees))
    for file in case.files():
        content = file.read_bytes()
        for text in sampled(texts(content)):
            file.write_bytes(text)
            ask(case.observer, case.settled(), before)
        file.write_bytes(content)
    ask(case.observer, store, before)


@dataclass(frozen=True)
class Field:
    """One value in a database; `row` is the condition that finds its row, with `key` for its parameters."""

    table: str
    column: str
    row: str
    key: tuple[Any, ...]
    value: Any

    def write(self, connection: sqlite3.Connection, value: Any) -> bool:
        """False where the table itself does not take it."""
        statement = f'UPDATE "{self.table}" SET "{self.column}" = ? WHERE {self.row}'  # noqa: S608
        try:
            connection.execute(statement, (value, *self.key))
        except sqlite3.IntegrityError:
            return False
        return True


def fields(connection: sqlite3.Connection) -> Iterator[Field]:
    """Every value but those of the keys: with another key a row is another row."""
    for (table,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall():
        info = connection.execute(f'PRAGMA table_info("{table}")').fetchall()
        keys = [name for _, name, _, _, _, place in info if place] or ["rowid"]
        row = " AND ".join(f'"{name}" IS ?' for name in keys)
        for name in (name for _, name, _, _, _, place in info if not place):
            listing = f'SELECT "{name}", {", ".join(keys)} FROM "{table}"'  # noqa: S608
            for value, *key in connection.execute(listing).fetchall():
                yield Field(table, name, row, tuple(key), value)


def replacements(value: Any) -> Iterator[Any]:
    yield from ODD_COLUMNS
    try:
        document = json.loads(value) if isinstance(value, str | bytes) else None
    except ValueError:
        return
    for variant in variants(document) if isinstance(document, dict | list) else ():
        text = json.dumps(variant)
        yield text.encode() if isinstance(value, bytes) else text


def test_no_column_crashes_its_observer(case: Case) -> None:
    before = case.observer.cursor(case.bare())
    store = case.lay(len(case.trees))
    for connection in case.stage.databases.values():
        odd = [(field, value) for field in fields(connection) for value in replacements(field.value)]
        for field, value in sampled(odd):
            if field.write(connection, value):
                ask(case.observer, case.settled(), before)
            assert field.write(connection, field.value)
    ask(case.observer, store, before)
