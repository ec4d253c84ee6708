"""What a query sees: the tables of one committed state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from observers.sqlite_snapshot.failure import Malformed, SnapshotReason, Unreadable
from observers.sqlite_snapshot.pages import Pages
from observers.sqlite_snapshot.schema import Column, SchemaEntry, TableShape, table_shape
from observers.sqlite_snapshot.table import Table

_ENCODINGS = {0: "utf-8", 1: "utf-8", 2: "utf-16-le", 3: "utf-16-be"}
_NEWEST_READ_VERSION = 2
_NEWEST_SCHEMA_FORMAT = 4
_MOST_ENTRIES = 20_000
_SCHEMA_COLUMNS = ("type", "name", "tbl_name", "rootpage", "sql")
_SCHEMA_SHAPE = TableShape(
    "sqlite_schema",
    1,
    tuple(Column(name, at, False, "BINARY", None) for at, name in enumerate(_SCHEMA_COLUMNS)),
    None,
    None,
    (),
)


@dataclass(slots=True)
class Schema:
    """Declarations as stored; the shape of a table is worked out when it is first asked for.

    `meta` changes with every change of the schema, the encoding or user_version.
    """

    meta: bytes
    root: bytes
    encoding: str
    entries: list[SchemaEntry]
    shapes: dict[str, TableShape] = field(default_factory=dict)

    def shape(self, table: str) -> TableShape:
        name = table.lower()
        if name in ("sqlite_schema", "sqlite_master"):
            return _SCHEMA_SHAPE
        if name not in self.shapes:
            self.shapes[name] = table_shape(self.entries, table)
        return self.shapes[name]


def read_schema(pages: Pages, known: Schema | None) -> Schema:
    """`known` itself if it is still the schema of this snapshot."""
    if not pages.count:
        return Schema(b"", b"", "utf-8", [])
    header = pages.header
    meta = header[16:24] + header[40:64]
    root = pages.node(1).data[100:]
    if known is not None and (known.meta, known.root) == (meta, root):
        return known
    encoding = _check(header)
    return Schema(meta, root, encoding, _entries(pages, encoding))


def _check(header: bytes) -> str:
    if header[19] > _NEWEST_READ_VERSION or int.from_bytes(header[44:48]) > _NEWEST_SCHEMA_FORMAT:
        raise Unreadable(SnapshotReason.UNSUPPORTED, "a newer file format than this reader knows")
    encoding = _ENCODINGS.get(int.from_bytes(header[56:60]))
    if encoding is None or header[21:24] != b"\x40\x20\x20":
        raise Malformed("its header is damaged")
    return encoding


def _entries(pages: Pages, encoding: str) -> list[SchemaEntry]:
    entries: list[SchemaEntry] = []
    for row in Table(pages, _SCHEMA_SHAPE, encoding).rows():
        kind, name, table, root, sql = (row[column] for column in _SCHEMA_COLUMNS)
        if not (isinstance(kind, str) and isinstance(name, str) and isinstance(table, str)):
            raise Malformed("a row of sqlite_schema has no name")
        number = root if isinstance(root, int) else 0
        entries.append(SchemaEntry(kind, name, table, number, sql if isinstance(sql, str) else None))
        if len(entries) > _MOST_ENTRIES:
            raise Unreadable(SnapshotReason.TOO_LARGE, f"more than {_MOST_ENTRIES} tables and indexes")
    return entries


class Snapshot:
    """One committed state, readable while the query runs."""

    def __init__(self, pages: Pages, schema: Schema) -> None:
        self._pages = pages
        self._schema = schema

    @property
    def tables(self) -> Mapping[str, str]:
        """The declaration of each table by its name: a fingerprint of the schema."""
        return {entry.name: entry.sql or "" for entry in self._schema.entries if entry.kind == "table"}

    @property
    def user_version(self) -> int:
        return int.from_bytes(self._pages.header[60:64], signed=True)

    def table(self, name: str) -> Table:
        """Unreadable NO_TABLE when it is not there, UNSUPPORTED when it is not an ordinary table."""
        return Table(self._pages, self._schema.shape(name), self._schema.encoding)
