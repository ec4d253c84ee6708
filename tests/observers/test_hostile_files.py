"""Every store that keeps its chats in files, with one of them ill: a finding, in bounded memory, and the others go on.

The files are those of the cases; whoever adds one to a new store adds it to this.
"""

import json
import os
import sys
import threading
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from observers import activity, claude_code
from observers.base import Cursor, Delta, ObserverError, ObserverReason, Turn, TurnRole
from tests.observers.store_cases import open_to_others
from tests.observers.test_cases import STORES, Case
from tests.sampling import count

NOBODY = 65534
SESSIONS = count(2_000, 100_000)
# A megabyte at a time, the longest line that is read, and what stands beside them.
MEMORY_MOST = 300 << 20


def whole(folder: Path) -> bool:
    """A case of files alone that has no problem by itself."""
    expected = json.loads((folder / "expected.json").read_text("utf-8"))
    return bool(expected["rows"]) and not expected["problems"] and not any(folder.rglob("*.sql"))


def sessions_of(folder: Path) -> int:
    return len({row["session"] for row in json.loads((folder / "expected.json").read_text("utf-8"))["rows"]})


FOLDERS = sorted(path.parent for path in STORES.glob("*/*/expected.json") if whole(path.parent))
# One case of each store: that with the most sessions.
ONES = {
    store: max((folder for folder in FOLDERS if folder.parent.name == store), key=sessions_of)
    for store in sorted({folder.parent.name for folder in FOLDERS})
}


