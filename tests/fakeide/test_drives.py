"""Drives through a real daemon: retries, queues, selectors, cancels, restarts, and the words of the command line."""

import json
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bridge.protocol.errors import BridgeError, Reason

HONEST = [
    {"turn": {}},
    {
        "answer": {
            "disposition": "done",
            "facts": [{"kind": "submitted", "grade": "host"}, {"kind": "turn_ended", "grade": "host"}],
        }
    },
]


@pytest.fixture
def attach(fake_ide: Callable[..., Any], tmp_path: Path) -> Callable[..., Path]:
    """Attach a fake IDE with a script; returns the folder of its chats."""

    def start(deliver: list[dict[str, Any]], window: str = "fake-window", **script: Any) -> Path:
        path, storage = tmp_path / f"{window}.json", tmp_path / "workspaceStorage" / window
        path.write_text(json.dumps({"deliver": deliver, "window_id": window, **script}), encoding="utf-8")
        fake_ide(path, storage, window=window)
        return storage

    return start


@pytest.fixture
def release(tmp_path: Path) -> Path:
    """Once this file is there, a plugin that follows `held` goes on."""
    return tmp_path / "release"


def held(release: Path) -> list[Any]:
    return [{"until": str(release)}, *HONEST]


def params(drive_id: str, text: str = "hello", **more: Any) -> dict[str, Any]:
    return {
        "drive_id": drive_id,
        "text": text,
        "selector": {},
        "target": {},
        "deadline_ms": 60_000,
        "wait_ms": 2000,
        **more,
    }


def settled(client: Any, drive_id: str) -> dict[str, Any]:
    wait = {"drive_id": drive_id, "timeout_ms": 90_000}
    view: dict[str, Any] = client.request("drive/wait", wait, timeout=100)
    assert view["state"] == "settled"
    return view


def turns(storage: Path) -> list[str]:
    lines = [line for file in storage.rglob("*.jsonl") for line in file.read_bytes().split(b"\n") if line]
    return [turn["message"]["text"] for entry in map(json.loads, lines) if entry["kind"] == 2 for turn in entry["v"]]


