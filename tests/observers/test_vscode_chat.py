"""Finding the stores of VS Code and its relatives, and reading one while its product is writing."""

import ctypes
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from observers import vscode_chat, vscode_data
from observers.base import Observer, ObserverError, ObserverReason, State
from observers.vscode_data import HostPlatform

WRITER = Path(__file__).parent / "chat_writer.py"
OBSERVER: Observer = vscode_chat


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "VSCODE_PORTABLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    return tmp_path


def workspace(user: Path, identity: str, named: object = None, *, chats: bool = True) -> Path:
    storage = user / "workspaceStorage" / identity
    (storage / "chatSessions" if chats else storage).mkdir(parents=True)
    if named is not None:
        (storage / "workspace.json").write_text(json.dumps(named), encoding="utf-8")
    return storage


def session(folder: Path, name: str, *requests: dict[str, object]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.jsonl"
    path.write_text(
        json.dumps({"kind": 0, "v": {"version": 3, "sessionId": name, "requests": requests}}) + "\n", encoding="utf-8"
    )
    return path


def request(number: int, state: int = 1) -> dict[str, object]:
    return {
        "requestId": f"request_{number}",
        "timestamp": time.time_ns() // 1_000_000,
        "message": {"text": f"prompt {number}"},
        "response": [{"value": f"reply {number}"}],
        "responseId": f"response_{number}",
        "modelState": {"value": state},
    }


def reason(ask: object) -> ObserverReason:
    assert callable(ask)
    with pytest.raises(ObserverError) as caught:
        ask()
    return caught.value.reason


# --- where the stores are ---


@pytest.mark.parametrize(
    ("machine", "product", "expected"),
    [
        (HostPlatform("linux", Path("/h"), {}), "codium", "/h/.config/VSCodium/User"),
        (HostPlatform("linux", Path("/h"), {"XDG_CONFIG_HOME": "/x"}), "code", "/x/Code/User"),
        (HostPlatform("linux", Path("/h"), {}), "code-server", "/h/.local/share/code-server/User"),
        (HostPlatform("linux", Path("/h"), {"XDG_DATA_HOME": "/d"}), "code-server", "/d/code-server/User"),
        (HostPlatform("darwin", Path("/h"), {}), "cursor", "/h/Library/Application Support/Cursor/User"),
        (HostPlatform("win32", Path("/h"), {"APPDATA": "/a"}), "code-insiders", "/a/Code - Insiders/User"),
        (HostPlatform("linux", Path("/h"), {"VSCODE_PORTABLE": "/p"}), "code", "/p/user-data/User"),
    ],
)
def test_each_platform_has_its_places(machine: HostPlatform, product: str, expected: str) -> None:
    assert (product, Path(expected)) in list(vscode_data.user_directories(machine))
    assert vscode_data.product_of(Path(expected) / "workspaceStorage" / "x", machine) == product


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        ({"folder": "file:///home/me/my%20project"}, "/home/me/my project"),
        ({"folder": "file:///c%3A/work"}, "c:/work"),
        ({"workspace": "file:///home/me/all.code-workspace"}, "/home/me/all.code-workspace"),
        (
            {"configuration": {"$mid": 1, "path": "/home/me/x.code-workspace", "scheme": "file"}},
            "/home/me/x.code-workspace",
        ),
        ({"folder": "vscode-remote://ssh-remote%2Bbox/srv/app"}, "vscode-remote://ssh-remote%2Bbox/srv/app"),
        ({"folder": "file://server/share"}, "file://server/share"),
        ({"folder": 3}, None),
        ([], None),
        (None, None),
    ],
)
def test_a_storage_names_its_workspace(tmp_path: Path, named: object, expected: str | None) -> None:
    assert vscode_data.workspace_of(workspace(tmp_path, "w", named)) == expected


def test_stores_are_found_by_folder_whatever_the_product(home: Path) -> None:
    project = home / "project"
    project.mkdir()
    (home / "link").symlink_to(project)
    code = workspace(home / ".config/Code/User", "aaa", {"folder": project.as_uri()})
    codium = workspace(home / ".config/VSCodium/User", "bbb", {"folder": project.as_uri()}, chats=False)
    workspace(home / ".config/Code/User", "ccc", {"folder": (home / "other").as_uri()})
    (home / ".config/Code/User/globalStorage/emptyWindowChatSessions").mkdir(parents=True)
    for asked in (project, str(project) + "/", home / "link", project.as_uri()):
        found = vscode_chat.locate(asked)
        assert [store.path for store in found] == [code / "chatSessions", codium / "chatSessions"]
        assert [store.product for store in found] == ["code", "codium"]
    assert {store.path.parent.name for store in vscode_chat.locate()} == {"aaa", "ccc", "globalStorage"}
    assert vscode_chat.locate(home / "nowhere") == ()