class Ill:
    """A case, one session's file of which something is done to, and what it said when it was well."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.empty = case.observer.cursor(case.bare())
        self.store = case.lay(len(case.trees))
        self.well = {session.id: self.said(session.id) for session in case.observer.sessions(self.store)}
        shown = [row for session in self.well for row in case.observer.turns(self.store, session)]
        files = {row.session: Path(row.evidence.rpartition("@")[0] or row.evidence.partition("#")[0]) for row in shown}
        plain = [row for row in shown if files[row.session].suffix != ".zst"]
        newest = max(plain, key=lambda row: row.written_ms or 0)
        self.session = newest.session
        self.file = files[self.session]
        assert self.file.is_file()
        self.others = {session for session, file in files.items() if file != self.file}

    def said(self, session: str) -> set[tuple[str, TurnRole, str]]:
        return {(row.turn, row.role, row.text) for row in self.case.observer.turns(self.store, session)}

    def rows(self, session: str) -> list[Turn]:
        return list(self.case.observer.turns(self.store, session))

    def since(self) -> Delta:
        return self.case.observer.since(self.store, Cursor.load(self.empty.dump()))

    def age(self) -> None:
        """Old enough to be no writer at work, and not as old as it was when it was read."""
        moment = time.time() - 15
        os.utime(self.file, (moment, moment), follow_symlinks=False)

    def check(self, *expected: ObserverReason) -> None:
        """The session gives an error for one of these reasons, or is gone; and all others say what they said."""
        try:
            held = {session.id for session in self.case.observer.sessions(self.store)}
        except ObserverError as error:
            assert error.reason in expected
            held = set()
        assert self.others <= held
        with pytest.raises(ObserverError) as caught:
            self.rows(self.session)
        assert caught.value.reason in {*expected, *([] if self.session in held else [ObserverReason.MISSING])}
        for session in self.others:
            assert self.said(session) == self.well[session]
        self.check_news(listed=self.session in held)

    def check_news(self, *, listed: bool) -> None:
        try:
            delta = self.since()
        except ObserverError:
            # Only when nothing at all could be read.
            assert not self.others
            return
        assert {row.session for row in delta.new} == self.others
        assert bool(delta.problems) == listed


@pytest.fixture(params=sorted(ONES))
def ill(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ill]:
    case = Case(ONES[request.param], tmp_path)
    monkeypatch.setattr(activity, "now_ms", lambda: case.expected["clock_ms"])
    yield Ill(case)
    case.stage.close()


@contextmanager
def bounded_memory() -> Iterator[None]:
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < MEMORY_MOST
    finally:
        tracemalloc.stop()


def test_there_is_one_of_each() -> None:
    mine = {"claude_code", "codex", "gemini_cli", "cline", "roo_code", "continue_dev", "copilot_transcripts"}
    assert mine | {"copilot_jetbrains", "aider", "amazon_q", "vscode_chat"} <= set(ONES)
    assert sum(sessions_of(folder) > 1 for folder in ONES.values()) > 6, "too few show that the others go on"


def test_ten_sparse_gigabytes_are_a_finding(ill: Ill) -> None:
    with ill.file.open("wb") as file:
        file.truncate(10 << 30)
    ill.age()
    with bounded_memory():
        ill.check(ObserverReason.TOO_LARGE)


def test_a_line_of_two_hundred_megabytes_is_a_finding(ill: Ill) -> None:
    with ill.file.open("wb") as file:
        file.write(b'{"type": "')
        file.truncate(200 << 20)
    ill.age()
    with bounded_memory():
        ill.check(ObserverReason.TOO_LARGE)


@pytest.mark.parametrize(
    "content", [b"\0" * 5000 + b"\n", b"\xff\xfe{}\n" * 9, b"[" * 100_000 + b"\n", b'{"a": 1}\n' * 3]
)
def test_noise_is_a_finding(ill: Ill, content: bytes) -> None:
    ill.file.write_bytes(content)
    ill.age()
    ill.check(ObserverReason.CORRUPT, ObserverReason.SCHEMA_CHANGED)


@pytest.mark.skipif(sys.platform == "win32", reason="rights are not told by modes there")
def test_a_file_that_may_not_be_read_is_a_finding(ill: Ill) -> None:
    open_to_others(ill.case.here)
    ill.age()
    ill.file.chmod(0)
    if os.geteuid() == 0:
        os.seteuid(NOBODY)
    try:
        ill.check(ObserverReason.UNREADABLE)
    finally:
        os.seteuid(os.getuid())


def test_a_link_to_itself_is_no_session(ill: Ill) -> None:
    ill.file.unlink()
    ill.file.symlink_to(ill.file.name)
    ill.check(ObserverReason.UNREADABLE)


def test_a_pipe_in_its_place_does_not_hang(ill: Ill) -> None:
    ill.file.unlink()
    os.mkfifo(ill.file)
    ill.check(ObserverReason.UNREADABLE)


def test_folders_that_lead_in_a_circle_are_not_followed(ill: Ill) -> None:
    (ill.file.parent / "round").symlink_to(ill.file.parent, target_is_directory=True)
    (ill.store.path if ill.store.path.is_dir() else ill.store.path.parent).joinpath("up").symlink_to(
        "..", target_is_directory=True
    )
    assert {session: ill.said(session) for session in ill.well} == ill.well


def test_a_store_that_moves_away_while_it_is_read_gives_the_truth_or_an_error(ill: Ill) -> None:
    top = next(path for path in sorted(ill.case.here.iterdir()) if ill.file.is_relative_to(path))
    away, stop = top.with_name("away"), threading.Event()

    def move() -> None:
        while not stop.is_set():
            top.rename(away)
            away.rename(top)

    mover = threading.Thread(target=move)
    mover.start()
    try:
        for _ in range(60):
            try:
                for session in ill.case.observer.sessions(ill.store):
                    assert ill.said(session.id) <= ill.well[session.id]
            except ObserverError as error:
                assert error.where
    finally:
        stop.set()
        mover.join()
    assert {session: ill.said(session) for session in ill.well} == ill.well


@pytest.mark.sampled
def test_of_many_thousand_sessions_all_are_listed_and_the_new_one_is_found(tmp_path: Path) -> None:
    """Of them nothing is read but what is new."""
    store = claude_code.at(tmp_path / "projects" / "-home-me")
    store.path.mkdir(parents=True)
    folder = os.open(store.path, os.O_RDONLY)
    first = ""
    try:
        for number in range(SESSIONS):
            name = f"{number:06}.jsonl"
            # A file system takes so many names of one file, and makes them faster than files.
            if number % 10_000 == 0:
                first = name
                os.close(os.open(name, os.O_CREAT | os.O_WRONLY, 0o600, dir_fd=folder))
                os.utime(name, (1_700_000_000, 1_700_000_000), dir_fd=folder)
            else:
                os.link(first, name, src_dir_fd=folder, dst_dir_fd=folder)
    finally:
        os.close(folder)
    anchor = claude_code.cursor(store)
    entry = {"type": "user", "uuid": "u-1", "message": {"role": "user", "content": "hello"}, "parentUuid": None}
    stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    (store.path / "new.jsonl").write_text(json.dumps({**entry, "timestamp": stamp}) + "\n", encoding="utf-8")
    assert [turn.text for turn in claude_code.since(store, anchor).prompts] == ["hello"]
    assert len(claude_code.sessions(store)) == SESSIONS + 1
    claude_code._CHATS.activity.forget()
