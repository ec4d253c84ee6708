"""Each place where a fault of ours is contained: what the caller gets instead, and that the one fault is told."""

import ast
import json
import types
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from bridge.chats.chat import Chat
from bridge.chats.directories import Directories
from bridge.chats.place import StoreScan, WatchedStore
from bridge.chats.stores import ChatFilter, ChatReader
from bridge.chats.watcher import Watcher
from bridge.doctor.finding import Check, Finding, Seen
from bridge.doctor.run import examine
from bridge.doctor.scene import Scene
from bridge.drive.permission import Permission
from bridge.policy.rules import Policy, PolicyRequest, permit
from observers import vscode_chat
from observers.base import ChatSession, Observer, Store
from registry.load import load
from tests.bridge.planted import one_fault

ROOT = Path(__file__).parents[2]
PROMPT = "the words of a person"
CRASHED = "the observer broken failed with ZeroDivisionError"
PATIENCE = 60.0

# The calls that say what is contained, and by which tests say what they planted.
CONTAINS, PLANTS = "contained", frozenset({"one_fault", "in_status"})


def crash(*_: object) -> Any:
    raise ZeroDivisionError(PROMPT)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A store of VS Code with one chat."""
    chats = tmp_path / "chatSessions"
    chats.mkdir()
    request = {"requestId": "r", "message": {"text": PROMPT}, "response": [], "modelState": {"value": 1}}
    entry = {"kind": 0, "v": {"version": 3, "requests": [{**request, "timestamp": 1_700_000_000_000}]}}
    (chats / "a.jsonl").write_text(json.dumps(entry) + "\n", encoding="utf-8")
    return replace(vscode_chat.at(chats), observer="broken")


def broken(store: Store, *failing: str) -> Observer:
    """VS Code's observer, in which these functions fail."""
    like: Any = types.SimpleNamespace(**{name: getattr(vscode_chat, name) for name in dir(vscode_chat)})
    like.ID, like.locate = "broken", lambda workspace=None: (store,)
    for name in failing:
        setattr(like, name, crash)
    return cast("Observer", like)


def reader(store: Store, *failing: str) -> ChatReader:
    return ChatReader({"broken": broken(store, *failing)})


def told(chats: ChatReader) -> list[tuple[str, str]]:
    return [(fault.reason, fault.message) for fault in chats.faults]


# --- chats -----------------------------------------------------------------------------------------------------------


def test_stores_that_cannot_be_found_are_none(store: Store) -> None:
    chats = reader(store, "locate")
    with one_fault("finding stores", "ZeroDivisionError"):
        assert chats.stores(ChatFilter()) == []
    assert told(chats) == [("crashed", CRASHED)]


def test_a_store_that_cannot_be_listed_has_no_chats(store: Store) -> None:
    chats = reader(store, "sessions")
    with one_fault("listing the chats of a store", "ZeroDivisionError"):
        assert chats.sessions([store], ChatFilter()) == []
    assert told(chats) == [("crashed", CRASHED)]
    assert chats.faults[0].where == str(store.path)


def test_a_chat_that_cannot_be_read_says_so(store: Store) -> None:
    chats = reader(store, "turns")
    with one_fault("reading a chat", "ZeroDivisionError"):
        chat, rows = chats.chat_and_turns(ChatSession(store, "a", 1))
    assert (chat.problem, rows, told(chats)) == ("crashed", (), [("crashed", CRASHED)])
    assert PROMPT not in f"{chat} {chats.faults}"


def test_without_a_horizon_the_chat_is_read_all_the_same(store: Store) -> None:
    chats = reader(store, "flush_horizon")
    with one_fault("asking for a flush horizon", "ZeroDivisionError"):
        assert chats.horizon_s(store) is None
        assert chats.chat(ChatSession(store, "a", 1)).problem is None
    assert chats.faults == []


@pytest.fixture
def directories() -> Iterator[Directories]:
    made = Directories()
    yield made
    made.stop()


def watched(store: Store, directories: Directories, *failing: str) -> WatchedStore:
    return WatchedStore(store, reader(store, *failing), directories.watch([], lambda: None), 0)


def test_a_store_that_cannot_be_looked_at_is_a_fault_of_its_own(store: Store, directories: Directories) -> None:
    place = watched(store, directories, "sessions")
    with one_fault("looking at a store", "ZeroDivisionError"):
        assert place.look() == StoreScan()
    assert [(fault.reason, fault.message) for fault in place.faults.values()] == [("crashed", CRASHED)]


def test_a_store_that_cannot_be_checked_keeps_its_chats(store: Store, directories: Directories) -> None:
    place = watched(store, directories, "health")
    found: list[Chat] = place.look().chats
    with one_fault("checking a store", "ZeroDivisionError"):
        place.check()
    assert [(fault.reason, fault.message) for fault in place.faults.values()] == [("crashed", CRASHED)]
    assert list(place.chats.values()) == found
    assert [chat.session for chat in found] == ["a"]


def test_a_store_that_says_not_where_it_is_written_is_polled(store: Store, directories: Directories) -> None:
    watcher = Watcher(reader(store, "watch_paths"), ChatFilter(since_ms=0), directories)
    with one_fault("asking where a store is written", "ZeroDivisionError"):
        for update in watcher.updates(tick_s=0.01):
            if update.stores == (1, 1):
                watcher.stop()
    assert [chat.session for chat in watcher.chats()] == ["a"]
    assert watcher.faults() == []


# --- the doctor, and the policy --------------------------------------------------------------------------------------


def test_a_check_that_crashes_is_a_finding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))

    def well(scene: Scene) -> list[Finding | Seen]:
        return [Seen("sky", "blue")]

    with one_fault("running a check of the doctor", "ZeroDivisionError"):
        report = examine([Check("c", "", crash), Check("well", "", well)], Scene({}, answer={"sessions": []}), PATIENCE)
    assert [(ran.state, [each.id for each in ran.findings]) for ran in report.ran] == [
        ("crashed", ["check-crashed"]),
        ("ok", []),
    ]
    assert PROMPT not in str(report)


def test_a_policy_that_cannot_be_evaluated_denies() -> None:
    interface = load(None).interfaces["vscode_native_send"]
    no_rules: Any = (object(),)
    with one_fault("evaluating the policy", "AttributeError"):
        said = permit(Policy(rules=no_rules), interface, PolicyRequest("send", "code", ("/home/ann/shop",)))
    assert said == Permission("deny", "the policy could not be evaluated (AttributeError)", "policy_denied")


# --- all of them -----------------------------------------------------------------------------------------------------


def literals(folder: str, wanted: Callable[[str], bool]) -> Counter[str]:
    """The first arguments of the calls of such names: each is a literal."""
    found: Counter[str] = Counter()
    for path in sorted((ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and wanted(node.func.id):
                what = node.args[0]
                assert isinstance(what, ast.Constant), f"{path}:{node.lineno}: no literal"
                found[str(what.value)] += 1
    return found


def test_each_place_has_its_own_words_and_a_test_that_plants_a_fault_there() -> None:
    places = literals("bridge", lambda name: name == CONTAINS)
    assert len(places) > 20
    assert [what for what, count in places.items() if count > 1] == [], "two places are counted as one"
    assert set(literals("tests", lambda name: name in PLANTS)) == set(places)
