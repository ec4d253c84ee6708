"""What the tables and indexes of a database look like.

The declarations are given to an empty in-memory database, so SQLite itself says what they mean; nothing of the
store is opened by it, and nothing but a declaration gets past its authorizer.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

from observers.sqlite_snapshot.failure import SnapshotReason, Unreadable
from observers.sqlite_snapshot.record import Value

ROWID = -1
EXPRESSION = -2
_LONGEST_DECLARATION = 1_000_000
_MOST_STEPS = 1_000_000
_MOST_UNKNOWN = 16
_VIRTUAL = 2
_PROBE = "koru_probe"
_AFFINITIES = (
    ("INTEGER", ("INT",)),
    ("TEXT", ("CHAR", "CLOB", "TEXT")),
    ("BLOB", ("BLOB",)),
    ("REAL", ("REAL", "FLOA", "DOUB")),
)
_LITERAL = re.compile(
    r"""[-+\s]*(?:0x[0-9a-f]+|(?:\d+(?:\.\d*)?|\.\d+)(?:e[-+]?\d+)?)|x?'(?:[^']|'')*'|"(?:[^"]|"")*"|NULL|TRUE|FALSE""",
    re.IGNORECASE,
)
_Row = tuple[Value, ...]
_DECLARING = frozenset(
    {
        sqlite3.SQLITE_CREATE_INDEX,
        sqlite3.SQLITE_CREATE_TABLE,
        sqlite3.SQLITE_FUNCTION,
        sqlite3.SQLITE_INSERT,
        sqlite3.SQLITE_READ,
        sqlite3.SQLITE_REINDEX,
        sqlite3.SQLITE_UPDATE,
    }
)


@dataclass(frozen=True, slots=True)
class SchemaEntry:
    """One row of sqlite_schema."""

    kind: str
    name: str
    table: str
    root: int
    sql: str | None


@dataclass(frozen=True, slots=True)
class Column:
    """`field` is its position in the stored record, None if it is computed; `real` values may be stored as integers."""

    name: str
    field: int | None
    real: bool
    collation: str
    default: Value


@dataclass(frozen=True, slots=True)
class IndexPart:
    """`column` is the place of the column in its table, ROWID or EXPRESSION."""

    column: int
    collation: str
    descending: bool


@dataclass(frozen=True, slots=True)
class Index:
    """`parts` are all fields of its records: `keys` declared ones, then what leads to the row."""

    name: str
    root: int
    keys: int
    parts: tuple[IndexPart, ...]


@dataclass(frozen=True, slots=True)
class TableShape:
    """`alias` is the place of the INTEGER PRIMARY KEY column; `primary` is set for WITHOUT ROWID tables."""

    name: str
    root: int
    columns: tuple[Column, ...]
    alias: int | None
    primary: Index | None
    indexes: tuple[Index, ...]


def table_shape(entries: list[SchemaEntry], name: str) -> TableShape:
    """The shape of one table. Unreadable NO_TABLE, or UNSUPPORTED for virtual tables and unknown syntax."""
    wanted = name.lower()
    table = next((entry for entry in entries if entry.kind == "table" and entry.name.lower() == wanted), None)
    if table is None:
        known = ", ".join(sorted(entry.name for entry in entries if entry.kind == "table")[:20])
        raise Unreadable(SnapshotReason.NO_TABLE, f"no table {name}; there are: {known or 'none'}")
    if table.root == 0:
        raise Unreadable(SnapshotReason.UNSUPPORTED, f"{table.name} is a virtual table")
    indexes = [entry for entry in entries if entry.kind == "index" and entry.table.lower() == wanted]
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as database:
        try:
            return _Declaration(database, table).shape(indexes)
        except (sqlite3.Error, sqlite3.Warning, ValueError) as error:
            raise Unreadable(
                SnapshotReason.UNSUPPORTED, f"the declaration of {table.name} is not understood: {error}"
            ) from error


