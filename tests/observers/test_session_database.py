"""Chats in one database: what is read again after a change, what a hint leads to, and what is too much."""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from observers import activity, antigravity, clock, cursor, kiro, opencode, session_database
from observers.activity import Activity
from observers.base import Cursor, ObserverError, ObserverReason, State, Store, Turn, TurnRole
from observers.catalogue import OBSERVERS
from observers.exchange import Exchange, rows
from observers.listing import Source
from observers.session_database import ChatEntry, Contents, SessionDatabase, Span
from observers.sqlite_snapshot import Database, Snapshot
from tests.observers.store_cases import Stage

STORES = Path(__file__).parent.parent / "stores"
NOW = 1_795_203_961_000


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """However busy the machine is: the bound of a question is no matter of these tests."""
    monkeypatch.setattr(session_database, "TIMEOUT_S", 120.0)


class Chats:
    """A store of (chat, time, text) whose adapter counts what it reads."""

    def __init__(self, path: Path, chats: int) -> None:
        self.store = Store("counted", path)
        self.read: list[str] = []
        self.scanned: list[str] = []
        self.listed = 0
        self.database = SessionDatabase("chat", self.entries, self.ids, self.contents)
        self.activity = Activity(self.database.sources, self.database.scan, self.turns, 900, dated=True)
        self.connection = sqlite3.connect(path, isolation_level=None)
        self.connection.executescript(
            "PRAGMA journal_mode = wal; CREATE TABLE chat (id TEXT PRIMARY KEY, updated INTEGER, folder TEXT);"
            "CREATE TABLE said (id INTEGER PRIMARY KEY, chat TEXT, text TEXT, at INTEGER);"
            "CREATE INDEX of_chat ON said (chat);"
        )
        self.connection.execute("BEGIN")
        for number in range(chats):
            folder = "/home/me/even" if number % 2 == 0 else "/home/me/odd"
            self.connection.execute("INSERT INTO chat VALUES (?, ?, ?)", (f"c{number}", NOW - number, folder))
            said = (f"c{number}", f"prompt {number}", NOW - number)
            self.connection.execute("INSERT INTO said (chat, text, at) VALUES (?, ?, ?)", said)
        self.connection.execute("COMMIT")

    def say(self, chat: str, text: str, updated: int | None = NOW + 1) -> None:
        said = (chat, text, updated or NOW)
        self.connection.execute("INSERT INTO said (chat, text, at) VALUES (?, ?, ?)", said)
        if updated is not None:
            self.connection.execute("UPDATE chat SET updated = ? WHERE id = ?", (updated, chat))

    def entries(self, snapshot: Snapshot, _path: Path, span: Span) -> list[ChatEntry]:
        self.listed += 1
        found = snapshot.table("chat").rows(first=span.first, last=span.last)
        return [
            ChatEntry(str(row["id"]), repr(row["updated"]), int(str(row["updated"])), str(row["folder"]))
            for row in found
        ]

    def ids(self, snapshot: Snapshot, chat: str) -> list[str]:
        self.scanned.append(chat)
        return [repr(row["id"]) for row in snapshot.table("said").find({"chat": chat}, ["id"])]

    def contents(self, snapshot: Snapshot, chat: str) -> Contents:
        self.read.append(chat)
        found = snapshot.table("said").find({"chat": chat}, ["id", "text", "at"])
        return Contents(tuple((row["id"], row["text"], row["at"]) for row in found))

    def turns(self, store: Store, source: Source) -> tuple[Turn, ...]:
        found = self.database.contents(store, source).rows
        said = [Exchange(repr(number), str(text), "there", written_ms=int(str(at))) for number, text, at in found]
        return rows(store, source.key, said)


@pytest.fixture
def chats(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Chats]:
    monkeypatch.setattr(activity, "now_ms", lambda: NOW)
    made = Chats(tmp_path / "chats.db", 300)
    with closing(made.connection):
        yield made


def test_nothing_is_read_while_nothing_changes(chats: Chats) -> None:
    anchor = chats.activity.cursor(chats.store)
    chats.read.clear()
    listed = chats.listed
    assert not chats.activity.since(chats.store, anchor).new
    chats.activity.cursor(chats.store)
    assert (chats.read, chats.listed) == ([], listed)


def test_of_three_hundred_chats_only_the_newest_are_looked_at(chats: Chats) -> None:
    anchor = chats.activity.cursor(chats.store)
    chats.read.clear()
    chats.say("c250", "a new one")
    assert [row.text for row in chats.activity.since(chats.store, anchor).new] == ["a new one"]
    assert "c250" in chats.read
    assert len(set(chats.read)) <= session_database.NEWEST


