"""The daemon is killed at every boundary of a drive and started again: one turn at most, and a true state."""

import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from bridge.ledger.verdict import verify
from bridge.protocol.errors import BridgeError, Reason

POINTS = [
    f"{side}_{boundary}"
    for boundary in ("accepted", "acting", "deliver", "fact", "fact:2", "settled", "turn")
    for side in ("before", "after")
]
TEXT = "survive this"
SCRIPT = {
    "because": "an honest plugin",
    "deliver": [
        {"turn": {}},
        {
            "answer": {
                "disposition": "done",
                "facts": [{"kind": "submitted", "grade": "host"}, {"kind": "turn_ended", "grade": "host"}],
            }
        },
    ],
}
TURNS = {"confirmed": {1}, "likely": {0, 1}, "unknown": {0, 1}, "refused": {0}, "failed": {0}}


def turns(storage: Path) -> int:
    return sum(file.read_bytes().count(TEXT.encode()) for file in storage.rglob("*.jsonl"))


@pytest.mark.parametrize("point", POINTS)
def test_killed(point: str, daemon: Any, fake_ide: Callable[..., Any], tmp_path: Path) -> None:
    script = tmp_path / "script.json"
    script.write_text(json.dumps(SCRIPT), encoding="utf-8")
    storage = tmp_path / "workspaceStorage" / "abc"
    params = {"drive_id": "d1", "text": TEXT, "selector": {}, "target": {}, "deadline_ms": 8000, "wait_ms": 3000}
    daemon.start(fault=point.replace("fact:2", "fact") + (":2" if point.endswith(":2") else ""))
    fake_ide(script, storage)
    accepted = False
    with suppress(BridgeError), daemon.client() as client:
        client.request("drive/start", params)
        accepted = True
        client.request("drive/wait", {"drive_id": "d1", "until": "turn", "timeout_ms": 60_000}, timeout=70)
    daemon.wait_killed()

    daemon.start()
    with daemon.client() as client:
        try:
            client.request("drive/get", {"drive_id": "d1"})
        except BridgeError as error:
            assert error.reason is Reason.UNKNOWN_DRIVE
            assert not accepted, "a drive that was accepted is lost"
            assert turns(storage) == 0, "something was sent for a drive that nobody accepted"
        else:
            wait = {"drive_id": "d1", "until": "turn", "timeout_ms": 60_000}
            view = client.request("drive/wait", wait, timeout=70)
            assert view["state"] == "settled"
            assert turns(storage) in TURNS[view["outcome"]], view
            again = client.request("drive/start", params)
            assert again["replayed"] is True
            assert again["outcome"] == view["outcome"]
    assert turns(storage) <= 1
    daemon.stop()
    assert verify(daemon.ledger).verdict == "intact"
