"""What a caller may ask of a snapshot, and what a declaration means for what is read."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TypeVar

import pytest

from observers.sqlite_snapshot import Database, QueryAnswer, Snapshot, SnapshotReason, TableRow, Unreadable, Value

T = TypeVar("T")


class Store:
    """A database with its writer in this process: only ever one of the two acts."""

    def __init__(self, path: Path, writer: sqlite3.Connection) -> None:
        self.path = path
        self.writer = writer
        self.reader = Database(path)

    def read(self, query: Callable[[Snapshot], T]) -> T:
        return self.reader.read(query, timeout=20)

    def refusal(self, query: Callable[[Snapshot], object]) -> SnapshotReason:
        with pytest.raises(Unreadable) as refusal:
            self.read(query)
        return refusal.value.reason


def get(snapshot: Snapshot, table: str, where: dict[str, Value]) -> TableRow | None:
    return snapshot.table(table).get(where)


def words_from(snapshot: Snapshot, low: str) -> list[Value]:
    return [row["word"] for row in snapshot.table("word").between("word", low, None)]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    path = tmp_path / "state.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("PRAGMA journal_mode=wal")
        writer.execute("CREATE TABLE item(id INTEGER PRIMARY KEY, key TEXT UNIQUE, score REAL, note)")
        writer.executemany("INSERT INTO item VALUES(?, ?, ?, ?)", [(n, f"k{n:03}", n / 2, None) for n in range(1, 41)])
        yield Store(path, writer)


def test_columns_are_taken_by_name_whatever_their_case(store: Store) -> None:
    row = store.read(lambda snapshot: snapshot.table("ITEM").get({"Key": "k007"}, ["ID", "rowid", "score"]))
    assert row == {"ID": 7, "rowid": 7, "score": 3.5}


def test_a_covering_index_answers_alone(store: Store) -> None:
    store.writer.execute("CREATE TABLE large(key TEXT UNIQUE, body BLOB)")
    store.writer.executemany("INSERT INTO large VALUES(?, zeroblob(9000))", [(f"k{n}",) for n in range(300)])
    keys = store.reader.poll(
        lambda s: [row["key"] for row in s.table("large").starting_with("key", "k1", ["key"])], None
    )
    rows = store.reader.poll(lambda s: len(list(s.table("large").starting_with("key", "k1"))), None)
    assert len(keys.value) == rows.value == 111
    assert keys.pages is not None and rows.pages is not None
    assert len(keys.pages) < 10
    assert len(rows.pages) > 100


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        (lambda snapshot: snapshot.table("nothing"), SnapshotReason.NO_TABLE),
        (lambda snapshot: snapshot.table("item").row(1, ["id", "gone"]), SnapshotReason.NO_COLUMN),
        (lambda snapshot: snapshot.table("item").get({"gone": 1}), SnapshotReason.NO_COLUMN),
        (lambda snapshot: snapshot.table("item").get({"score": 1.0}), SnapshotReason.NO_INDEX),
        (lambda snapshot: snapshot.table("item").get({"key": "k1", "note": None}), SnapshotReason.NO_INDEX),
        (lambda snapshot: list(snapshot.table("item").starting_with("id", "1")), SnapshotReason.NO_INDEX),
        (lambda snapshot: list(snapshot.table("item").between("id", 0.5, None)), SnapshotReason.NO_INDEX),
    ],
)
def test_what_cannot_be_answered_is_named(
    store: Store, query: Callable[[Snapshot], object], reason: SnapshotReason
) -> None:
    assert store.refusal(query) == reason


def test_an_index_that_compares_otherwise_is_not_used(store: Store) -> None:
    store.writer.create_collation("own", lambda left, right: (left > right) - (left < right))
    store.writer.execute("CREATE TABLE odd(a TEXT, b TEXT COLLATE own, c TEXT)")
    store.writer.execute("CREATE INDEX odd_a ON odd(a COLLATE NOCASE)")
    store.writer.execute("CREATE INDEX odd_b ON odd(b)")
    store.writer.execute("CREATE INDEX odd_c ON odd(c) WHERE c IS NOT NULL")
    store.writer.execute("CREATE INDEX odd_lower ON odd(lower(c))")
    store.writer.execute("INSERT INTO odd VALUES('x', 'y', 'z')")
    for column in "abc":
        assert store.refusal(partial(get, table="odd", where={column: "x"})) == SnapshotReason.NO_INDEX
    assert store.read(lambda snapshot: list(snapshot.table("odd").rows())) == [{"a": "x", "b": "y", "c": "z"}]


def test_nocase_stops_at_a_nul_and_looks_at_the_length(store: Store) -> None:
    words = ["a\0b", "A\0c", "a", "AB", "a\0", "ab\0", "b", "É", "é"]
    store.writer.execute("CREATE TABLE word(word TEXT COLLATE NOCASE PRIMARY KEY) WITHOUT ROWID")
    store.writer.executemany("INSERT OR IGNORE INTO word VALUES(?)", [(word,) for word in words])
    in_order = [row[0] for row in store.writer.execute("SELECT word FROM word ORDER BY word")]
    for number, word in enumerate(in_order):
        assert store.read(partial(words_from, low=word)) == in_order[number:]
    found = store.read(lambda snapshot: list(snapshot.table("word").starting_with("word", "aB")))
    assert [row["word"] for row in found] == ["AB", "ab\0"]


def test_computed_columns_and_functions_of_the_product(store: Store) -> None:
    store.writer.create_function("own", 1, lambda value: value, deterministic=True)
    store.writer.execute(
        "CREATE TABLE computed(a INTEGER CHECK(own(a)), virtual AS (a + 1) VIRTUAL, stored AS (a + 2) STORED, "
        "b DEFAULT 5)"
    )
    store.writer.execute("CREATE INDEX computed_virtual ON computed(virtual)")
    store.writer.execute("INSERT INTO computed(a) VALUES(10), (20)")
    assert store.read(lambda snapshot: snapshot.table("computed").columns) == ("a", "stored", "b")
    expected = {"a": 20, "stored": 22, "b": 5}
    assert store.read(lambda snapshot: snapshot.table("computed").get({"virtual": 21})) == expected
    assert store.refusal(lambda snapshot: snapshot.table("computed").row(1, ["virtual"])) == SnapshotReason.NO_COLUMN


@pytest.mark.parametrize(
    ("declared", "value"),
    [
        ("TEXT DEFAULT 5", "5"),
        ("INTEGER DEFAULT '5'", 5),
        ("REAL DEFAULT 5", 5.0),
        ("DEFAULT -5", -5),
        ("DEFAULT x'ff00'", b"\xff\0"),
        ("DEFAULT 'it''s'", "it's"),
        ('DEFAULT "quoted"', "quoted"),
        ("DEFAULT TRUE", 1),
        ("DEFAULT CURRENT_TIMESTAMP", None),
        ("DEFAULT (1 + 1)", None),
        ("DEFAULT (7)", 7),
        ("DEFAULT +1.5e3", 1500.0),
        ("TEXT DEFAULT NULL", None),
        ("", None),
    ],
)
def test_rows_older_than_a_column_show_its_default(store: Store, declared: str, value: object) -> None:
    # SQLite refuses some of these on a table with rows; in the file they look the same.
    store.writer.execute("CREATE TABLE old(id INTEGER PRIMARY KEY)")
    store.writer.execute("PRAGMA writable_schema=ON")
    store.writer.execute("INSERT INTO old VALUES(1)")
    declaration = f"CREATE TABLE old(id INTEGER PRIMARY KEY, late {declared})"
    store.writer.execute("UPDATE sqlite_schema SET sql = ? WHERE name = 'old'", (declaration,))
    with closing(sqlite3.connect(store.path)) as another:
        assert another.execute("SELECT late FROM old").fetchone() == (value,)
    row = store.read(lambda snapshot: snapshot.table("old").row(1))
    assert repr(row) == repr({"id": 1, "late": value})


def test_a_renamed_table_and_a_dropped_column(store: Store) -> None:
    store.writer.execute("ALTER TABLE item RENAME TO thing")
    store.writer.execute("ALTER TABLE thing DROP COLUMN score")
    store.writer.execute("ALTER TABLE thing RENAME COLUMN note TO remark")
    assert store.read(lambda snapshot: snapshot.table("thing").get({"key": "k002"})) == {
        "id": 2,
        "key": "k002",
        "remark": None,
    }
    assert store.refusal(lambda snapshot: snapshot.table("item")) == SnapshotReason.NO_TABLE


def test_the_kinds_of_primary_key(store: Store) -> None:
    for kind in ("INTEGER PRIMARY KEY", "INTEGER PRIMARY KEY DESC", "INT PRIMARY KEY", "TEXT PRIMARY KEY"):
        store.writer.execute("DROP TABLE IF EXISTS one")
        store.writer.execute(f"CREATE TABLE one(id {kind}, v)")
        store.writer.execute("INSERT INTO one VALUES(7, 'v')")
        (stored,) = store.writer.execute("SELECT id FROM one").fetchone()
        assert store.read(partial(get, table="one", where={"id": stored})) == {"id": stored, "v": "v"}
    store.writer.execute("CREATE TABLE counted(id INTEGER PRIMARY KEY AUTOINCREMENT)")
    store.writer.execute("INSERT INTO counted VALUES(3)")
    found = store.read(lambda snapshot: list(snapshot.table("sqlite_sequence").rows()))
    assert found == [{"name": "counted", "seq": 3}]


def test_the_schema_itself_can_be_read(store: Store) -> None:
    store.writer.execute("PRAGMA user_version=-12")
    assert store.read(lambda snapshot: snapshot.user_version) == -12
    rows = store.read(lambda snapshot: list(snapshot.table("sqlite_schema").rows(["type", "name"])))
    assert {"type": "table", "name": "item"} in rows
    assert store.read(lambda snapshot: snapshot.tables)["item"].startswith("CREATE TABLE item(")


def test_what_is_kept_after_the_query_cannot_be_read(store: Store) -> None:
    rows = store.read(lambda snapshot: snapshot.table("item").rows())
    with pytest.raises(RuntimeError, match="return values from the query, not iterators"):
        next(rows)


def test_an_exception_of_the_query_passes_through(store: Store) -> None:
    with pytest.raises(KeyError, match="mine"):
        store.read(lambda snapshot: snapshot.tables["mine"])


def test_an_empty_file_is_a_database_without_tables(tmp_path: Path) -> None:
    (tmp_path / "empty.db").write_bytes(b"")
    assert Database(tmp_path / "empty.db").read(lambda snapshot: dict(snapshot.tables), timeout=20) == {}


class Polled:
    """Counts how often a query had to run."""

    def __init__(self, key: str) -> None:
        self.key = key
        self.runs = 0

    def __call__(self, snapshot: Snapshot) -> object:
        self.runs += 1
        row = snapshot.table("item").get({"key": self.key})
        return row and row["note"]


def test_a_poll_runs_only_when_what_it_read_has_changed(store: Store) -> None:
    store.writer.execute("CREATE TABLE elsewhere(id INTEGER PRIMARY KEY, body BLOB)")
    query = Polled("k005")
    reading: QueryAnswer[object] = store.reader.poll(query, None, timeout=20)
    assert store.reader.poll(query, reading, timeout=20) is reading
    # Growth changes the first page, which every query passes.
    store.writer.executemany("INSERT INTO elsewhere(body) VALUES(?)", [(bytes(3000),)] * 20)
    assert store.reader.poll(query, reading, timeout=20) is reading
    assert query.runs == 1
    store.writer.execute("UPDATE item SET note = 'new' WHERE key = 'k005'")
    changed = store.reader.poll(query, reading, timeout=20)
    assert (changed.value, query.runs) == ("new", 2)
    assert changed.mark != reading.mark
    store.writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    store.writer.execute("UPDATE item SET note = 'newer' WHERE key = 'k005'")
    assert store.reader.poll(query, changed, timeout=20).value == "newer"


def test_a_poll_notices_a_new_schema(store: Store) -> None:
    query = Polled("k005")
    reading: QueryAnswer[object] = store.reader.poll(query, None, timeout=20)
    store.writer.execute("ALTER TABLE item ADD COLUMN more")
    store.reader.poll(query, reading, timeout=20)
    assert query.runs == 2