def test_a_write_that_the_listing_does_not_tell_is_seen_in_the_newest_chats(chats: Chats) -> None:
    """A product may write what is said before it writes that the chat changed."""
    anchor = chats.activity.cursor(chats.store)
    chats.say("c3", "not listed yet", updated=None)
    assert [row.text for row in chats.activity.since(chats.store, anchor).new] == ["not listed yet"]


def test_ids_are_scanned_once_and_many_together(chats: Chats, monkeypatch: pytest.MonkeyPatch) -> None:
    reads: list[object] = []
    read = Database.read

    def counted(database: Database, query: Callable[[Snapshot], object], *, timeout: float = 2.0) -> object:
        reads.append(query)
        return read(database, query, timeout=timeout)

    monkeypatch.setattr(Database, "read", counted)
    chats.activity.cursor(chats.store)
    assert sorted(set(chats.scanned)) == sorted(f"c{number}" for number in range(300))
    assert len(reads) < 5
    chats.scanned.clear()
    chats.say("c7", "one more")
    chats.activity.cursor(chats.store)
    assert "c7" in chats.scanned


def test_a_store_of_one_folder_holds_the_chats_of_that_folder(chats: Chats) -> None:
    odd = Store("counted", chats.store.path, "/home/me/odd/")
    found = chats.activity.sessions(odd)
    assert {session.workspace for session in found} == {"/home/me/odd"}
    assert len(found) == 150


def test_one_value_that_is_too_large_is_a_problem_of_its_chat_only(chats: Chats) -> None:
    anchor = chats.activity.cursor(chats.store)
    chats.connection.execute("INSERT INTO said (chat, text) VALUES ('c1', zeroblob(70 << 20))")
    chats.say("c2", "the others go on")
    delta = chats.activity.since(chats.store, anchor)
    assert [row.text for row in delta.new] == ["the others go on"]
    assert [problem.reason for problem in delta.problems] == [ObserverReason.TOO_LARGE]


def test_many_chats_at_rest_make_a_small_cursor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(activity, "now_ms", lambda: NOW + 10 * activity.RESTED_MS)
    many = Chats(tmp_path / "many.db", 20_000)
    with closing(many.connection):
        anchor = many.activity.cursor(many.store)
        assert many.scanned == []
        assert len(anchor.dump()) < 40 * 20_000
        many.say("c19999", "after ten days", NOW + 10 * activity.RESTED_MS)
        assert [row.text for row in many.activity.since(many.store, anchor).prompts] == ["after ten days"]


# --- single products ---


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "VSCODE_PORTABLE", "KILO_DB", "KILO_DATA_DIR", "KIRO_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("GOOSE_PATH_ROOT", raising=False)
    monkeypatch.setattr("sys.platform", "linux")
    return tmp_path


@pytest.fixture
def stage() -> Iterator[list[Stage]]:
    stages: list[Stage] = []
    yield stages
    for one in stages:
        one.close()


def play(stages: list[Stage], case: str, here: Path) -> None:
    made = Stage(here)
    stages.append(made)
    for tree in sorted(path for path in (STORES / case).iterdir() if path.is_dir()):
        made.play(tree)


@pytest.mark.parametrize(
    ("observer", "case", "below"),
    [
        ("opencode", "opencode/lifecycle", ".local/share"),
        ("kilo", "kilo/lifecycle", ".local/share"),
        ("goose", "goose/lifecycle", ".local/share"),
        ("zed", "zed/lifecycle", ".local/share"),
        ("cursor", "cursor/lifecycle", ".config"),
        ("kiro", "kiro/lifecycle", ""),
        ("junie", "junie/lifecycle", ""),
    ],
)
def test_a_store_is_found_by_the_folder_of_its_chats(
    home: Path, stage: list[Stage], observer: str, case: str, below: str
) -> None:
    assert OBSERVERS[observer].locate() == ()
    play(stage, case, home / below)
    (everything,) = OBSERVERS[observer].locate()
    assert everything.workspace is None
    assert OBSERVERS[observer].sessions(everything)
    (ours,) = OBSERVERS[observer].locate("/home/me/app")
    assert {session.workspace for session in OBSERVERS[observer].sessions(ours)} == {"/home/me/app"}
    assert OBSERVERS[observer].locate("/home/me/nothing") == ()


