"""Every store that is a database, ill: each question gets an error that says so, or the truth, never an empty answer.

The databases are those of the cases; whoever adds one to a new store adds it to this.
"""

import json
import os
import random
import sqlite3
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

from observers import activity
from observers.base import Cursor, ObserverError, ObserverReason, Turn, TurnRole
from tests.observers.store_cases import open_to_others
from tests.observers.test_cases import STORES, Case
from tests.sampling import SEED, count

# One case of each store with a database, the first by name that has no problem by itself.
ONES = {
    folder.parent.name: folder
    for folder in sorted((path.parent for path in STORES.glob("*/*/expected.json")), reverse=True)
    if any(folder.rglob("*.sql")) and '"problems": [],\n  "steps"' in (folder / "expected.json").read_text("utf-8")
}
NOBODY = 65534


class Ill:
    """A case whose database something is done to, with what it said when it was well."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.empty = case.observer.cursor(case.bare())
        self.store = case.lay(len(case.trees))
        scripts = [script.relative_to(tree).with_suffix("") for tree in case.trees for script in tree.rglob("*.sql")]
        self.database = case.here / scripts[0]
        self.well = self.turns()
        assert self.well
        # What was read while it was well shall not answer for it now.
        self.forget()

    def forget(self) -> None:
        for name in ("_ACTIVITY", "_COMPOSERS"):
            if (kept := getattr(self.case.observer, name, None)) is not None:
                kept.forget()

    def turns(self) -> list[Turn]:
        found = self.case.observer.sessions(self.store)
        return [row for session in found for row in self.case.observer.turns(self.store, session.id)]

    def said(self, rows: list[Turn]) -> set[tuple[str, TurnRole, str]]:
        return {(row.turn, row.role, row.text) for row in rows}

    def alone(self) -> None:
        """The database with all that is in its log, and nothing beside it."""
        self.case.stage.close()
        for beside in ("-wal", "-shm"):
            Path(f"{self.database}{beside}").unlink(missing_ok=True)


@pytest.fixture(params=sorted(ONES))
def ill(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ill]:
    # A transcript that comes late would answer for the database.
    case = Case(ONES[request.param], tmp_path)
    case.trees = [tree for tree in case.trees if any(tree.rglob("*.sql"))]
    monkeypatch.setattr(activity, "now_ms", lambda: case.expected["clock_ms"])
    yield Ill(case)
    case.stage.close()


def reasons(ill: Ill, ask: Callable[[], object] | None = None) -> set[ObserverReason]:
    """Why the store gives nothing; fails where it gives something, or says that nothing is there."""
    asked = ask or ill.turns
    with pytest.raises(ObserverError) as caught:
        asked()
    assert str(ill.case.here) in caught.value.where
    with pytest.raises(ObserverError):
        ill.case.observer.since(ill.store, Cursor.load(ill.empty.dump()))
    problems = ill.case.observer.health(ill.store)
    return {caught.value.reason, *(problem.reason for problem in problems)}


def test_there_is_one_of_each() -> None:
    assert {"cursor", "kilo", "opencode", "goose", "zed", "antigravity"} <= set(ONES)


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: os.urandom(len(data)),
        lambda data: data[:100] + os.urandom(len(data) - 100),
        lambda data: bytes(len(data)),
        lambda data: data[: len(data) // 2 + 7],
        lambda data: b"SQLite format 3\0",
    ],
    ids=["noise", "noise after the header", "zeros", "half of it", "its first words"],
)
def test_a_damaged_database_is_a_finding(ill: Ill, damage: Callable[[bytes], bytes]) -> None:
    ill.alone()
    ill.database.write_bytes(damage(ill.database.read_bytes()))
    assert reasons(ill) == {ObserverReason.CORRUPT}


def test_a_schema_from_the_future_is_a_finding(ill: Ill) -> None:
    """Whichever table is gone: that is never an empty store."""
    ill.alone()
    with closing(sqlite3.connect(ill.database)) as connection:
        tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        for table in tables:
            if not table.startswith("sqlite_"):
                connection.execute(f'ALTER TABLE "{table}" RENAME TO "{table}_of_the_future"')
    assert reasons(ill) == {ObserverReason.SCHEMA_CHANGED}


@contextmanager
def unprivileged() -> Iterator[None]:
    """As a user who may read nothing of ours; root may read everything."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.skipif(sys.platform == "win32", reason="rights are not told by modes there")
