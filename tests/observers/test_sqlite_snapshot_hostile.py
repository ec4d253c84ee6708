"""Files that are cut, corrupt, made to hurt, or not files at all: one clear refusal, in bounded time and memory."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import struct
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from observers.sqlite_snapshot import Database, Snapshot, SnapshotReason, Unreadable
from tests.sampling import SEED, count

REPOSITORY = Path(__file__).parents[2]
PAGE = 512


def everything(snapshot: Snapshot) -> list[object]:
    """Every way to read: both directions, every index, overflow pages."""
    found: list[object] = []
    for name in snapshot.tables:
        table = snapshot.table(name)
        found += [list(table.rows()), list(table.rows(reverse=True))]
    found.append(list(snapshot.table("pair").starting_with("key", "key 1")))
    found.append(list(snapshot.table("pair").between("key", None, None, reverse=True)))
    found.append(list(snapshot.table("word").between("body", b"", None)))
    return found


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with interior pages of every kind and overflow chains."""
    path = tmp_path_factory.mktemp("sound") / "sound.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(f"PRAGMA page_size={PAGE}")
        connection.execute("CREATE TABLE pair(key TEXT UNIQUE, value BLOB)")
        connection.execute("CREATE TABLE word(word TEXT PRIMARY KEY, body BLOB) WITHOUT ROWID")
        connection.execute("CREATE INDEX word_body ON word(body)")
        for number in range(60):
            body = bytes([number]) * (number * 37 % 1900)
            connection.execute("INSERT INTO pair VALUES(?, ?)", (f"key {number}", body))
            connection.execute("INSERT INTO word VALUES(?, ?)", (f"word {number}", body[:300]))
    return path


def read_or_refuse(path: Path, timeout: float = 20) -> list[object] | SnapshotReason:
    try:
        return Database(path).read(everything, timeout=timeout)
    except Unreadable as refusal:
        assert str(path) in str(refusal)
        return refusal.reason


def test_a_file_cut_anywhere(sound: Path, tmp_path: Path) -> None:
    truth = read_or_refuse(sound)
    assert isinstance(truth, list)
    data = sound.read_bytes()
    store = tmp_path / "cut.db"
    for length in (0, 1, 99, *range(100, len(data), 1171)):
        store.write_bytes(data[:length])
        os.utime(store, ns=(0, 0))
        answer = read_or_refuse(store)
        expected = {0: SnapshotReason.NO_TABLE, 1: SnapshotReason.NOT_A_DATABASE, 99: SnapshotReason.NOT_A_DATABASE}
        assert answer == expected.get(length, SnapshotReason.CORRUPT)


