"""A full disk under the ledger is told, loses nothing that was accepted, and is over when there is room again."""

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from bridge.ledger.verdict import verify
from bridge.protocol.errors import BridgeError, Reason

HONEST = [
    {"turn": {}},
    {"answer": {"disposition": "done", "facts": [{"kind": "submitted", "grade": "host"}]}},
]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 2 MiB at the daemon's state directory."""
    state = tmp_path / "state"
    state.mkdir(mode=0o700)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m,mode=700", "tmpfs", str(state)], capture_output=True, text=True
    )
    if mounted.returncode != 0:
        why = f"a small file system cannot be mounted here: {mounted.stderr.strip()}"
        if os.environ.get("CI") == "true":
            pytest.fail(why)
        pytest.skip(why)
    yield state
    subprocess.run(["umount", "-l", str(state)], check=True)


def fill(disk: Path) -> Path:
    """Take all room that is left."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))
    return filler


def start(client: Any, drive_id: str) -> dict[str, Any]:
    params = {"drive_id": drive_id, "text": f"prompt of {drive_id} " + "x" * 2000, "selector": {}, "target": {}}
    client.request("drive/start", params)
    wait = {"drive_id": drive_id, "timeout_ms": 60_000}
    view: dict[str, Any] = client.request("drive/wait", wait, timeout=70)
    return view


def test_a_full_disk(small_disk: Path, daemon: Any, fake_ide: Callable[..., Any], tmp_path: Path) -> None:
    script = tmp_path / "script.json"
    script.write_text(json.dumps({"deliver": HONEST}), encoding="utf-8")
    daemon.start()
    fake_ide(script, tmp_path / "workspaceStorage" / "abc")
    with daemon.client() as client:
        assert start(client, "before")["outcome"] == "confirmed"
        filler = fill(small_disk)
        with pytest.raises(BridgeError) as caught:
            start(client, "full")
        assert caught.value.reason is Reason.LEDGER_UNWRITABLE
        assert caught.value.hint
        assert client.request("daemon/status", {})["drives_open"] <= 1
        filler.unlink()
        assert start(client, "after")["outcome"] == "confirmed"
        assert client.request("drive/get", {"drive_id": "before"})["outcome"] == "confirmed"
        with pytest.raises(BridgeError) as caught:
            client.request("drive/get", {"drive_id": "full"})
        assert caught.value.reason is Reason.UNKNOWN_DRIVE
    daemon.stop()
    assert verify(daemon.ledger).verdict == "intact"
