"""Recoveries of drives through a real daemon, on a plugin that loses the first prompt: a word stays a word, and nothing
is sent again without an approval, nor twice with one."""

import json
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from bridge.client import Client
from bridge.ledger.verdict import verify
from bridge.protocol.errors import BridgeError, Reason
from tests.daemon import Daemon, eventually

PATIENCE = 60.0
HOUR_MS = 3_600_000
TOKEN = "gh" + "p_" + "FAKE0" * 8
LOSE = [{"answer": {"disposition": "lost", "facts": []}}]
NEVER = [{"pause": 0}]
HONEST = [{"turn": {}}, {"answer": {"disposition": "done", "facts": [{"kind": "turn_ended", "grade": "host"}]}}]

Turns = Callable[[], list[str]]
Ready = Callable[..., Turns]


@pytest.fixture
def ready(daemon: Daemon, fake_ide: Callable[..., Any], tmp_path: Path) -> Ready:
    """Starts the daemon and a plugin with a script for each delivery; gives the prompts that its chat holds.

    Without a store nothing can show a lost prompt any more, so its drive is unknown at once.
    """

    def start(*deliveries: list[dict[str, Any]], fault: str | None = None, store: bool = False) -> Turns:
        daemon.start(fault)
        script, storage = tmp_path / "script.json", tmp_path / "workspaceStorage" / "w"
        lookup = {"state": "touched"}
        script.write_text(json.dumps({"deliver": list(deliveries), "lookup": lookup, "store": store}), encoding="utf-8")
        fake_ide(script, storage)
        return lambda: texts(storage)

    return start


def texts(storage: Path) -> list[str]:
    lines = [line for file in storage.rglob("*.jsonl") for line in file.read_bytes().split(b"\n") if line]
    entries = [json.loads(line) for line in lines]
    return [turn["message"]["text"] for entry in entries if entry["kind"] == 2 for turn in entry["v"]]


def drive(daemon: Daemon, drive_id: str, text: str = "hello", *, deadline_ms: int = HOUR_MS) -> dict[str, Any]:
    """Started and settled."""
    start(daemon, drive_id, text, deadline_ms)
    return settled(daemon, drive_id)


def given_up(daemon: Daemon, drive_id: str) -> dict[str, Any]:
    """Started, and settled by what is known once it acts, though its store could still show it."""
    start(daemon, drive_id, "hello")
    eventually(lambda: get(daemon, drive_id)["state"] == "acting", "the drive acts", PATIENCE)
    assert approved(daemon, "release_queue", drive_id=drive_id)["state"] == "done"
    return settled(daemon, drive_id)


def start(daemon: Daemon, drive_id: str, text: str, deadline_ms: int = HOUR_MS) -> None:
    params = {"drive_id": drive_id, "text": text, "selector": {}, "target": {}, "deadline_ms": deadline_ms}
    with daemon.client() as client:
        client.request("drive/start", {**params, "wait_ms": 1000}, timeout=PATIENCE)


def settled(daemon: Daemon, drive_id: str) -> dict[str, Any]:
    with daemon.client() as client:
        asked = {"drive_id": drive_id, "timeout_ms": int(PATIENCE * 1000)}
        view = client.request("drive/wait", asked, timeout=PATIENCE + 10)
    assert view["state"] == "settled"
    return view


def get(daemon: Daemon, drive_id: str) -> dict[str, Any]:
    with daemon.client() as client:
        return client.request("drive/get", {"drive_id": drive_id}, timeout=PATIENCE)


def recover(daemon: Daemon, recovery: str, role: str = "operator", **params: Any) -> dict[str, Any]:
    with Client.connect(daemon.socket, role=role, timeout=PATIENCE) as client:
        asked = {"run_id": f"r-{recovery}", "recovery": recovery, **params}
        return client.request("recovery/run", asked, timeout=2 * PATIENCE)


def approved(daemon: Daemon, recovery: str, **params: Any) -> dict[str, Any]:
    """Run it through its gate."""
    waiting = recover(daemon, recovery, **params)
    assert waiting["state"] == "waiting"
    approval = waiting["approval"]
    decision = {"approval_id": approval["approval_id"], "action_sha": approval["action_sha"], "approve": True}
    with Client.connect(daemon.socket, role="operator", timeout=PATIENCE) as client:
        client.request("approvals/decide", decision, timeout=PATIENCE)
    return recover(daemon, recovery, **params)


