"""The daemon's watch over all chats: asked for, told as events, and its faults shown in the status."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bridge.client import Client
from tests.bridge.cli.test_history import chat
from tests.bridge.conftest import DaemonProcess, Home, Start
from tests.daemon import PATIENCE, eventually


@pytest.fixture
def chats(home: Home) -> Path:
    """The chats of one folder in VS Code."""
    storage = home.root / "config" / "Code" / "User" / "workspaceStorage" / "w1"
    (storage / "chatSessions").mkdir(parents=True)
    (storage / "workspace.json").write_text(json.dumps({"folder": "file:///project"}), encoding="utf-8")
    return storage / "chatSessions"


@pytest.fixture
def subscriber(chats: Path, daemon: DaemonProcess) -> Iterator[Client]:
    """A client that is told of chats, after the first look at every store."""
    with daemon.client() as client:
        client.request("events/subscribe", {"chats": True}, timeout=PATIENCE)
        assert client.request("chats/list", {}, timeout=PATIENCE)["complete"]
        yield client


def until(client: Client, method: str, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """The first notification of this method that is wanted."""
    for name, params in client.notifications(PATIENCE):
        if name == method and wanted(params):
            return params
    raise AssertionError(f"no such {method} came")


def test_a_change_of_state_is_an_event_with_its_evidence(subscriber: Client, chats: Path) -> None:
    chat(chats / "a.jsonl", "a prompt of mine", state=0, age_s=0)
    event = until(subscriber, "events/chat", lambda one: one["state"] == "working")
    assert (event["store"], event["session"], event["workspace"]) == ("vscode_chat", "a", "/project")
    assert event["evidence"].startswith(str(chats / "a.jsonl"))
    assert event["modified_at_ms"] <= event["observed_at_ms"] + 1000
    chat(chats / "a.jsonl", "a prompt of mine", state=4, age_s=0)
    until(subscriber, "events/chat", lambda one: one["state"] == "needs_input")
    assert "a prompt of mine" not in json.dumps(event), "the text of a prompt is nobody's event"


def test_who_did_not_ask_for_chats_hears_of_none(daemon: DaemonProcess, subscriber: Client, chats: Path) -> None:
    with daemon.client() as other:
        other.request("events/subscribe", {}, timeout=PATIENCE)
        chat(chats / "a.jsonl", "hello", state=0, age_s=0)
        until(subscriber, "events/chat", lambda one: one["session"] == "a")
        other.request("daemon/status", {}, timeout=PATIENCE)
        assert list(other.notifications(0.01)) == []


def test_a_fault_of_a_store_is_an_event_a_status_and_a_finding(
    daemon: DaemonProcess, subscriber: Client, chats: Path, koru: Callable[..., Any]
) -> None:
    (chats / "b.jsonl").write_text('{"kind":0,"v":{"version":99}}\n', encoding="utf-8")
    fault = until(subscriber, "events/store", lambda one: not one.get("over"))
    assert (fault["store"], fault["reason"]) == ("vscode_chat", "schema_changed")
    assert daemon.status()["watching"]["faults"][0]["where"] == fault["where"]
    told = json.loads(koru("doctor", "--json", "--check", "chat-watch").stdout)
    assert [(one["severity"], one["about"]) for one in told["findings"]] == [("warning", fault["where"])]
    assert "schema_changed" in daemon.log()


def test_names_that_are_no_text_hide_no_chat(subscriber: Client, chats: Path) -> None:
    workspace = json.dumps({"folder": "file:///odd\udcff"})
    (chats.parent / "workspace.json").write_text(workspace, encoding="ascii")
    odd = chats / "odd\udcff.jsonl"
    chat(odd, "hello", state=0, age_s=0)
    event = until(subscriber, "events/chat", lambda one: one["session"] != "a")
    assert (event["session"], event["evidence"].rpartition("/")[2]) == ("odd\\udcff", "odd\\udcff.jsonl@0")
    listed = subscriber.request("chats/list", {}, timeout=PATIENCE)["chats"]
    assert [one["session"] for one in listed] == ["odd\\udcff"]


def test_nothing_is_watched_before_somebody_asks(daemon: DaemonProcess, chats: Path, koru: Callable[..., Any]) -> None:
    chat(chats / "a.jsonl", "hello")
    assert daemon.status().get("watching") is None
    assert json.loads(koru("doctor", "--json", "--check", "chat-watch").stdout)["findings"] == []
    with daemon.client() as client:
        found = client.request("chats/list", {"state": "done"}, timeout=PATIENCE)
        assert [one["session"] for one in found["chats"]] == ["a"]
        assert client.request("chats/list", {"state": "working"}, timeout=PATIENCE)["chats"] == []
    assert daemon.status()["watching"]["stores"] == 1


def test_a_store_that_vanishes_disturbs_nobody(daemon: DaemonProcess, subscriber: Client, chats: Path) -> None:
    chat(chats / "a.jsonl", "hello", state=0, age_s=0)
    until(subscriber, "events/chat", lambda one: one["session"] == "a")
    shutil.rmtree(chats.parent)

    def gone() -> bool:
        return not subscriber.request("chats/list", {}, timeout=PATIENCE)["chats"]

    eventually(gone, "its chats are gone", PATIENCE)
    (chats).mkdir(parents=True)
    chat(chats / "b.jsonl", "hello", state=0, age_s=0)
    until(subscriber, "events/chat", lambda one: one["session"] == "b")


def test_the_daemon_ends_though_somebody_watches(start: Start, chats: Path) -> None:
    running = start()
    with running.client() as client:
        client.request("events/subscribe", {"chats": True}, timeout=PATIENCE)
        for number in range(20):
            chat(chats / f"{number}.jsonl", "hello", state=0, age_s=0)
        assert running.stop() == 0


# What the watching thread sees is new just as the loop ends for good.
LATE = """
import asyncio, threading, time
import anyio
from bridge.chats.fault import Fault
from bridge.chats.watcher import Update
from bridge.daemon.operator import chat_feed as chats

class Watcher:
    looking, seen = threading.Event(), threading.Event()
    def __init__(self, *arguments): pass
    def stop(self): pass
    def updates(self):
        self.looking.set()
        self.seen.wait()
        yield Update(faults=(Fault("vscode_chat", "there", "schema_changed", "new", "wait"),))

class Loop(asyncio.SelectorEventLoop):
    def close(self):
        Watcher.seen.set()
        while not self._ready:
            time.sleep(0.01)
        super().close()

class Drives:
    def subscribe(self, callback): pass
    async def newest(self):
        for record in (): yield record

async def main():
    async with anyio.create_task_group() as tasks:
        watched = chats.ChatFeed({}, None, Drives(), str, tasks)
        watched.subscribe(print)
        await anyio.to_thread.run_sync(Watcher.looking.wait)
        tasks.cancel_scope.cancel()

chats.Watcher = Watcher
anyio.run(main, backend_options={"loop_factory": Loop})
"""


def test_news_at_the_very_end_keep_no_thread() -> None:
    subprocess.run([sys.executable, "-P", "-W", "error", "-c", LATE], timeout=PATIENCE, check=True)
