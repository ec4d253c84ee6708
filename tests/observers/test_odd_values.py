"""Every JSON value and every column of every case, each in turn of another type: rows or an ObserverError, no crash.

A product's next version is where such a value would come from.
"""

import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from random import Random
from types import NoneType
from typing import Any, Protocol, TypeVar

import pytest

from observers.base import ChatSession, Cursor, Observer, ObserverError, Store, Turn
from tests.observers.test_cases import Case
from tests.sampling import SEED, each_kind

pytestmark = pytest.mark.sampled

REMOVED = object()
ODD: tuple[Any, ...] = (None, True, -1, 1e300, 10**30, "", "odd", "\ud800", "/\0", [], [[]], {}, {"odd": [None]})
ODD_COLUMNS: tuple[Any, ...] = (None, -1, 2**62, 1e300, "", "odd", "[]", '{"odd":[]}', b"", b"\xff\x00odd")
# How many places of each file, and of each database, get each of these values in a sample.
PLACES_MOST = 1


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


@dataclass(frozen=True)
class Edit:
    """A JSON value with the part at `path` replaced by `odd`, or without it when that is `REMOVED`."""

    path: tuple[str | int, ...]
    odd: Any

    @property
    def kind(self) -> str:
        return "removed" if self.odd is REMOVED else repr(self.odd)

    def of(self, value: Any) -> Any:
        return edited(value, self.path, self.odd)


def edited(value: Any, path: tuple[str | int, ...], odd: Any) -> Any:
    """A copy; what is not on the path is shared with the original."""
    if not path:
        return odd
    step, *rest = path
    changed = value.copy()
    if odd is REMOVED and not rest:
        del changed[step]
    else:
        changed[step] = edited(value[step], tuple(rest), odd)
    return changed


def edits(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[Edit]:
    """Every part of the value with every replacement, and without every member of an object."""
    yield from (Edit(path, odd) for odd in ODD)
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in parts:
        yield from edits(part, (*path, key))
        if isinstance(value, dict):
            yield Edit((*path, key), REMOVED)


class OddPlace(Protocol):
    """One odd value at one place."""

    @property
    def kind(self) -> str: ...


T = TypeVar("T", bound=OddPlace)


def sampled(found: Iterator[T], of: str) -> list[T]:
    """Each odd value in some places, which differ from value to value; every place in `make soak`."""
    every = list(found)
    Random(f"{SEED} {of}").shuffle(every)  # noqa: S311 - the same each time
    return each_kind(every, lambda place: place.kind, PLACES_MOST)


@dataclass(frozen=True)
class LineEdit:
    """An edit of the JSON document that stands in the lines from `first` up to `last`."""

    first: int
    last: int
    document: Any
    edit: Edit

    @property
    def kind(self) -> str:
        return self.edit.kind

    def of(self, lines: list[bytes]) -> bytes:
        changed = json.dumps(self.edit.of(self.document)).encode() + b"\n"
        return b"".join([*lines[: self.first], changed, *lines[self.last :]])


def line_edits(lines: list[bytes]) -> Iterator[LineEdit]:
    """Of the one document that the file is, else of each line that is one; nothing for what is no JSON."""
    for first, last in [(0, len(lines)), *((number, number + 1) for number in range(len(lines)))]:
        try:
            document = json.loads(b"".join(lines[first:last]))
        except ValueError:
            continue
        yield from (LineEdit(first, last, document, edit) for edit in edits(document))
        if first == 0 and last == len(lines):
            return


def test_no_value_of_a_file_crashes_its_observer(case: Case) -> None:
    before = case.observer.cursor(case.bare())
    store = case.lay(len(case.trees))
    for file in case.files():
        content = file.read_bytes()
        lines = content.splitlines(keepends=True)
        for edit in sampled(line_edits(lines), str(file.relative_to(case.here))):
            file.write_bytes(edit.of(lines))
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


@dataclass(frozen=True)
class FieldEdit:
    """An edit of the whole value, or of the JSON that the value is."""

    field: Field
    edit: Edit
    json: bool

    @property
    def kind(self) -> str:
        return f"{'JSON' if self.json else 'column'} {self.edit.kind}"

    @property
    def value(self) -> Any:
        if not self.json:
            return self.edit.odd
        text = json.dumps(self.edit.of(json.loads(self.field.value)))
        return text.encode() if isinstance(self.field.value, bytes) else text


def field_edits(field: Field) -> Iterator[FieldEdit]:
    yield from (FieldEdit(field, Edit((), odd), json=False) for odd in ODD_COLUMNS)
    try:
        document = json.loads(field.value) if isinstance(field.value, str | bytes) else None
    except ValueError:
        return
    if isinstance(document, dict | list):
        yield from (FieldEdit(field, edit, json=True) for edit in edits(document))


def test_no_column_crashes_its_observer(case: Case) -> None:
    before = case.observer.cursor(case.bare())
    store = case.lay(len(case.trees))
    for database, connection in case.stage.databases.items():
        odd = (edit for field in fields(connection) for edit in field_edits(field))
        for edit in sampled(odd, str(database.relative_to(case.here))):
            if edit.field.write(connection, edit.value):
                ask(case.observer, case.settled(), before)
            assert edit.field.write(connection, edit.field.value)
    ask(case.observer, store, before)