def called(daemon: Daemon) -> dict[str, Any]:
    with daemon.client() as client:
        return client.request("recovery/list", {}, timeout=PATIENCE)


def findings(daemon: Daemon, check: str) -> list[dict[str, Any]]:
    with daemon.client() as client:
        asked = {"check": check, "timeout_ms": 60_000}
        found: list[dict[str, Any]] = client.request("doctor/run", asked, timeout=2 * PATIENCE)["findings"]
    return found


# --- a person's word -------------------------------------------------------------------------------------------------


def test_a_word_is_recorded_and_proves_nothing(daemon: Daemon, ready: Ready) -> None:
    ready(LOSE)
    assert drive(daemon, "d")["outcome"] == "unknown"
    assert called(daemon)["drives_unknown"] == ["d"]
    (finding,) = findings(daemon, "drives-unknown")
    assert finding["remedy"]["commands"][0] == "koru recover mark_submitted --drive d"
    result = recover(daemon, "mark_submitted", drive_id="d")
    assert (result["state"], result["checks"]) == (
        "done",
        [{"id": "drives-unknown", "state": "ok", "problems": []}],
    )
    view = get(daemon, "d")
    assert (view["outcome"], view["marked"]) == ("unknown", "submitted")
    assert called(daemon)["drives_unknown"] == []
    assert recover(daemon, "mark_submitted", run_id="r-2", drive_id="d")["state"] == "not_needed"


def test_a_word_outlives_the_daemon_and_may_be_taken_back(daemon: Daemon, ready: Ready) -> None:
    ready(LOSE)
    drive(daemon, "d")
    drive(daemon, "e")
    recover(daemon, "mark_submitted", drive_id="d")
    daemon.stop()
    daemon.start()
    assert get(daemon, "d")["marked"] == "submitted"
    assert called(daemon)["drives_unknown"] == ["e"]
    assert recover(daemon, "mark_not_submitted", drive_id="d")["state"] == "done"
    assert get(daemon, "d")["marked"] == "not_submitted"


def test_no_program_gives_a_person_s_word(daemon: Daemon, ready: Ready) -> None:
    ready(LOSE)
    drive(daemon, "d")
    with pytest.raises(BridgeError) as caught:
        recover(daemon, "mark_submitted", "client", drive_id="d")
    assert caught.value.reason is Reason.NOT_PERMITTED
    assert "marked" not in get(daemon, "d")


@pytest.mark.parametrize("recovery", ["mark_submitted", "mark_not_submitted", "resend_drive"])
def test_what_is_proven_is_nobody_s_to_say(daemon: Daemon, ready: Ready, recovery: str) -> None:
    ready(HONEST)
    assert drive(daemon, "d")["outcome"] == "confirmed"
    for params, reason in (({"drive_id": "d"}, Reason.RECOVERY_UNFIT), ({"drive_id": "x"}, Reason.UNKNOWN_DRIVE)):
        with pytest.raises(BridgeError) as caught:
            recover(daemon, recovery, **params)
        assert caught.value.reason is reason
    with pytest.raises(BridgeError) as caught:
        recover(daemon, recovery)
    assert caught.value.reason is Reason.USAGE


# --- sending again ---------------------------------------------------------------------------------------------------


def test_an_approved_resend_is_one_other_drive(daemon: Daemon, ready: Ready) -> None:
    turns = ready(LOSE, HONEST)
    assert drive(daemon, "d")["outcome"] == "unknown"
    assert recover(daemon, "resend_drive", "client", drive_id="d")["state"] == "waiting"
    assert turns() == []
    result = approved(daemon, "resend_drive", run_id="r-2", drive_id="d")
    assert result["state"] == "done"
    assert settled(daemon, "d.2")["outcome"] == "confirmed"
    assert turns() == ["hello"]
    assert (get(daemon, "d")["outcome"], get(daemon, "d")["resent_as"]) == ("unknown", "d.2")
    assert recover(daemon, "resend_drive", run_id="r-3", drive_id="d")["state"] == "not_needed"
    assert called(daemon)["drives_unknown"] == []


def test_what_is_in_the_store_by_now_is_not_sent_again(daemon: Daemon, ready: Ready) -> None:
    turns = ready(LOSE, HONEST, store=True)
    assert given_up(daemon, "d")["outcome"] == "unknown"
    assert drive(daemon, "typed-by-hand")["outcome"] == "confirmed"
    with pytest.raises(BridgeError) as caught:
        recover(daemon, "resend_drive", drive_id="d")
    assert caught.value.reason is Reason.RECOVERY_UNFIT
    assert "stands in the chat's store" in caught.value.message
    assert turns() == ["hello"]