def test_a_database_that_may_not_be_read_is_a_finding(ill: Ill) -> None:
    ill.alone()
    ill.database.chmod(0)
    open_to_others(ill.case.here)
    with unprivileged():
        assert reasons(ill) == {ObserverReason.UNREADABLE}


def test_a_link_to_itself_is_a_finding(ill: Ill) -> None:
    ill.alone()
    ill.database.unlink()
    ill.database.symlink_to(ill.database.name)
    try:
        found = ill.turns()
    except ObserverError as problem:
        assert problem.reason is ObserverReason.UNREADABLE
    else:
        # Where each chat has a database, a link that leads nowhere is none.
        assert found == []


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")
def test_a_pipe_in_its_place_does_not_hang(ill: Ill) -> None:
    ill.alone()
    ill.database.unlink()
    os.mkfifo(ill.database)
    try:
        assert ill.turns() == []
    except ObserverError as problem:
        assert problem.reason is ObserverReason.UNREADABLE


def test_ten_sparse_gigabytes_behind_it_change_nothing(ill: Ill) -> None:
    ill.alone()
    os.truncate(ill.database, 10 << 30)
    assert ill.said(ill.turns()) == ill.said(ill.well)


def test_a_database_that_moves_away_and_comes_back_gives_the_truth_or_an_error(ill: Ill) -> None:
    ill.alone()
    away = ill.database.with_name("away")
    over = threading.Event()

    def move() -> None:
        while not over.is_set():
            ill.database.rename(away)
            away.rename(ill.database)

    mover = threading.Thread(target=move)
    mover.start()
    truth = ill.said(ill.well)
    try:
        for _ in range(60):
            ill.forget()
            try:
                delta = ill.case.observer.since(ill.store, Cursor.load(ill.empty.dump()))
            except ObserverError:
                continue
            assert ill.said([*delta.new, *delta.changed]) <= truth
    finally:
        over.set()
        mover.join()
    ill.forget()
    assert ill.said(ill.turns()) == truth


@pytest.mark.sampled
def test_values_of_other_shapes_are_findings_and_never_crash(ill: Ill) -> None:
    """One value after the other, at any depth, becomes something else; a chat that cannot be read says why."""
    ill.alone()
    content = ill.database.read_bytes()
    chance = random.Random(SEED)  # noqa: S311
    for _ in range(count(12, 400)):
        ill.database.write_bytes(content)
        with closing(sqlite3.connect(ill.database)) as connection, connection:
            disturb(connection, chance)
        ill.forget()
        try:
            ill.turns()
            ill.case.observer.since(ill.store, Cursor.load(ill.empty.dump()))
        except ObserverError as problem:
            assert problem.where
            assert problem.reason in {ObserverReason.SCHEMA_CHANGED, ObserverReason.CORRUPT, ObserverReason.TOO_LARGE}


def disturb(connection: sqlite3.Connection, chance: random.Random) -> None:
    """Changes one cell of one table: its type, or a value somewhere in its JSON."""
    tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
    filled = [name for name in tables if connection.execute(f'SELECT 1 FROM "{name}"').fetchone()]  # noqa: S608
    table = chance.choice(filled)
    column = chance.choice([row[1] for row in connection.execute(f'PRAGMA table_info("{table}")')])
    cells = connection.execute(f'SELECT rowid, "{column}" FROM "{table}"').fetchall()  # noqa: S608
    rowid, value = chance.choice(cells)
    odd = chance.choice([None, -1, 1 << 62, 1.5, "text", b"\xff\x00", "[]", "{}", "[1]", '{"a": null}', ""])
    with suppress(TypeError, ValueError):
        odd = json.dumps(odder(json.loads(value), chance))
    with suppress(sqlite3.IntegrityError):
        connection.execute(f'UPDATE OR IGNORE "{table}" SET "{column}" = ? WHERE rowid = ?', (odd, rowid))  # noqa: S608


def odder(value: object, chance: random.Random) -> object:
    """The same with one value in it replaced."""
    if isinstance(value, dict) and value and chance.random() < 0.8:
        key = chance.choice(sorted(value))
        return {**value, key: odder(value[key], chance)}
    if isinstance(value, list) and value and chance.random() < 0.8:
        at = chance.randrange(len(value))
        return [*value[:at], odder(value[at], chance), *value[at + 1 :]]
    return chance.choice([None, True, -1, 1 << 70, 1.5, "text", "\ud800", [], {}, [1], {"type": 7}, [[[]]]])
