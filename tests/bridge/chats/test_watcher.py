"""The live state of many chats in real stores: what is written is seen, what fails is told, rest costs nothing."""

import errno
import json
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from watchdog.observers.api import BaseObserver

from bridge.chats import place, watcher
from bridge.chats.chat import Chat, listed, read
from bridge.chats.directories import Directories
from bridge.chats.stores import ChatFilter, ChatReader
from bridge.chats.watcher import Update, Watcher
from observers import vscode_chat
from observers.base import ChatSession, Observer, ObserverError, ObserverReason, State, Store, Turn, TurnRole
from tests.daemon import eventually

PATIENCE = 60.0
DAY_S = 24 * 3600


class Running:
    """A watcher in a thread, and all it told."""

    def __init__(self, observers: Mapping[str, Observer], directories: Directories, **wanted: Any) -> None:
        self.watcher = Watcher(ChatReader(observers), ChatFilter(**wanted), directories)
        self.updates: list[Update] = []
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        eventually(lambda: any(one.empty and one.stores[0] == one.stores[1] for one in self.updates), "it is ready")

    def _run(self) -> None:
        for update in self.watcher.updates(tick_s=0.05):
            self.updates.append(update)

    def until(self, condition: Callable[[], bool], what: str) -> None:
        eventually(lambda: condition() or not self._thread.is_alive(), what, PATIENCE)
        assert condition(), what

    def until_state(self, session: str, state: State) -> None:
        self.until(lambda: self.state(session) is state, f"{session} is {state}")

    def until_text(self, text: str) -> None:
        self.until(lambda: text in self.texts(), f"{text!r} is told")

    def chat(self, session: str) -> Chat | None:
        return next((chat for chat in self.watcher.chats() if chat.session == session), None)

    def state(self, session: str) -> State | None:
        chat = self.chat(session)
        return None if chat is None else chat.state

    def texts(self) -> list[str]:
        return [turn.text for update in self.updates for turn in update.turns]

    def stop(self) -> None:
        self.watcher.stop()
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()