def test_a_prompt_that_held_a_secret_is_not_sent_redacted(daemon: Daemon, ready: Ready) -> None:
    ready(LOSE)
    assert drive(daemon, "d", f"use {TOKEN}")["outcome"] == "unknown"
    with pytest.raises(BridgeError) as caught:
        recover(daemon, "resend_drive", drive_id="d")
    assert "held a secret" in caught.value.message


def test_after_the_word_that_it_was_sent_it_is_not_sent_again(daemon: Daemon, ready: Ready) -> None:
    ready(LOSE)
    drive(daemon, "d")
    recover(daemon, "mark_submitted", drive_id="d")
    with pytest.raises(BridgeError) as caught:
        recover(daemon, "resend_drive", drive_id="d")
    assert caught.value.reason is Reason.RECOVERY_UNFIT


def test_a_daemon_killed_in_a_resend_sends_once(daemon: Daemon, ready: Ready) -> None:
    turns = ready(LOSE, HONEST, fault="before_resent", store=True)
    assert drive(daemon, "d", deadline_ms=8000)["outcome"] == "unknown"
    with pytest.raises(BridgeError):
        approved(daemon, "resend_drive", drive_id="d")
    daemon.wait_killed()
    daemon.start()
    with daemon.client() as client:
        eventually(lambda: bool(client.request("sessions/list", {})["sessions"]), "the plugin is back", PATIENCE)
    settled(daemon, "d.2")
    before = turns()
    assert len(before) <= 1
    # Where it arrived, the store speaks against another; where it did not, the same id is the same drive.
    with pytest.raises(BridgeError) if before else nullcontext():
        approved(daemon, "resend_drive", run_id="r-2", drive_id="d")
    settled(daemon, "d.2")
    assert turns() == before
    assert verify(daemon.ledger).verdict == "intact"


# --- a queue that does not move --------------------------------------------------------------------------------------


def test_a_drive_that_never_ends_is_settled_by_what_is_known_and_the_next_begins(daemon: Daemon, ready: Ready) -> None:
    turns = ready(NEVER, HONEST)
    start(daemon, "stuck", "one")
    eventually(lambda: get(daemon, "stuck")["state"] == "acting", "the first acts", PATIENCE)
    start(daemon, "next", "two")
    (queue,) = called(daemon)["queues"]
    assert (queue["drive_id"], queue["state"], queue["behind"], queue["overdue"]) == ("stuck", "acting", 1, False)
    assert findings(daemon, "queue-stuck") == []
    result = approved(daemon, "release_queue", window="fake-window")
    assert result["state"] == "done", result
    view = get(daemon, "stuck")
    assert (view["outcome"], "the operator waited no longer" in view["reason"]) == ("unknown", True)
    assert settled(daemon, "next")["outcome"] == "confirmed"
    assert turns() == ["two"]
    assert recover(daemon, "release_queue", run_id="r-2")["state"] == "not_needed"


def test_a_drive_that_touched_nothing_is_cancelled_without_ado(daemon: Daemon, ready: Ready) -> None:
    turns = ready(HONEST)
    policy = daemon.home / "config" / "koru" / "policy.yaml"
    policy.parent.mkdir(parents=True, exist_ok=True)
    policy.write_text("rules: [{decision: ask, action: send}]\n", encoding="utf-8")
    policy.chmod(0o600)
    start(daemon, "waits", "one")
    eventually(lambda: bool(get(daemon, "waits").get("approval")), "an approval is asked for", PATIENCE)
    result = recover(daemon, "release_queue", drive_id="waits")
    assert result["state"] == "done", result
    assert (get(daemon, "waits")["outcome"], get(daemon, "waits")["blocker"]) == ("refused", "cancelled")
    assert turns() == []


def test_what_was_done_is_in_a_ledger_that_holds(daemon: Daemon, ready: Ready) -> None:
    ready(LOSE)
    drive(daemon, "d")
    recover(daemon, "mark_submitted", drive_id="d")
    with daemon.client() as client:
        rows = client.request("ledger/tail", {"limit": 1000}, timeout=PATIENCE)["rows"]
    kinds = [row["kind"] for row in rows if row["kind"].startswith(("recovery", "marked"))]
    assert kinds == ["recovery_begun", "marked", "recovery_ended"]
    assert verify(daemon.ledger).verdict == "intact"