@pytest.mark.sampled
def test_random_damage_ends_in_an_answer_or_a_refusal(sound: Path, tmp_path: Path) -> None:
    chance = random.Random(SEED)  # noqa: S311
    data = sound.read_bytes()
    store = tmp_path / "damaged.db"
    reasons = set()
    for _ in range(count(50, 3_000)):
        damaged = bytearray(data)
        for _ in range(chance.randrange(1, 6)):
            # Page headers and cell pointers are where damage does most.
            page = chance.randrange(len(data) // PAGE) * PAGE
            at = page + chance.choice((chance.randrange(40), chance.randrange(PAGE)))
            damaged[at] = chance.choice((0, 1, 2, 5, 10, 13, 0x7F, 0x80, 0xFF, chance.randrange(256)))
        store.write_bytes(damaged)
        os.utime(store, ns=(0, 0))
        answer = read_or_refuse(store)
        if isinstance(answer, SnapshotReason):
            reasons.add(answer)
    assert SnapshotReason.CORRUPT in reasons
    assert reasons <= {
        SnapshotReason.CORRUPT,
        SnapshotReason.NOT_A_DATABASE,
        SnapshotReason.UNSUPPORTED,
        SnapshotReason.NO_TABLE,
        SnapshotReason.NO_INDEX,
    }


def interior(kind: int, child: int) -> bytes:
    """A page full of cells that all lead to `child`."""
    cells = 80
    cell = struct.pack(">IB", child, 1) if kind == 5 else struct.pack(">IB3s", child, 3, b"\2\1\7")
    content = PAGE - len(cell)
    page = struct.pack(">BHHHBI", kind, 0, cells, content, 0, child) + struct.pack(">H", content) * cells
    return page.ljust(content, b"\0") + cell


@pytest.mark.parametrize(("kind", "table"), [(5, "pair"), (2, "word")])
@pytest.mark.parametrize(("depth", "end"), [(1, "cycle"), (8, "cycle"), (8, "leaf"), (30, "cycle")])
def test_a_tree_that_comes_back_to_itself(
    kind: int, table: str, depth: int, end: str, sound: Path, tmp_path: Path
) -> None:
    """Eighty ways at each of up to thirty levels, in a file of a few pages."""
    data = bytearray(sound.read_bytes())
    with closing(sqlite3.connect(f"file:{sound}?mode=ro", uri=True)) as connection:
        (root,) = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = ?", (table,)).fetchone()
    pages = [root, *range(len(data) // PAGE - depth, len(data) // PAGE)][:depth]
    for page, child in zip(pages, [*pages[1:], root], strict=True):
        data[(page - 1) * PAGE : page * PAGE] = interior(kind, child)
    if end == "leaf":
        data[(pages[-1] - 1) * PAGE : pages[-1] * PAGE] = bytes([kind + 8]) + bytes(PAGE - 1)
    store = tmp_path / "cycle.db"
    store.write_bytes(data)
    for query in (
        lambda snapshot: list(snapshot.table(table).rows()),
        lambda snapshot: list(snapshot.table(table).rows(reverse=True)),
    ):
        with pytest.raises(Unreadable) as refusal:
            Database(store).read(query, timeout=20)
        assert refusal.value.reason == SnapshotReason.CORRUPT


def test_an_overflow_chain_that_follows_itself(tmp_path: Path) -> None:
    store = tmp_path / "chain.db"
    with closing(sqlite3.connect(store, isolation_level=None)) as connection:
        connection.execute(f"PRAGMA page_size={PAGE}")
        connection.execute("CREATE TABLE big(id INTEGER PRIMARY KEY, body BLOB)")
        connection.execute("INSERT INTO big VALUES(1, zeroblob(40000))")
    data = bytearray(store.read_bytes())
    for page in range(3, len(data) // PAGE):
        data[(page - 1) * PAGE : (page - 1) * PAGE + 4] = struct.pack(">I", 5)
    store.write_bytes(data)
    with pytest.raises(Unreadable, match="follows itself") as refusal:
        Database(store).read(lambda snapshot: snapshot.table("big").row(1), timeout=20)
    assert refusal.value.reason == SnapshotReason.CORRUPT
    assert Database(store).read(lambda snapshot: snapshot.table("big").row(1, ["id"]), timeout=20) == {"id": 1}


def test_a_sparse_file_of_ten_gigabytes(sound: Path, tmp_path: Path) -> None:
    store = tmp_path / "sparse.db"
    shutil.copy(sound, store)
    with store.open("r+b") as file:
        file.truncate(10 << 30)
        file.seek(28)
        file.write(struct.pack(">I", (10 << 30) // PAGE))
    truth = Database(sound).read(everything, timeout=20)
    assert Database(store).read(everything, timeout=20) == truth
    with store.open("r+b") as file:
        file.seek(PAGE)
        file.write(interior(5, 9_000_000))
    assert read_or_refuse(store) == SnapshotReason.CORRUPT


def test_values_beyond_the_limit_are_refused_and_their_neighbours_read(tmp_path: Path) -> None:
    store = tmp_path / "large.db"
    with closing(sqlite3.connect(store, isolation_level=None)) as connection:
        connection.execute("CREATE TABLE large(name TEXT, body BLOB)")
        connection.execute("INSERT INTO large VALUES('one', zeroblob(3000000))")
    reader = Database(store, value_bytes=1_000_000)
    assert reader.read(lambda snapshot: snapshot.table("large").row(1, ["name"]), timeout=20) == {"name": "one"}
    with pytest.raises(Unreadable) as refusal:
        reader.read(lambda snapshot: snapshot.table("large").row(1), timeout=20)
    assert refusal.value.reason == SnapshotReason.TOO_LARGE


def test_a_query_without_end_is_stopped(sound: Path) -> None:
    def endless(snapshot: Snapshot) -> None:
        while True:
            list(snapshot.table("pair").rows())

    with pytest.raises(Unreadable) as refusal:
        Database(sound).read(endless, timeout=0.2)
    assert refusal.value.reason == SnapshotReason.TIMEOUT


def as_pipe(path: Path) -> None:
    os.mkfifo(path)


def as_loop(path: Path) -> None:
    path.symlink_to(path.with_name("loop"))
    path.with_name("loop").symlink_to(path)


def as_log_pipe(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE one(id)")
    os.mkfifo(f"{path}-wal")


NO_FILES: dict[str, tuple[Callable[[Path], object], SnapshotReason]] = {
    "nothing": (lambda path: None, SnapshotReason.MISSING),
    "a folder": (Path.mkdir, SnapshotReason.NOT_A_FILE),
    "a pipe": (as_pipe, SnapshotReason.NOT_A_FILE),
    "a link to itself": (as_loop, SnapshotReason.NOT_A_FILE),
    "a device": (lambda path: path.symlink_to("/dev/zero"), SnapshotReason.NOT_A_FILE),
    "a pipe for a log": (as_log_pipe, SnapshotReason.NOT_A_FILE),
    "noise": (lambda path: path.write_bytes(random.Random(3).randbytes(8192)), SnapshotReason.NOT_A_DATABASE),  # noqa: S311
    "text": (lambda path: path.write_text("{}", "utf-8"), SnapshotReason.NOT_A_DATABASE),
}


@pytest.mark.parametrize("what", NO_FILES)
def test_what_is_not_a_database(what: str, tmp_path: Path) -> None:
    make, reason = NO_FILES[what]
    path = tmp_path / "state.db"
    make(path)
    with pytest.raises(Unreadable) as refusal:
        Database(path).read(lambda snapshot: list(snapshot.tables), timeout=20)
    assert refusal.value.reason == reason
    assert refusal.value.path == str(path)


WITHOUT_RIGHTS = """
import os, sys
from observers.sqlite_snapshot import Database, Unreadable
if os.geteuid() == 0:
    os.seteuid(65534)
try:
    print(Database(sys.argv[1]).read(lambda snapshot: list(snapshot.tables)))
except Unreadable as refusal:
    print(refusal.reason)
"""


@pytest.mark.parametrize("suffix", ["", "-wal"])
def test_no_permission(suffix: str, sound: Path, tmp_path: Path) -> None:
    """Asked as a user without rights; the log counts too, for without it the answer would be old."""
    store = tmp_path / "state.db"
    shutil.copy(sound, store)
    Path(f"{store}-wal").write_bytes(b"")
    Path(f"{store}{suffix}").chmod(0)
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)
    command = [sys.executable, "-P", "-c", WITHOUT_RIGHTS, str(store)]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "denied\n"


def test_a_link_leads_to_the_log_beside_the_real_file(tmp_path: Path) -> None:
    store = tmp_path / "real" / "state.db"
    store.parent.mkdir()
    (tmp_path / "link.db").symlink_to(Path("real") / "state.db")
    with closing(sqlite3.connect(store, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=wal")
        connection.execute("CREATE TABLE only_in_the_log(id)")
        found = Database(tmp_path / "link.db").read(lambda snapshot: list(snapshot.tables), timeout=20)
    assert found == ["only_in_the_log"]


@pytest.mark.parametrize(("offset", "byte"), [(19, 3), (47, 9)])
def test_a_format_from_the_future(offset: int, byte: int, sound: Path, tmp_path: Path) -> None:
    data = bytearray(sound.read_bytes())
    data[offset] = byte
    store = tmp_path / "future.db"
    store.write_bytes(data)
    assert read_or_refuse(store) == SnapshotReason.UNSUPPORTED


HOSTILE_SQL = (
    "CREATE TABLE pair AS SELECT randomblob(1000000000)",
    "CREATE TABLE pair(key); DROP TABLE word",
    "CREATE TABLE pair(key",
    "CREATE VIRTUAL TABLE pair USING fts5(key)",
    "CREATE TABLE elsewhere(key)",
    "DROP TABLE word",
    "ATTACH '/tmp/never' AS never",
    "CREATE TABLE pair(" + ", ".join(f"c{number}" for number in range(3000)) + ")",
    "CREATE TABLE pair(key CHECK(" + "(" * 5000 + "1" + ")" * 5000 + "))",
)


@pytest.mark.parametrize("sql", HOSTILE_SQL, ids=range(len(HOSTILE_SQL)))
def test_a_declaration_that_is_none(sql: str, sound: Path, tmp_path: Path) -> None:
    store = tmp_path / "schema.db"
    shutil.copy(sound, store)
    with closing(sqlite3.connect(store, isolation_level=None)) as connection:
        connection.execute("PRAGMA writable_schema=ON")
        connection.execute("UPDATE sqlite_schema SET sql = ? WHERE name = 'pair'", (sql,))
    with pytest.raises(Unreadable) as refusal:
        Database(store).read(lambda snapshot: list(snapshot.table("pair").rows()), timeout=20)
    assert refusal.value.reason == SnapshotReason.UNSUPPORTED
    assert Database(store).read(lambda snapshot: len(list(snapshot.table("word").rows())), timeout=20) == 60


def test_an_index_of_the_log_that_lies(tmp_path: Path) -> None:
    """Noise, zeros, and an end far away: the log itself is believed instead."""
    store = tmp_path / "state.db"
    origin = tmp_path / "origin.db"
    with closing(sqlite3.connect(origin, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=wal")
        connection.execute("CREATE TABLE one(id)")
        connection.execute("INSERT INTO one VALUES(7)")
        for suffix in ("", "-wal", "-shm"):
            shutil.copy(f"{origin}{suffix}", f"{store}{suffix}")
    index = Path(f"{store}-shm")
    true_index = index.read_bytes()
    wrong_page_numbers = true_index[:136] + b"\1\0\0\0" * 100 + true_index[536:]
    for lie in (random.Random(1).randbytes(32768), bytes(32768), b"", b"\1" * 60, wrong_page_numbers):  # noqa: S311
        index.write_bytes(lie)
        found = Database(store).read(lambda snapshot: list(snapshot.table("one").rows()), timeout=20)
        assert found == [{"id": 7}]