def test_a_hint_leads_to_the_store(home: Path) -> None:
    user = home / ".config/Code/User"
    storage = workspace(user, "aaa", {"folder": "file:///p"})
    chats = storage / "chatSessions"
    for hint in (storage, storage / "publisher.extension", chats, storage / "not" / "made" / "yet"):
        store = vscode_chat.at(hint)
        assert (store.path, store.workspace, store.product) == (chats, "/p", "code")
    for hint in (user / "globalStorage", user / "globalStorage" / "publisher.extension"):
        assert vscode_chat.at(hint).path == user / "globalStorage" / "emptyWindowChatSessions"
    one = session(chats, "one", request(1))
    assert vscode_chat.at(one).path == one
    assert [found.id for found in vscode_chat.sessions(vscode_chat.at(one))] == ["one"]
    one.unlink()
    assert reason(lambda: vscode_chat.sessions(vscode_chat.at(one))) is ObserverReason.MISSING
    assert reason(lambda: vscode_chat.at(home / "none")) is ObserverReason.MISSING
    assert reason(lambda: vscode_chat.at(Path("/none/User/workspaceStorage/x"))) is ObserverReason.MISSING


def test_a_store_that_is_yet_to_be_made_is_empty_and_its_first_turn_is_new(home: Path) -> None:
    storage = home / ".config/Code/User/workspaceStorage/aaa"
    storage.parent.mkdir(parents=True)
    store = vscode_chat.at(storage)
    anchor = vscode_chat.cursor(store)
    assert vscode_chat.watch_paths(store) == (storage / "chatSessions", storage)
    assert vscode_chat.fingerprint(store) == "empty"
    session(storage / "chatSessions", "one", request(1))
    delta = vscode_chat.since(store, anchor)
    assert [turn.text for turn in delta.prompts] == ["prompt 1"]
    answer = delta.reply(delta.prompts[0])
    assert answer is not None
    assert (answer.text, answer.state) == ("reply 1", State.DONE)


def test_a_session_moved_to_another_store_is_not_news_there(home: Path) -> None:
    """A window that gets a folder takes its chats along; the copies keep their ids and times."""
    user = home / ".config/Code/User"
    old = request(1)
    old["timestamp"] = time.time_ns() // 1_000_000 - 600_000
    source = session(user / "globalStorage/emptyWindowChatSessions", "one", old)
    store = vscode_chat.at(workspace(user, "aaa"))
    anchor = vscode_chat.cursor(store)
    (store.path / "one.jsonl").write_bytes(source.read_bytes())
    assert vscode_chat.since(store, anchor).new == ()


def test_the_flush_horizon_is_that_of_the_build(home: Path) -> None:
    store = vscode_chat.at(workspace(home / ".local/share/code-server/User", "aaa"))
    assert vscode_chat.flush_horizon(store) == vscode_chat.BROWSER_FLUSH_S
    desktop = home / ".config/Code/User"
    store = vscode_chat.at(workspace(desktop, "aaa"))
    (desktop / "globalStorage").mkdir()
    (desktop / "globalStorage" / "state.vscdb").touch()
    assert vscode_chat.flush_horizon(store) == vscode_chat.DESKTOP_FLUSH_S
    elsewhere = home / "copy"
    elsewhere.mkdir()
    assert vscode_chat.flush_horizon(vscode_chat.at(elsewhere)) == vscode_chat.DESKTOP_FLUSH_S


# --- what may be wrong with them ---