@pytest.mark.parametrize(
    ("observer", "case", "below", "stores"),
    [
        ("cursor", "cursor/transcript", "", 1),
        ("antigravity", "antigravity/states", "", 1),
        ("windsurf", "windsurf/transcript", "", 1),
        ("windsurf", "windsurf/encrypted", "", 1),
        ("jetbrains_ai", "jetbrains_ai/chat", ".config", 1),
    ],
)
def test_a_store_that_names_no_folder_is_found_among_all(
    home: Path, stage: list[Stage], observer: str, case: str, below: str, stores: int
) -> None:
    play(stage, case, home / below)
    found = OBSERVERS[observer].locate()
    assert len(found) == stores
    assert all(OBSERVERS[observer].sessions(store) for store in found)


@pytest.mark.parametrize("observer", ["antigravity", "cursor", "jetbrains_ai", "junie", "kilo", "kiro", "opencode"])
def test_a_hint_that_leads_nowhere_is_refused(tmp_path: Path, observer: str) -> None:
    with pytest.raises(ObserverError) as caught:
        OBSERVERS[observer].at(tmp_path / "not" / "there")
    assert caught.value.reason is ObserverReason.MISSING
    assert caught.value.hint


def test_the_end_of_a_turn_in_cursor_counts_once_it_has_settled(
    tmp_path: Path, stage: list[Stage], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The product writes `aborted` and within two seconds `completed` when a turn ends well."""
    now = [NOW + 1_000]
    for module in (activity, clock):
        monkeypatch.setattr(module, "now_ms", lambda: now[0])
    play(stage, "cursor/states", tmp_path)
    store = cursor.at(tmp_path / "Cursor/User/globalStorage")
    anchor = cursor.cursor(store)
    fresh = {row.session: row.state for row in cursor.turns(store, "c2")}
    now[0] += cursor.SETTLE_MS
    settled = {row.session: row.state for row in cursor.turns(store, "c2")}
    assert (fresh, settled) == ({"c2": State.UNKNOWN}, {"c2": State.INTERRUPTED})
    told = cursor.since(store, anchor).changed
    assert State.INTERRUPTED in {row.state for row in told if row.session == "c2"}


def test_a_killed_agent_does_not_look_busy_for_ever(
    tmp_path: Path, stage: list[Stage], monkeypatch: pytest.MonkeyPatch
) -> None:
    play(stage, "opencode/killed_run", tmp_path)
    store = opencode.at(tmp_path / "opencode")
    (session,) = opencode.sessions(store)
    monkeypatch.setattr(activity, "now_ms", lambda: session.modified_ms + 1000)
    assert {row.state for row in opencode.turns(store, session.id)} == {State.WORKING}
    monkeypatch.setattr(activity, "now_ms", lambda: session.modified_ms + 1000 + round(opencode.FRESHNESS_S * 1000))
    assert {row.state for row in opencode.turns(store, session.id)} == {State.UNKNOWN}


def test_an_encrypted_conversation_is_listed_and_said_to_be_encrypted(tmp_path: Path, stage: list[Stage]) -> None:
    play(stage, "antigravity/states", tmp_path)
    store = antigravity.at(tmp_path / ".gemini/antigravity")
    refused = {}
    for session in antigravity.sessions(store):
        try:
            antigravity.turns(store, session.id)
        except ObserverError as problem:
            refused[session.id[-1]] = problem.reason
    assert refused == {"4": ObserverReason.CORRUPT, "5": ObserverReason.ENCRYPTED}


def test_kiro_tells_a_session_s_folder_once_it_is_written(tmp_path: Path) -> None:
    log = tmp_path / "s.jsonl"
    prompt = {"message_id": "p", "content": [{"kind": "text", "data": "hello"}]}
    log.write_text(json.dumps({"kind": "Prompt", "data": prompt}) + "\n", encoding="utf-8")
    store = kiro.at(tmp_path)
    assert kiro.sessions(store)[0].workspace is None
    log.with_suffix(".json").write_text('{"session_id": "s", "cwd": "/home/me/\\u00fc"}', encoding="utf-8")
    assert kiro.sessions(store)[0].workspace == "/home/me/ü"


def test_a_cursor_survives_as_text(chats: Chats) -> None:
    anchor = Cursor.load(chats.activity.cursor(chats.store).dump())
    chats.say("c0", "later")
    assert [row.role for row in chats.activity.since(chats.store, anchor).new] == [TurnRole.USER]
