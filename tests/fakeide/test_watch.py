"""A drive of ours is named beside its chat: by `koru watch`, which reads the stores itself, and by the daemon."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bridge.client import Client
from tests.daemon import Daemon, eventually
from tests.fakeide.conftest import Ide

HERE = Path(__file__).parent
PATIENCE = 60.0


def koru(daemon: Daemon, *words: str) -> list[dict[str, Any]]:
    """What the command prints, one object a line."""
    command = [sys.executable, "-P", "-m", "bridge.cli", *words]
    done = subprocess.run(command, env=daemon.environment, capture_output=True, check=True, timeout=PATIENCE)
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_the_drive_of_a_chat_is_named(daemon: Daemon, fake_ide: Callable[..., Ide]) -> None:
    storage = daemon.home / "config" / "Code" / "User" / "workspaceStorage" / "w1"
    storage.mkdir(parents=True)
    daemon.start()
    ide = fake_ide(HERE / "lies" / "honest_host.json", storage)
    with daemon.client() as client:
        params = {"drive_id": "d1", "text": "say hello", "selector": {}, "target": {}}
        client.request("drive/start", params, timeout=PATIENCE)
        settled = client.request("drive/wait", {"drive_id": "d1", "timeout_ms": 30_000}, timeout=PATIENCE)
        assert settled["outcome"] == "confirmed"
        # The chat is known by what its store shows, and the store may be later than the host.
        eventually(lambda: "chat_id" in client.request("drive/get", {"drive_id": "d1"}), "its chat is known", PATIENCE)
        found = client.request("chats/list", {}, timeout=PATIENCE)["chats"]
    assert [chat["drive_id"] for chat in found] == ["d1"]
    (watched,) = koru(daemon, "watch", "--once", "--json")
    assert (watched["drive"], watched["session"]) == ("d1", found[0]["session"])
    ide.stop()
    daemon.stop()
    (alone,) = koru(daemon, "watch", "--once", "--json")
    assert alone["drive"] is None, "without a daemon nobody knows"
    assert alone["session"] == watched["session"]


def test_a_witness_that_cannot_read_its_store_is_an_event_and_a_finding(
    daemon: Daemon, fake_ide: Callable[..., Ide], tmp_path: Path
) -> None:
    storage = tmp_path / "elsewhere" / "workspaceStorage" / "w1"
    (storage / "chatSessions").mkdir(parents=True)
    daemon.start()
    ide = fake_ide(HERE / "lies" / "silent_and_not_sent.json", storage)
    with daemon.client() as told, daemon.client() as client:
        told.request("events/subscribe", {"chats": True}, timeout=PATIENCE)
        params = {"drive_id": "d1", "text": "say hello", "selector": {}, "target": {}, "deadline_ms": 60_000}
        client.request("drive/start", params, timeout=PATIENCE)
        eventually(lambda: acting(client), "the drive acts", PATIENCE)
        future = '{"kind":0,"v":{"version":99,"requests":[]}}\n'
        (storage / "chatSessions" / "b.jsonl").write_text(future, encoding="utf-8")
        fault = next(params for name, params in told.notifications(PATIENCE) if name == "events/store")
        assert (fault["store"], fault["reason"]) == ("vscode_chat", "schema_changed")
        assert str(storage) in fault["where"]
        faults = client.request("daemon/status", {}, timeout=PATIENCE)["watching"]["faults"]
        assert fault["where"] in [one["where"] for one in faults]
        (storage / "chatSessions" / "b.jsonl").unlink()
        over = next(params for name, params in told.notifications(PATIENCE) if name == "events/store")
        assert (over["where"], over["over"]) == (fault["where"], True)
    ide.stop()
    daemon.stop()


def acting(client: Client) -> bool:
    state: str = client.request("drive/get", {"drive_id": "d1"}, timeout=PATIENCE)["state"]
    return state == "acting"