def test_many_clients_with_one_id_are_one_turn(daemon: Any, attach: Callable[..., Path]) -> None:
    daemon.start()
    storage = attach(HONEST)
    views: list[dict[str, Any]] = []

    def ask() -> None:
        with daemon.client() as client:
            client.request("drive/start", params("same"))
            views.append(settled(client, "same"))

    threads = [threading.Thread(target=ask) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    assert [view["outcome"] for view in views] == ["confirmed"] * 12
    assert turns(storage) == ["hello"]


def test_one_id_with_another_body_is_a_conflict(daemon: Any, attach: Callable[..., Path]) -> None:
    daemon.start()
    attach(HONEST)
    with daemon.client() as client:
        client.request("drive/start", params("d"))
        with pytest.raises(BridgeError) as caught:
            client.request("drive/start", params("d", "something else"))
        assert caught.value.reason is Reason.ID_CONFLICT
        assert client.request("drive/start", params("d", deadline_ms=99))["replayed"] is True


def test_where_a_chat_is_meant_the_hosts_word_is_not_enough(daemon: Any, attach: Callable[..., Path]) -> None:
    daemon.start()
    attach(HONEST[1:])
    with daemon.client() as client:
        client.request("drive/start", params("aimed", target={"chat_id": "wanted"}, deadline_ms=5000))
        assert settled(client, "aimed")["outcome"] == "likely"


def test_one_window_is_driven_one_at_a_time_in_order(daemon: Any, attach: Callable[..., Path]) -> None:
    daemon.start()
    storage = attach([{"pause": 0.1}, *HONEST])
    texts = [f"prompt {number}" for number in range(8)]
    with daemon.client() as client:
        for number, text in enumerate(texts):
            client.request("drive/start", params(f"d{number}", text))
        assert [settled(client, f"d{number}")["outcome"] for number in range(8)] == ["confirmed"] * 8
    assert turns(storage) == texts


def test_a_drive_that_a_witness_settled_keeps_the_next_back_until_its_channel_has_answered(
    daemon: Any, attach: Callable[..., Path], release: Path
) -> None:
    daemon.start()
    seen_before_answered = [HONEST[0], {"until": str(release)}, HONEST[1]]
    storage = attach([seen_before_answered, HONEST])
    with daemon.client() as client:
        client.request("drive/start", params("one", "one", require="witness"))
        assert settled(client, "one")["outcome"] == "confirmed"
        client.request("drive/start", params("two", "two"))
        assert client.request("drive/wait", {"drive_id": "two", "timeout_ms": 1000})["state"] == "accepted"
        release.touch()
        assert settled(client, "two")["outcome"] == "confirmed"
    assert turns(storage) == ["one", "two"]


def test_a_turn_seen_late_is_not_the_witness_of_the_next_drive(daemon: Any, attach: Callable[..., Path]) -> None:
    """The first turn reaches the store while the second drive, of the same text and swallowed, already watches."""
    daemon.start()
    late = [HONEST[1], {"pause": 0.5}, HONEST[0]]
    swallowed = [{"answer": {"disposition": "pending", "facts": [{"kind": "submitted", "grade": "claim"}]}}]
    storage = attach([late, swallowed])
    with daemon.client() as client:
        client.request("drive/start", params("one", "continue"))
        client.request("drive/start", params("two", "continue", deadline_ms=8000))
        assert settled(client, "one")["outcome"] == "confirmed"
        assert settled(client, "two")["outcome"] == "unknown"
    assert turns(storage) == ["continue"]


def test_a_queued_drive_is_cancelled_without_a_touch(daemon: Any, attach: Callable[..., Path], release: Path) -> None:
    daemon.start()
    storage = attach(held(release))
    with daemon.client() as client:
        client.request("drive/start", params("first", "first"))
        assert client.request("drive/start", params("second", "second"))["queued_behind"] == 1
        client.request("drive/cancel", {"drive_id": "second"})
        view = settled(client, "second")
        assert (view["outcome"], view["blocker"]) == ("refused", "cancelled")
        release.touch()
        assert settled(client, "first")["outcome"] == "confirmed"
    assert turns(storage) == ["first"]


def test_drives_that_wait_survive_a_restart(daemon: Any, attach: Callable[..., Path], release: Path) -> None:
    daemon.start()
    storage = attach(held(release))
    with daemon.client() as client:
        for number in range(3):
            client.request("drive/start", params(f"d{number}", f"prompt {number}"))
    assert daemon.process is not None
    daemon.process.kill()
    daemon.process.wait(timeout=10)
    release.touch()
    daemon.start()
    with daemon.client() as client:
        outcomes = [settled(client, f"d{number}")["outcome"] for number in range(3)]
    assert outcomes[1:] == ["confirmed", "confirmed"]
    assert sorted(turns(storage)) == sorted(set(turns(storage))), "a prompt was sent twice"
    # It may have been killed before the plugin was told: then nothing was touched, and that is known.
    assert turns(storage).count("prompt 0") in {"confirmed": {1}, "unknown": {0, 1}, "refused": {0}}[outcomes[0]]


def test_two_windows_and_no_selector_are_listed(daemon: Any, attach: Callable[..., Path]) -> None:
    daemon.start()
    attach(HONEST, "w1")
    attach(HONEST, "w2")
    with daemon.client() as client:
        with pytest.raises(BridgeError) as caught:
            client.request("drive/start", params("d"))
        assert caught.value.reason is Reason.AMBIGUOUS_SURFACE
        assert "w1" in caught.value.message
        assert "w2" in caught.value.message
        client.request("drive/start", params("d", selector={"window": "w2"}))
        assert settled(client, "d")["surface"] == "code-server:w2/chat"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", Reason.PROMPT_EMPTY),
        (" \n\t", Reason.PROMPT_EMPTY),
        ("a\0b", Reason.PROMPT_CONTROL_CHARACTER),
        ("a\x1b[31mb", Reason.PROMPT_CONTROL_CHARACTER),
        ("x" * 300_000, Reason.PROMPT_TOO_LARGE),
    ],
    ids=["empty", "blank", "nul", "escape", "too large"],
)
def test_a_prompt_no_chat_can_take_is_refused(
    text: str, reason: Reason, daemon: Any, attach: Callable[..., Path]
) -> None:
    daemon.start()
    storage = attach(HONEST)
    with daemon.client() as client:
        with pytest.raises(BridgeError) as caught:
            client.request("drive/start", params("d", text))
        assert caught.value.reason is reason
        assert client.request("drive/list", {})["drives"] == []
    assert turns(storage) == []