def test_a_folder_nobody_may_read_is_a_finding_and_the_others_go_on(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The folders above it must be open to all, which those of tmp_path are not.
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        Path(name).chmod(0o755)
        monkeypatch.setenv("XDG_CONFIG_HOME", name)
        monkeypatch.setenv("HOME", name)
        user = Path(name) / "Code" / "User"
        closed = workspace(user, "closed") / "chatSessions"
        session(closed, "one", request(1))
        session(workspace(user, "open") / "chatSessions", "two", request(2))
        closed.chmod(0)
        try:
            with without_privileges():
                found = {store.path.parent.name: vscode_chat.health(store) for store in vscode_chat.locate()}
        finally:
            closed.chmod(0o755)
    assert {name: [problem.reason for problem in problems] for name, problems in found.items()} == {
        "closed": [ObserverReason.UNREADABLE],
        "open": [],
    }


@contextmanager
def without_privileges() -> Iterator[None]:
    """File access of this thread as an ordinary user: root may read everything."""
    if os.getuid() != 0:
        yield
        return
    system = ctypes.CDLL(None)
    system.setfsuid(65534)
    try:
        yield
    finally:
        system.setfsuid(0)


def test_a_store_that_goes_away_is_missing_not_empty(home: Path) -> None:
    user = home / ".config/Code/User"
    store = vscode_chat.at(workspace(user, "aaa"))
    session(store.path, "one", request(1))
    cursor = vscode_chat.cursor(store)
    user.rename(home / "moved")
    assert reason(lambda: vscode_chat.since(store, cursor)) is ObserverReason.MISSING
    assert reason(lambda: vscode_chat.cursor(store)) is ObserverReason.MISSING
    assert [problem.reason for problem in vscode_chat.health(store)] == [ObserverReason.MISSING]


def test_odd_names_in_the_folder_do_not_matter(home: Path) -> None:
    store = vscode_chat.at(workspace(home / ".config/Code/User", "aaa"))
    session(store.path, "one", request(1))
    (store.path / "a.json").mkdir()
    os.mkfifo(store.path / "b.jsonl")
    (store.path / "c.jsonl").symlink_to("c.jsonl")
    (store.path / "notes.txt").touch()
    os.close(os.open(os.fsencode(store.path) + b"/\xff\xfe.txt", os.O_CREAT | os.O_WRONLY))
    assert [found.id for found in vscode_chat.sessions(store)] == ["one"]


# --- while the product writes ---


@pytest.mark.parametrize("compact_every", [7, 10_000])
def test_every_turn_of_a_busy_writer_is_new_exactly_once(home: Path, compact_every: int) -> None:
    """Compaction truncates and rewrites the file in place, as the product does; the reader polls all the while."""
    store = vscode_chat.at(workspace(home / ".config/Code/User", "aaa"))
    cursor = vscode_chat.cursor(store)
    count = 300
    told: list[str] = []
    polls = 0
    writer = subprocess.Popen(
        [sys.executable, "-P", str(WRITER), str(store.path / "busy.jsonl"), str(count), str(compact_every)]
    )
    try:
        ended = False
        while not ended:
            # Asked before the poll: the last poll must come after the last write.
            ended = writer.poll() is not None
            delta = vscode_chat.since(store, cursor)
            cursor = delta.cursor
            polls += 1
            for prompt in delta.prompts:
                number = int(prompt.turn.removeprefix("request_"))
                assert prompt.text == f"prompt {number} " + "x" * (number % 500)
                told.append(prompt.turn)
            for turn in (*delta.new, *delta.changed):
                if turn.state is State.DONE and turn.role == "assistant":
                    number = int(turn.turn.removeprefix("request_"))
                    assert turn.text == f"reply {number} " + "y" * (number % 900)
    finally:
        writer.kill()
        writer.wait()
    assert writer.returncode == 0
    assert sorted(told, key=lambda turn: int(turn[8:])) == [f"request_{number}" for number in range(count)]
    assert polls > 3


def test_an_anchor_taken_at_any_moment_never_calls_an_old_turn_new(home: Path) -> None:
    """Anchors are taken while the log is truncated and rewritten, each by a reader without memory."""
    store = vscode_chat.at(workspace(home / ".config/Code/User", "aaa"))
    log = store.path / "busy.jsonl"
    writer = subprocess.Popen([sys.executable, "-P", str(WRITER), str(log), "60", "2"])
    anchors = []
    try:
        while writer.poll() is None:
            vscode_chat._ACTIVITY.forget()
            before = newest(log)
            anchors.append((vscode_chat.cursor(store), before))
    finally:
        writer.kill()
        writer.wait()
    assert writer.returncode == 0
    assert len(anchors) > 3
    for anchor, before in anchors:
        new = {int(turn.turn.removeprefix("request_")) for turn in vscode_chat.since(store, anchor).prompts}
        assert all(number > before for number in new)


def newest(log: Path) -> int:
    """The highest request the bytes hold at this moment, -1 for none."""
    try:
        data = log.read_bytes()
    except FileNotFoundError:
        return -1
    numbers = [int(piece.split(b'"')[0]) for piece in data.split(b'"requestId": "request_')[1:] if b'"' in piece]
    return max(numbers, default=-1)
