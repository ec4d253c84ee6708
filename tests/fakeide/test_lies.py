"""Every lie of the fake IDE against a real daemon: what is confirmed is true, and nothing is sent twice."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bridge.ledger.verdict import verify
from tests.daemon import eventually

CASES = sorted((Path(__file__).parent / "lies").glob("*.json"))
TEXT = "make the tests pass, żółw 🐢"


def turns(storage: Path) -> list[str]:
    """The user turns in the fake chat: the truth."""
    lines = [line for file in storage.rglob("*.jsonl") for line in file.read_bytes().split(b"\n") if line]
    entries = [json.loads(line) for line in lines]
    return [request["message"]["text"] for entry in entries if entry["kind"] == 2 for request in entry["v"]]


def deadline_ms(case: dict[str, Any]) -> int:
    """What only its deadline settles does not wait long; what is settled sooner has all the time it needs."""
    return 2500 if {"unknown", "likely"} & {*case["expect"]["outcome"]} else 60_000


def drive(client: Any, case: dict[str, Any], drive_id: str = "d1", text: str = TEXT) -> dict[str, Any]:
    params = {
        "drive_id": drive_id,
        "text": text,
        "selector": {},
        "target": {},
        "deadline_ms": deadline_ms(case),
        "wait_ms": 60_000,
        "require": case.get("require", "host"),
    }
    client.request("drive/start", params)
    until = "turn" if "turn" in case["expect"] else "outcome"
    wait = {"drive_id": drive_id, "until": until, "timeout_ms": 90_000}
    answer: dict[str, Any] = client.request("drive/wait", wait, timeout=100)
    return answer


def late(client: Any) -> int:
    """Facts that are kept though they decide nothing any more."""
    view = client.request("drive/get", {"drive_id": "d1"})
    return sum(not fact["counted"] for fact in view["facts"])


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_lie(path: Path, daemon: Any, fake_ide: Callable[..., Any], tmp_path: Path) -> None:
    case = json.loads(path.read_text(encoding="utf-8"))
    storage = tmp_path / "workspaceStorage" / "abc"
    daemon.start()
    ide = fake_ide(path, storage, restart=case.get("restart", False))
    with daemon.client() as client:
        view = drive(client, case)
        expect = case["expect"]
        assert view["outcome"] in expect["outcome"], f"{case['because']}: {json.dumps(view, indent=2)}"
        assert turns(storage).count(TEXT) == expect["turns"]
        assert view.get("blocker") == expect.get("blocker", view.get("blocker"))
        assert view.get("turn", {}).get("state") == expect.get("turn", view.get("turn", {}).get("state"))
        assert len(view["facts"]) <= expect.get("facts_at_most", 100)
        if "late" in expect:
            eventually(lambda: late(client) == expect["late"], "the late fact is kept, and not counted")
        assert drive(client, case)["drive_id"] == "d1"
        assert turns(storage).count(TEXT) == expect["turns"], "the same id acted twice"
    ide.stop()
    daemon.stop()
    assert verify(daemon.ledger).verdict == "intact"