@pytest.mark.parametrize(
    ("selector", "reason"),
    [
        ({"ide": "emacs"}, Reason.UNKNOWN_IDE),
        ({"workspace": "/elsewhere"}, Reason.UNKNOWN_SURFACE),
        ({"agent": "nobody"}, Reason.UNKNOWN_SURFACE),
        ({"via": "telepathy"}, Reason.UNKNOWN_INTERFACE),
    ],
)
def test_a_selector_that_fits_nothing_says_what_there_is(
    selector: dict[str, str], reason: Reason, daemon: Any, attach: Callable[..., Path]
) -> None:
    daemon.start()
    attach(HONEST)
    with daemon.client() as client:
        with pytest.raises(BridgeError) as caught:
            client.request("drive/start", params("d", selector=selector))
        assert caught.value.reason is reason
        assert caught.value.hint


def koru(daemon: Any, *arguments: str, stdin: str = "") -> "subprocess.CompletedProcess[str]":
    command = [str(Path(sys.executable).with_name("koru")), *arguments]
    return subprocess.run(command, env=daemon.environment, input=stdin, capture_output=True, text=True, timeout=120)


def test_the_command_line_drives_and_tells(daemon: Any, attach: Callable[..., Path], tmp_path: Path) -> None:
    daemon.start()
    storage = attach(HONEST)
    done = koru(daemon, "drive", "from the shell", "--json")
    assert done.returncode == 0, done.stderr
    view = json.loads(done.stdout)
    assert (view["outcome"], view["exit"]) == ("confirmed", 0)
    assert koru(daemon, "drive", "-", stdin="from stdin\n").returncode == 0
    file = tmp_path / "prompt.txt"
    file.write_text("from a file", encoding="utf-8")
    assert koru(daemon, "drive", "--file", str(file)).returncode == 0
    assert turns(storage) == ["from the shell", "from stdin\n", "from a file"]
    shown = koru(daemon, "drive", "show", view["drive_id"])
    assert "\nconfirmed: " in shown.stdout
    assert "from the shell" not in shown.stdout, "the text of a prompt is not shown unasked"
    assert koru(daemon, "drive", "list").stdout.count("confirmed") == 3


@pytest.mark.parametrize(
    ("arguments", "stdin", "status", "words"),
    [
        (["drive"], "", 2, "no prompt was given"),
        (["drive", "two", "words"], "", 2, "more than one prompt"),
        (["drive", "-"], "", 2, "the prompt is empty"),
        (["drive", "-"], "x" * 2_097_152, 2, "262,144 are allowed"),
        (["drive", "show", "nothing"], "", 2, "no drive has the id"),
        (["drive", "hello", "--ide", "emacs"], "", 2, "no connected IDE is called emacs"),
        (["drive", "hello", "--file", "/nowhere"], "", 2, "more than one prompt"),
        (["drive", "--file", "/nowhere"], "", 2, "/nowhere"),
    ],
)
def test_bad_input_is_told_in_words(
    arguments: list[str], stdin: str, status: int, words: str, daemon: Any, attach: Callable[..., Path]
) -> None:
    daemon.start()
    attach(HONEST)
    done = koru(daemon, *arguments, stdin=stdin)
    assert (done.returncode, words in done.stderr) == (status, True), done.stderr
    assert "Traceback" not in done.stderr


def test_without_a_daemon_the_next_step_is_named(daemon: Any) -> None:
    daemon.start()
    daemon.stop()
    done = koru(daemon, "drive", "hello")
    assert done.returncode == 1
    assert "koru up" in done.stderr