class _Declaration:
    """One table declared in an empty database."""

    def __init__(self, database: sqlite3.Connection, table: SchemaEntry) -> None:
        database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST_DECLARATION)
        database.setlimit(sqlite3.SQLITE_LIMIT_SQL_LENGTH, _LONGEST_DECLARATION)
        database.set_progress_handler(lambda: 1, _MOST_STEPS)
        # Otherwise names such as sqlite_sequence cannot be declared.
        database.execute("PRAGMA writable_schema=ON")
        self._database = database
        self._table = table
        self._declare(table.sql or "")

    def shape(self, indexes: list[SchemaEntry]) -> TableShape:
        roots = {entry.name: entry.root for entry in indexes if entry.sql is None or self._understands(entry.sql)}
        listed = self._rows("SELECT name, origin, partial FROM pragma_index_list(?)", self._table.name)
        key_index = next((str(name) for name, origin, _ in listed if origin == "pk"), None)
        primary = self._index(key_index, self._table.root) if key_index else None
        if primary and any(part.column == ROWID for part in primary.parts):
            primary = None
        usable = sorted(str(name) for name, _, partial in listed if name in roots and not partial)
        found = tuple(self._index(name, roots[name]) for name in usable)
        info = self._rows("SELECT name, type, dflt_value, pk, hidden FROM pragma_table_xinfo(?)", self._table.name)
        keys = [place for place, row in enumerate(info) if row[3]]
        alias = keys[0] if len(keys) == 1 and key_index is None else None
        return TableShape(self._table.name, self._table.root, self._columns(info, primary), alias, primary, found)

    def _columns(self, info: list[_Row], primary: Index | None) -> tuple[Column, ...]:
        collations = self._collations([str(row[0]) for row in info])
        if primary:
            stored = [part.column for part in primary.parts]
        else:
            stored = [place for place, row in enumerate(info) if row[4] != _VIRTUAL]
        fields = {place: field for field, place in enumerate(stored)}
        strict = bool(re.search(r"\bSTRICT\b[^)]*$", self._table.sql or "", re.IGNORECASE))
        columns = []
        for place, (name, kind, default, _, _) in enumerate(info):
            affinity = "BLOB" if strict and str(kind).upper() == "ANY" else _affinity(str(kind))
            value = None if default is None else self._default(affinity, str(default))
            columns.append(Column(str(name), fields.get(place), affinity == "REAL", collations[place], value))
        return tuple(columns)

    def _collations(self, names: list[str]) -> list[str]:
        """The collation of each column, as an index takes it over."""
        if self._table.name.lower().startswith("sqlite_"):
            return ["BINARY"] * len(names)
        columns = ", ".join(_quoted(name) for name in names)
        self._database.execute(f"CREATE INDEX {_PROBE} ON {_quoted(self._table.name)}({columns})")
        return [str(row[0]).upper() for row in self._rows("SELECT coll FROM pragma_index_xinfo(?)", _PROBE)]

    def _index(self, name: str, root: int) -> Index:
        rows = self._rows('SELECT cid, coll, "desc", "key" FROM pragma_index_xinfo(?)', name)
        parts = tuple(IndexPart(int(cid or 0), str(coll).upper(), bool(desc)) for cid, coll, desc, _ in rows)
        return Index(name, root, sum(bool(row[3]) for row in rows), parts)

    def _default(self, affinity: str, expression: str) -> Value:
        """What a row from before ALTER TABLE ADD COLUMN shows: SQLite takes literals, and NULL for anything else."""
        if not _LITERAL.fullmatch(expression):
            return None
        self._database.execute(f"DROP TABLE IF EXISTS {_PROBE}_default")
        with self._only(_DECLARING):
            self._database.execute(f"CREATE TABLE {_PROBE}_default(value {affinity} DEFAULT {expression})")
            self._database.execute(f"INSERT INTO {_PROBE}_default DEFAULT VALUES")
        return self._rows(f"SELECT value FROM {_PROBE}_default")[0][0]  # noqa: S608

    def _understands(self, sql: str) -> bool:
        try:
            self._declare(sql)
        except (sqlite3.Error, sqlite3.Warning, ValueError):
            return False
        return True

    def _declare(self, sql: str) -> None:
        """Run one declaration; functions and collations of the product's own are made up as it names them."""
        for _ in range(_MOST_UNKNOWN):
            try:
                with self._only(_DECLARING):
                    self._database.execute(sql)
                return
            except sqlite3.OperationalError as error:
                what, _, name = str(error).rpartition(": ")
                if what == "no such function":
                    self._database.create_function(name, -1, lambda *_: None, deterministic=True)
                elif what == "no such collation sequence":
                    self._database.create_collation(name, lambda _left, _right: 0)
                else:
                    raise
        raise ValueError("it names too many functions of its own")

    @contextmanager
    def _only(self, actions: frozenset[int]) -> Iterator[None]:
        def allow(action: int, *_: str | None) -> int:
            return sqlite3.SQLITE_OK if action in actions else sqlite3.SQLITE_DENY

        self._database.set_authorizer(allow)
        try:
            yield
        finally:
            self._database.set_authorizer(None)

    def _rows(self, query: str, *arguments: str) -> list[_Row]:
        return self._database.execute(query, arguments).fetchall()


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _affinity(declared: str) -> str:
    """https://www.sqlite.org/datatype3.html, section 3.1."""
    kind = declared.upper()
    for affinity, words in _AFFINITIES:
        if any(word in kind for word in words):
            return affinity
    return "NUMERIC" if kind else "BLOB"
