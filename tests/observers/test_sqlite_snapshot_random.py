"""Random schemas, settings and workloads: every way to read must answer what sqlite3 answers."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import cycle, islice
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from observers.sqlite_snapshot import Database, Snapshot, Table, TableRow
from tests.sampling import SEED, count

TABLES = (
    "CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT, score REAL, body BLOB, anything)",
    "CREATE INDEX item_name ON item(name)",
    "CREATE INDEX item_score ON item(score DESC, name)",
    "CREATE INDEX item_anything ON item(anything)",
    "CREATE TABLE pair(key TEXT UNIQUE ON CONFLICT REPLACE, value BLOB)",
    "CREATE TABLE word(word TEXT COLLATE NOCASE, n, body BLOB, PRIMARY KEY(word, n DESC)) WITHOUT ROWID",
    "CREATE INDEX word_body ON word(body DESC)",
    "CREATE TABLE padded(text TEXT COLLATE RTRIM PRIMARY KEY, other TEXT COLLATE NOCASE)",
    "CREATE INDEX padded_other ON padded(other DESC)",
)

# Few letters, so that prefixes, cases, trailing blanks and equal keys meet.
SHORT_TEXT = st.text(alphabet="aAbB \0é😀z", max_size=6)
LONG_TEXT = st.builds(lambda text, times: text * times, st.text(alphabet="ab é😀", min_size=1), st.integers(1, 3000))
TEXT = SHORT_TEXT | SHORT_TEXT | LONG_TEXT
BLOB = st.builds(lambda data, times: data * times, st.binary(max_size=9), st.integers(1, 9000))
NUMBER = (
    st.integers(-(2**63), 2**63 - 1)
    | st.integers(-300, 300)
    | st.floats(allow_nan=False)
    | st.sampled_from([0.0, 1.0, -1.0, 2.0**53, 2**53 + 1, 127, 128, -129, 2**47, -(2**31)])
)
ANY = st.none() | NUMBER | TEXT | BLOB

ROWID = st.integers(1, 60) | st.integers(-(2**63), 2**63 - 1)
INSERT = (
    st.tuples(
        st.just("INSERT OR REPLACE INTO item(id, name, score, body, anything) VALUES(?, ?, ?, ?, ?)"),
        st.tuples(ROWID, TEXT | st.none(), NUMBER | st.none(), BLOB, ANY),
    )
    | st.tuples(st.just("INSERT INTO pair VALUES(?, ?)"), st.tuples(TEXT | st.none(), BLOB))
    | st.tuples(
        st.just("INSERT OR REPLACE INTO word(word, n, body) VALUES(?, ?, ?)"), st.tuples(TEXT, NUMBER | TEXT, BLOB)
    )
    | st.tuples(st.just("INSERT OR REPLACE INTO padded VALUES(?, ?)"), st.tuples(TEXT, TEXT | st.none()))
)
CHANGE = st.sampled_from(
    [
        "DELETE FROM item WHERE id % 3 = 0",
        "DELETE FROM pair WHERE rowid % 2",
        "DELETE FROM word WHERE length(word) > 2",
        "UPDATE item SET body = zeroblob(length(body) / 2 + 1), score = score + 1",
        "UPDATE word SET body = CAST(body || x'00' AS BLOB)",
        "REINDEX",
        "VACUUM",
        "PRAGMA wal_checkpoint(PASSIVE)",
        "PRAGMA wal_checkpoint(TRUNCATE)",
        "PRAGMA incremental_vacuum",
        "DROP INDEX IF EXISTS item_name",
        "CREATE INDEX IF NOT EXISTS item_name ON item(name)",
        "INSERT INTO pair SELECT 'many' || id || name, randomblob(200) FROM item",
        "INSERT OR REPLACE INTO word(word, n, body) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
        "WHERE i < 300) SELECT 'w' || i, i % 7, zeroblob(i) FROM n",
        "INSERT OR REPLACE INTO item(id, name) WITH RECURSIVE n(i) AS (SELECT 100 UNION ALL SELECT i + 1 FROM n "
        "WHERE i < 400) SELECT i, 'row ' || i FROM n",
    ]
).map(lambda sql: (sql, ()))
ADDED = st.sampled_from(
    [
        "TEXT DEFAULT 5",
        "INTEGER DEFAULT '7'",
        "REAL DEFAULT 3",
        "BLOB DEFAULT x'0aff'",
        "DEFAULT -1.5",
        "TEXT",
        "DEFAULT TRUE",
    ]
)
STEP = INSERT | INSERT | INSERT | CHANGE | st.tuples(st.just("add"), ADDED)


@dataclass(frozen=True)
class Form:
    """How a database is laid out on the disk."""

    page_size: int
    reserved: int
    encoding: str
    auto_vacuum: int
    journal: str


PAGE_SIZES = [512, 1024, 4096, 8192, 65536]
RESERVED = [0, 0, 8, 32]
ENCODINGS = ["UTF-8", "UTF-16le", "UTF-16be"]
AUTO_VACUUM = [0, 1, 2]
JOURNALS = ["wal", "wal", "delete", "persist", "truncate", "memory"]


def forms(chance: Random) -> Iterator[Form]:
    """As few forms as show every value of every setting, put together by chance."""
    settings_of_forms: tuple[list[Any], ...] = (PAGE_SIZES, RESERVED, ENCODINGS, AUTO_VACUUM, JOURNALS)
    most = max(len(values) for values in settings_of_forms)
    columns = [islice(cycle(chance.sample(values, len(values))), most) for values in settings_of_forms]
    yield from map(Form, *columns)


CHANCE = Random(SEED)  # noqa: S311 - the same each time
FORMS = [form for _ in range(count(1, 20)) for form in forms(CHANCE)]


@contextmanager
def database(path: Path, form: Form) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(f"PRAGMA page_size={form.page_size}")
        connection.execute(f"PRAGMA encoding='{form.encoding}'")
        connection.execute(f"PRAGMA auto_vacuum={form.auto_vacuum}")
        connection.execute("PRAGMA user_version=1")
    reserve(path, form)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(f"PRAGMA journal_mode={form.journal}")
        connection.execute("PRAGMA synchronous=OFF")
        for sql in TABLES:
            connection.execute(sql)
        yield connection


def reserve(path: Path, form: Form) -> None:
    """sqlite3 keeps the reserved bytes that it finds; in a database without tables they may still be set by hand."""
    data = bytearray(path.read_bytes())
    data[20] = form.reserved
    data[105:107] = ((form.page_size - form.reserved) % 65536).to_bytes(2, "big")
    path.write_bytes(data)


def answers(connection: sqlite3.Connection, sql: str, *arguments: Any) -> list[TableRow]:
    cursor = connection.execute(sql, arguments)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor]


def same(found: Iterator[TableRow] | list[TableRow], expected: list[TableRow]) -> None:
    # repr tells 1 from 1.0 and True.
    assert [repr(row) for row in found] == [repr(row) for row in expected]


def compare(snapshot: Snapshot, connection: sqlite3.Connection, probe: Probe) -> None:
    compare_rowid_table(snapshot.table("item"), connection, probe)
    compare_indexes(snapshot, connection, probe)
    compare_key_table(snapshot.table("word"), connection, probe)
    pair = snapshot.table("pair")
    same(pair.find({"key": probe.text}), answers(connection, "SELECT * FROM pair WHERE key IS ?", probe.text))
    padded = snapshot.table("padded")
    expected = answers(connection, "SELECT * FROM padded WHERE text = ?", probe.text)
    same(padded.find({"text": probe.text}), expected)
    expected = answers(connection, "SELECT * FROM padded WHERE other >= ? ORDER BY other, rowid DESC", probe.text)
    same(padded.between("other", probe.text, None), expected)


def compare_rowid_table(item: Table, connection: sqlite3.Connection, probe: Probe) -> None:
    everything = answers(connection, "SELECT * FROM item ORDER BY id")
    same(item.rows(), everything)
    same(item.rows(reverse=True), everything[::-1])
    low, high = sorted([probe.rowid, probe.other_rowid])
    some = [row for row in everything if low <= int(str(row["id"])) <= high]
    same(item.rows(first=low, last=high), some)
    same(item.rows(first=low, last=high, reverse=True), some[::-1])
    assert item.row(probe.rowid) == next((row for row in everything if row["id"] == probe.rowid), None)
    same(item.find({"ID": probe.rowid}), [row for row in everything if row["id"] == probe.rowid])


def compare_indexes(snapshot: Snapshot, connection: sqlite3.Connection, probe: Probe) -> None:
    item = snapshot.table("item")
    expected = answers(connection, "SELECT * FROM item WHERE +anything IS ? ORDER BY id", probe.value)
    same(item.find({"anything": probe.value}), expected)
    sql = "SELECT * FROM item WHERE +score >= ? AND +score < ? ORDER BY score, name DESC, id DESC"
    low, high = sorted([probe.number, probe.other_number])
    same(item.between("score", low, high), answers(connection, sql, low, high))
    same(item.between("score", low, high, reverse=True), answers(connection, sql, low, high)[::-1])
    sql = "SELECT rowid, name FROM item WHERE +score IS ? AND +name < ? ORDER BY name, id"
    found = item.between("name", None, probe.text, ["rowid", "name"], where={"score": probe.number})
    same(
        ({"id": row["rowid"], "name": row["name"]} for row in found), answers(connection, sql, probe.number, probe.text)
    )
    pair = snapshot.table("pair")
    ordered = answers(connection, "SELECT rowid, key, value FROM pair WHERE key IS NOT NULL ORDER BY key, rowid")
    wanted = [row for row in ordered if str(row["key"]).startswith(probe.text)]
    same(pair.starting_with("key", probe.text, ["rowid", "key", "value"]), wanted)
    same(pair.starting_with("key", probe.text, ["rowid", "key", "value"], reverse=True), wanted[::-1])


def compare_key_table(word: Table, connection: sqlite3.Connection, probe: Probe) -> None:
    everything = answers(connection, "SELECT * FROM word ORDER BY word, n DESC")
    same(word.rows(), everything)
    same(word.rows(reverse=True), everything[::-1])
    sql = "SELECT * FROM word WHERE word = ? ORDER BY n DESC"
    same(word.find({"word": probe.text}), answers(connection, sql, probe.text))
    sql = "SELECT * FROM word WHERE word = ? AND n >= ? ORDER BY n"
    found = word.between("n", probe.number, None, where={"word": probe.text})
    same(found, answers(connection, sql, probe.text, probe.number))
    sql = "SELECT * FROM word WHERE body >= ? AND body < ? ORDER BY body, word DESC, n"
    low, high = sorted([probe.blob, probe.other_blob])
    same(word.between("body", low, high), answers(connection, sql, low, high))


@dataclass(frozen=True)
class Probe:
    text: str
    value: Any
    rowid: int
    other_rowid: int
    number: float
    other_number: float
    blob: bytes
    other_blob: bytes


PROBE = st.builds(Probe, TEXT, ANY, ROWID, ROWID, NUMBER, NUMBER, BLOB, BLOB)


def stored_probe(connection: sqlite3.Connection, probe: Probe) -> Probe:
    """The same probe with values that the tables hold, where they hold any."""

    def some(column: str, table: str, kinds: str, otherwise: Any) -> Any:
        values = [row[column] for row in answers(connection, f"SELECT * FROM {table}")]  # noqa: S608
        fitting = [value for value in values if type(value).__name__ in kinds]
        return fitting[probe.rowid % len(fitting)] if fitting else otherwise

    return Probe(
        text=some("name", "item", "str", some("word", "word", "str", probe.text)),
        value=some("anything", "item", "str bytes int float", probe.value),
        rowid=some("id", "item", "int", probe.rowid),
        other_rowid=some("id", "item", "int", probe.other_rowid),
        number=some("score", "item", "float", probe.number),
        other_number=some("score", "item", "float", probe.other_number),
        blob=some("body", "word", "bytes", probe.blob),
        other_blob=some("body", "word", "bytes", probe.other_blob),
    )


def apply(connection: sqlite3.Connection, step: tuple[str, Any], added: int) -> None:
    sql, arguments = step
    if sql == "add":
        connection.execute(f"ALTER TABLE item ADD COLUMN added{added} {arguments}")
        connection.execute(f"ALTER TABLE word ADD COLUMN added{added} {arguments}")
    else:
        connection.execute(sql, arguments).fetchall()


@pytest.mark.sampled
@pytest.mark.parametrize("form", FORMS, ids=str)
@seed(SEED)
@settings(max_examples=count(5, 50), deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(steps=st.lists(st.tuples(STEP, st.booleans(), PROBE), min_size=1, max_size=25))
def test_reads_what_sqlite_reads(form: Form, steps: list[tuple[tuple[str, Any], bool, Probe]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "store.db"
        with database(path, form) as connection:
            store = Database(path)
            for number, (step, look, probe) in enumerate(steps):
                apply(connection, step, number)
                if look or number == len(steps) - 1:
                    for wanted in (probe, stored_probe(connection, probe)):
                        store.read(partial(compare, connection=connection, probe=wanted), timeout=20)
            everything = answers(connection, "SELECT * FROM item")
        # The last connection has gone, and its log with it.
        same(store.read(lambda snapshot: list(snapshot.table("item").rows()), timeout=20), everything)