Watch = Callable[..., Running]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("XDG_CONFIG_HOME", "VSCODE_PORTABLE"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.fixture
def watch() -> Iterator[Watch]:
    started: list[Running] = []
    all_directories: list[Directories] = []

    def start(
        observers: Mapping[str, Any] | None = None, make: Callable[[], BaseObserver] | None = None, **wanted: Any
    ) -> Running:
        all_directories.append(Directories() if make is None else Directories(make))
        started.append(Running(observers or {"vscode_chat": vscode_chat}, all_directories[-1], **wanted))
        return started[-1]

    yield start
    for running in started:
        running.stop()
    for directories in all_directories:
        directories.stop()


def storage(home: Path, name: str = "w1", product: str = "Code") -> Path:
    """The folder where VS Code keeps the chats of one workspace."""
    folder = home / ".config" / product / "User" / "workspaceStorage" / name
    (folder / "chatSessions").mkdir(parents=True, exist_ok=True)
    (folder / "workspace.json").write_text(json.dumps({"folder": f"file:///{name}"}), encoding="utf-8")
    return folder / "chatSessions"


def write(file: Path, *prompts: str, state: int = 1, age_s: float = 0) -> None:
    """A chat in which all prompts but the last are answered; `state` is VS Code's for the last."""
    requests = [
        {
            "requestId": f"{file.stem}-{number}",
            "timestamp": time.time_ns() // 1_000_000,
            "message": {"text": prompt},
            "response": [],
            "modelState": {"value": state if number == len(prompts) - 1 else 1},
        }
        for number, prompt in enumerate(prompts)
    ]
    line = json.dumps({"kind": 0, "v": {"version": 3, "requests": requests}}) + "\n"
    partial = file.with_suffix(".tmp")
    partial.write_text(line, encoding="utf-8")
    if age_s:
        os.utime(partial, (time.time() - age_s, time.time() - age_s))
    partial.replace(file)


def like_vscode(**other: Any) -> Any:
    """The observer of VS Code with some of its functions replaced."""
    return SimpleNamespace(**{name: getattr(vscode_chat, name) for name in dir(vscode_chat)} | other)


def test_every_state_is_seen_as_it_is_written(home: Path, watch: Watch) -> None:
    file = storage(home) / "a.jsonl"
    running = watch()
    for number, state in enumerate([State.WORKING, State.DONE, State.INTERRUPTED, State.ERROR, State.NEEDS_INPUT]):
        write(file, *[f"prompt {each}" for each in range(number + 1)], state=number)
        running.until_state("a", state)
        running.until_text(f"prompt {number}")
    chat = running.chat("a")
    assert chat is not None
    assert (chat.title, chat.workspace, chat.product) == ("prompt 0", "/w1", "code")
    assert str(file) in str(chat.evidence)
    assert chat.horizon_s is not None
    assert not running.watcher.faults()


def test_what_was_there_before_is_told_as_such_and_not_as_new_turns(home: Path, watch: Watch) -> None:
    write(storage(home) / "a.jsonl", "old prompt", age_s=60)
    running = watch()
    assert running.state("a") is State.DONE
    write(storage(home) / "a.jsonl", "old prompt", "new prompt", state=0)
    running.until(lambda: "new prompt" in running.texts(), "the new prompt is told")
    assert "old prompt" not in running.texts()
    assert next(update.first for update in running.updates if update.chats)


def test_stores_that_appear_later_are_found(home: Path, watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watcher, "FIND_S", 0.05)
    running = watch()
    assert running.watcher.stores() == 0
    for name in ("w1", "w2"):
        write(storage(home, name) / f"{name}.jsonl", "hello", state=4)
        running.until_state(name, State.NEEDS_INPUT)


def test_a_store_that_vanishes_takes_its_chats_along_and_may_come_back(
    home: Path, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watcher, "FIND_S", 0.05)
    write(storage(home) / "a.jsonl", "hello", age_s=60)
    running = watch()
    assert running.state("a") is State.DONE
    shutil.rmtree(home / ".config")
    running.until(lambda: running.chat("a") is None, "the chat is gone")
    assert any(chat.session == "a" for update in running.updates for chat in update.gone)
    write(storage(home) / "a.jsonl", "hello again", state=0)
    running.until(lambda: running.state("a") is State.WORKING, "the chat is back")


def test_several_observers_are_watched_at_once(home: Path, watch: Watch) -> None:
    def locate_other(workspace: object = None) -> tuple[Store, ...]:
        return (Store("other", storage(home, "w2", "Other"), "/w2", "other"),)

    other = like_vscode(ID="other", locate=locate_other)
    one, two = storage(home), storage(home, "w2", "Other")
    running = watch({"vscode_chat": vscode_chat, "other": other})
    for number in range(10):
        write(one / "a.jsonl", *["x"] * number, f"to code {number}", state=0)
        write(two / "b.jsonl", *["x"] * number, f"to other {number}", state=0)
    running.until(lambda: {"to code 9", "to other 9"} <= set(running.texts()), "both are seen")
    assert {chat.observer for chat in running.watcher.chats()} == {"vscode_chat", "other"}


@pytest.mark.usefixtures("faults_kept")
def test_one_observer_that_crashes_is_a_fault_and_the_others_go_on(home: Path, watch: Watch) -> None:
    def crash(*_: object) -> Any:
        raise ZeroDivisionError("a bug that may quote a prompt")

    def locate_broken(workspace: object = None) -> tuple[Store, ...]:
        return (Store("broken", storage(home, "w2")),)

    write(storage(home) / "a.jsonl", "hello", age_s=60)
    for name in ("locate", "sessions", "since", "turns", "watch_paths", "flush_horizon"):
        write(storage(home, "w2") / "b.jsonl", "hello", age_s=60)
        broken = like_vscode(**{"locate": locate_broken, name: crash})
        running = watch({"broken": broken, "vscode_chat": vscode_chat})
        assert running.state("a") is State.DONE
        if name not in ("watch_paths", "flush_horizon"):  # without these it is merely polled, or of unknown lateness
            write(storage(home, "w2") / "b.jsonl", "hello", "again")
            running.until(lambda: "crashed" in [one.reason for one in running.watcher.faults()], f"{name} is a fault")  # noqa: B023
        assert "prompt" not in str(running.watcher.faults())
        running.stop()


def test_a_new_format_is_a_fault_until_it_can_be_read_again(
    home: Path, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watcher, "FAULTS_S", 0.05)
    folder = storage(home)
    write(folder / "a.jsonl", "hello", age_s=60)
    running = watch()
    future = json.dumps({"kind": 0, "v": {"version": 99, "requests": []}}) + "\n"
    (folder / "b.jsonl").write_text(future, encoding="utf-8")
    running.until(lambda: [fault.reason for fault in running.watcher.faults()] == ["schema_changed"], "it is a fault")
    assert any(update.faults for update in running.updates)
    assert running.state("a") is State.DONE, "the other chat is as it was"
    write(folder / "b.jsonl", "readable now", state=0)
    running.until(lambda: running.state("b") is State.WORKING, "it is read")
    # Whoever is not told of a fault's end looks for it.
    monkeypatch.setattr(watcher, "POLL_TOLD_S", 0.05)
    write(folder / "b.jsonl", "readable now", "and more", state=0)
    running.until(lambda: not running.watcher.faults(), "the fault is over")
    assert any(update.cleared for update in running.updates)


def test_a_store_that_only_its_product_can_read_is_a_chat_of_unknown_state(home: Path, watch: Watch) -> None:
    def locked(*_: object) -> Any:
        raise ObserverError(ObserverReason.ENCRYPTED, "only its product can read it")

    storage(home)
    running = watch({"vscode_chat": like_vscode(sessions=locked)})
    (chat,) = running.watcher.chats()
    assert (chat.state, chat.problem) == (State.UNKNOWN, "encrypted")
    assert not running.watcher.faults()


def test_without_any_notification_everything_is_polled_and_said_so(
    home: Path, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none() -> BaseObserver:
        raise OSError(errno.EMFILE, "inotify instance limit reached")

    monkeypatch.setattr(watcher, "POLL_UNTOLD_S", 0.05)
    folder = storage(home)
    running = watch(make=none)
    unwatched = running.watcher.unwatched()
    assert str(folder) in unwatched
    assert all("limit" in reason for reason in unwatched.values())
    for number in range(3):
        write(folder / "a.jsonl", *["x"] * number, f"prompt {number}", state=0)
        running.until_text(f"prompt {number}")


def test_thousands_of_old_chats_are_never_read(home: Path, watch: Watch) -> None:
    folder = storage(home)
    for number in range(2000):
        write(folder / f"old{number}.jsonl", "long ago", age_s=2 * DAY_S)
    asked: list[str] = []

    def turns(store: Store, session: str) -> tuple[Turn, ...]:
        asked.append(session)
        return vscode_chat.turns(store, session)

    running = watch({"vscode_chat": like_vscode(turns=turns)})
    assert asked == []
    assert running.watcher.chats() == []
    write(folder / "old7.jsonl", "long ago", "and today", state=0)
    running.until(lambda: running.state("old7") is State.WORKING, "the one that wakes is seen")
    assert set(asked) == {"old7"}


def test_a_store_of_many_folders_shows_those_that_are_meant(home: Path, watch: Watch) -> None:
    def sessions(store: Store) -> tuple[ChatSession, ...]:
        return tuple(replace(one, workspace=f"/{one.id}") for one in vscode_chat.sessions(store))

    def locate(workspace: object = None) -> tuple[Store, ...]:
        return (Store("vscode_chat", storage(home), None, "code"),)

    many = like_vscode(sessions=sessions, locate=locate)
    for name in ("a", "b"):
        write(storage(home) / f"{name}.jsonl", "hello", age_s=60)
    found = ChatReader({"vscode_chat": many})
    wanted = ChatFilter(workspace="/a")
    assert [one.id for one in found.sessions(found.stores(wanted), wanted)] == ["a"]
    running = watch({"vscode_chat": many}, workspace="/a")
    assert [chat.session for chat in running.watcher.chats()] == ["a"]
    for name in ("b", "a"):
        write(storage(home) / f"{name}.jsonl", "hello", f"more in {name}", state=0)
    running.until_text("more in a")
    assert "more in b" not in running.texts()


def test_an_agent_that_dies_while_it_works_is_looked_at_again(
    home: Path, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watcher, "RECHECK_S", 0.05)
    alive = [True]

    def turns(store: Store, session: str) -> tuple[Turn, ...]:
        rows = vscode_chat.turns(store, session)
        dead = [replace(row, state=State.UNKNOWN, reason="its process is gone") for row in rows]
        return rows if alive[0] else tuple(dead)

    write(storage(home) / "a.jsonl", "hello", state=0)
    running = watch({"vscode_chat": like_vscode(turns=turns)})
    running.until(lambda: running.state("a") is State.WORKING, "it works")
    alive[0] = False
    running.until(lambda: running.state("a") is State.UNKNOWN, "it does not look busy for ever")


def test_a_store_that_is_changing_is_asked_again(home: Path, watch: Watch) -> None:
    left = [5]

    def turns(store: Store, session: str) -> tuple[Turn, ...]:
        left[0] -= 1
        if left[0] > 0:
            raise ObserverError(ObserverReason.CHANGING, "is being written")
        return vscode_chat.turns(store, session)

    write(storage(home) / "a.jsonl", "hello", age_s=60)
    running = watch({"vscode_chat": like_vscode(turns=turns)})
    running.until(lambda: running.state("a") is State.DONE, "it is read in the end")
    assert not running.watcher.faults()


def test_only_so_many_chats_are_kept(home: Path) -> None:
    for number in range(10):
        write(storage(home) / f"{number}.jsonl", "hello", age_s=100 - number)
    directories = Directories()
    kept = Watcher(ChatReader({"vscode_chat": vscode_chat}), ChatFilter(), directories, most=3)
    for update in kept.updates():
        if update.empty:
            break
    assert [chat.session for chat in kept.chats()] == ["9", "8", "7"]
    directories.stop()


# --- one chat, without a store -------------------------------------------------------------------------------------

STORE = Store("vscode_chat", Path("/s"), "/w", "code")


def turn(state: State, number: int = 0, **more: Any) -> Turn:
    return Turn(STORE, "a", f"t{number}", TurnRole.USER, f"prompt {number}", state, 1000, f"/s@{number}", **more)


def test_nobody_is_busy_for_ever() -> None:
    chat = read(ChatSession(STORE, "a", 1000), [turn(State.WORKING, until_ms=5000)])
    assert chat.aged(5000) is chat
    late = chat.aged(5001)
    assert late.state is State.UNKNOWN
    assert late.reason is not None
    assert late.reason.startswith("working, but nothing was written since 1970-01-01T00:00:01")
    over = read(ChatSession(STORE, "a", 1000), [turn(State.DONE, until_ms=5000)])
    assert over.aged(10**12) is over


@pytest.mark.parametrize(
    ("states", "shown"),
    [
        ([State.NEEDS_INPUT, State.QUEUED], State.NEEDS_INPUT),
        ([State.WORKING, State.QUEUED, State.QUEUED], State.WORKING),
        ([State.DONE, State.QUEUED], State.QUEUED),
        ([State.UNKNOWN, State.QUEUED], State.QUEUED),
        ([State.ERROR, State.WORKING], State.WORKING),
        ([State.WORKING, State.DONE], State.DONE),
    ],
)
def test_a_prompt_in_line_does_not_hide_what_the_chat_waits_for(states: list[State], shown: State) -> None:
    rows = [turn(state, number) for number, state in enumerate(states)]
    assert read(ChatSession(STORE, "a", 1000), rows).state is shown


def test_a_chat_without_a_turn_is_unknown() -> None:
    assert read(ChatSession(STORE, "a", 1000), []).state is State.UNKNOWN
    assert listed(ChatSession(STORE, "a", 1000)).state is State.UNKNOWN


def test_a_chat_as_json_has_times_people_can_read() -> None:
    limited = turn(State.RATE_LIMITED, resets_ms=7000, reason="out of tokens")
    row = cast("dict[str, Any]", read(ChatSession(STORE, "a", 1000), [limited]).row())
    assert (row["state"], row["reason"], row["resets"]) == ("rate_limited", "out of tokens", "1970-01-01T00:00:07.000Z")
    assert row["evidence"] == "/s@0"
    assert json.loads(json.dumps(row)) == row


def test_the_tick_of_the_file_system_is_allowed_for() -> None:
    chat = read(ChatSession(STORE, "a", 1000), [turn(State.DONE)])
    assert place._unsettled(chat)
    assert not place._unsettled(replace(chat, modified_ms=0, observed_ms=1000))
