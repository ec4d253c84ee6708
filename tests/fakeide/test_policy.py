"""Policy through a real daemon: trust, rules, approvals and secrets, on a plugin that counts its turns."""

import json
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from bridge.client import Client
from bridge.ledger.verdict import verify
from bridge.protocol.errors import BridgeError, Reason
from tests.daemon import Daemon, eventually

NATIVE = "vscode_native_send"
TOKEN = "gh" + "p_" + "FAKE0" * 8
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
def turns(daemon: Daemon, fake_ide: Callable[..., Any], tmp_path: Path) -> Callable[[], list[str]]:
    """A running daemon with an honest plugin; gives the prompts that its chat holds."""
    daemon.start()
    script, storage = tmp_path / "script.json", tmp_path / "workspaceStorage" / "w"
    script.write_text(json.dumps({"deliver": HONEST}), encoding="utf-8")
    fake_ide(script, storage)

    def read() -> list[str]:
        lines = [line for file in storage.rglob("*.jsonl") for line in file.read_bytes().split(b"\n") if line]
        entries = [json.loads(line) for line in lines]
        return [turn["message"]["text"] for entry in entries if entry["kind"] == 2 for turn in entry["v"]]

    return read


def policy(daemon: Daemon, text: str, name: str = "policy.yaml") -> None:
    directory = daemon.home / "config" / "koru"
    directory.mkdir(parents=True, exist_ok=True)
    (directory / name).write_text(text, encoding="utf-8")
    (directory / name).chmod(0o600)


def start(client: Client, drive_id: str, text: str = "hello", **more: Any) -> dict[str, Any]:
    base = {"drive_id": drive_id, "text": text, "selector": {}, "target": {}, "deadline_ms": 60_000, "wait_ms": 1000}
    return client.request("drive/start", {**base, **more})


def settled(client: Client, drive_id: str) -> tuple[str, str | None]:
    view = client.request("drive/wait", {"drive_id": drive_id, "timeout_ms": 60_000}, timeout=70)
    assert view["state"] == "settled"
    return view["outcome"], view.get("blocker")


def operator(daemon: Daemon) -> Client:
    return daemon.client("operator")


def waiting(client: Client, drive_id: str) -> dict[str, Any]:
    """The approval that the drive waits for."""
    eventually(
        lambda: bool(client.request("drive/get", {"drive_id": drive_id}).get("approval")), "an approval is asked for"
    )
    approval_id = client.request("drive/get", {"drive_id": drive_id})["approval"]
    approval: dict[str, Any] = client.request("approvals/list", {"approval_id": approval_id})["approvals"][0]
    return approval


def decide(daemon: Daemon, approval: dict[str, Any], *, approve: bool, sha: str | None = None) -> dict[str, Any]:
    with operator(daemon) as client:
        body = {"approval_id": approval["approval_id"], "action_sha": sha or approval["action_sha"]}
        return client.request("approvals/decide", {**body, "approve": approve})


def koru(daemon: Daemon, *words: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-P", "-m", "bridge.cli", *words]
    return subprocess.run(
        command, env=daemon.environment, capture_output=True, encoding="utf-8", timeout=60, check=False
    )


ASK = "rules: [{decision: ask, action: send, reason: look first}]\n"


def test_without_any_file_a_plugin_sends(daemon: Daemon, turns: Callable[[], list[str]]) -> None:
    with daemon.client() as client:
        start(client, "d")
        assert settled(client, "d") == ("confirmed", None)
    assert turns() == ["hello"]


@pytest.mark.parametrize(
    ("name", "text", "blocker"),
    [
        ("policy.yaml", "rules: [{decision: deny, ide: '*'}]\n", "policy_denied"),
        ("policy.yaml", "rules: [oops\n", "policy_denied"),
        ("trust.yaml", "grants: [{workspace: '*', interface: vscode_native_send, level: draft}]\n", "trust_too_low"),
    ],
)
def test_what_policy_denies_is_refused_untouched(
    name: str, text: str, blocker: str, daemon: Daemon, turns: Callable[[], list[str]]
) -> None:
    policy(daemon, text, name)
    with daemon.client() as client:
        start(client, "d", selector={"via": NATIVE})
        assert settled(client, "d") == ("refused", blocker)
    assert turns() == []


def test_a_grant_and_its_end_are_in_force_at_once(daemon: Daemon, turns: Callable[[], list[str]]) -> None:
    via = {"via": NATIVE}
    granted = koru(daemon, "trust", "grant", "observe", "--interface", NATIVE, "--everywhere", "--json")
    assert granted.returncode == 0, granted.stderr
    assert json.loads(granted.stdout)["grants"] == [{"workspace": "*", "interface": NATIVE, "level": "observe"}]
    with daemon.client() as client:
        start(client, "denied", selector=via)
        assert settled(client, "denied") == ("refused", "trust_too_low")
        explained = client.request("interfaces/explain", {"selector": {}})["rows"]
        assert "trusted to observe" in next(row["reason"] for row in explained if row["interface"] == NATIVE)
        assert koru(daemon, "trust", "revoke", "--interface", NATIVE, "--everywhere").returncode == 0
        start(client, "sent", selector=via)
        assert settled(client, "sent") == ("confirmed", None)
        rows = client.request("ledger/tail", {"limit": 100})["rows"]
    assert [json.loads(row["body"])["level"] for row in rows if row["kind"] == "trust_set"] == ["observe", "revoked"]


def test_what_drives_for_others_cannot_permit_itself_anything(daemon: Daemon, turns: Callable[[], list[str]]) -> None:
    with daemon.client() as client:
        for method, params in (
            ("trust/set", {"workspace": "*", "interface": NATIVE, "level": "autonomous"}),
            ("approvals/decide", {"approval_id": "a", "action_sha": "a" * 64, "approve": True}),
        ):
            with pytest.raises(BridgeError) as caught:
                client.request(method, params)
            assert caught.value.reason is Reason.NOT_PERMITTED


def test_an_approved_drive_is_sent_once_and_the_approval_is_used_up(
    daemon: Daemon, turns: Callable[[], list[str]]
) -> None:
    policy(daemon, ASK)
    with daemon.client() as client:
        start(client, "d", f"use {TOKEN} please")
        approval = waiting(client, "d")
        assert turns() == []
        assert "[redacted:github_token#" in approval["text"] and TOKEN not in approval["text"]
        with pytest.raises(BridgeError) as caught:
            decide(daemon, approval, approve=True, sha="b" * 64)
        assert caught.value.reason is Reason.APPROVAL_VOID
        assert decide(daemon, approval, approve=True)["state"] == "approved"
        assert settled(client, "d") == ("confirmed", None)
        with pytest.raises(BridgeError) as caught:
            decide(daemon, approval, approve=True)
        assert caught.value.reason is Reason.APPROVAL_VOID
        everything = client.request("approvals/list", {"everything": True})["approvals"]
    assert [found["state"] for found in everything] == ["used"]
    assert turns() == [f"use {TOKEN} please"], "the prompt itself is never altered"


def test_a_denied_drive_is_refused(daemon: Daemon, turns: Callable[[], list[str]]) -> None:
    policy(daemon, ASK)
    with daemon.client() as client:
        start(client, "d")
        decide(daemon, waiting(client, "d"), approve=False)
        assert settled(client, "d") == ("refused", "approval_denied")
    assert turns() == []


def test_without_an_answer_it_is_refused_at_its_deadline(daemon: Daemon, turns: Callable[[], list[str]]) -> None:
    policy(daemon, ASK)
    with daemon.client() as client:
        start(client, "d", deadline_ms=5000)
        approval = waiting(client, "d")
        assert settled(client, "d") == ("refused", "approval_timeout")
    with pytest.raises(BridgeError) as caught:
        decide(daemon, approval, approve=True)
    assert caught.value.reason is Reason.APPROVAL_VOID
    assert turns() == []


def test_a_drive_that_waits_for_approval_can_be_cancelled(daemon: Daemon, turns: Callable[[], list[str]]) -> None:
    policy(daemon, ASK)
    with daemon.client() as client:
        start(client, "d")
        waiting(client, "d")
        client.request("drive/cancel", {"drive_id": "d"})
        assert settled(client, "d") == ("refused", "cancelled")
    assert turns() == []


def kill(daemon: Daemon) -> None:
    assert daemon.process is not None
    daemon.process.kill()
    daemon.process.wait(timeout=10)


def test_an_approval_that_was_asked_for_survives_a_restart(daemon: Daemon, turns: Callable[[], list[str]]) -> None:
    policy(daemon, ASK)
    with daemon.client() as client:
        start(client, "d")
        before = waiting(client, "d")
    kill(daemon)
    daemon.start()
    with daemon.client() as client:
        eventually(lambda: len(client.request("sessions/list", {})["sessions"]) == 1, "the plugin is back")
        eventually(
            lambda: (
                client.request("approvals/list", {"approval_id": before["approval_id"]})["approvals"][0].get("text")
                == "hello"
            ),
            "the drive waits for its approval again",
        )
        assert len(client.request("approvals/list", {"everything": True})["approvals"]) == 1
        decide(daemon, before, approve=True)
        assert settled(client, "d") == ("confirmed", None)
    assert turns() == ["hello"]


def test_a_secret_is_sent_as_it_is_and_written_down_nowhere(daemon: Daemon, turns: Callable[[], list[str]]) -> None:
    text = f"deploy with {TOKEN} " + "x " * 1000
    with daemon.client() as client:
        view = start(client, "d", text)
        assert "github_token" in view["warning"]
        assert settled(client, "d") == ("confirmed", None)
        again = start(client, "d", text)
        assert again["replayed"] is True
    assert turns() == [text]
    daemon.stop()
    state = daemon.home / "state"
    holding = [path for path in state.rglob("*") if path.is_file() and TOKEN.encode() in path.read_bytes()]
    assert holding == []
    assert verify(daemon.ledger).verdict == "intact"


def test_a_prompt_with_a_secret_is_not_sent_altered_after_a_restart(
    daemon: Daemon, turns: Callable[[], list[str]]
) -> None:
    policy(daemon, ASK)
    with daemon.client() as client:
        start(client, "secret", f"use {TOKEN}")
        waiting(client, "secret")
    kill(daemon)
    daemon.start()
    with daemon.client() as client:
        assert settled(client, "secret") == ("refused", "secret_not_kept")
    assert turns() == []


def test_secrets_can_be_blocked(daemon: Daemon, turns: Callable[[], list[str]]) -> None:
    policy(daemon, "secrets_in_prompts: deny\nredact: [{name: corp, pattern: 'corp_[a-z0-9]{10,40}'}]\n")
    with daemon.client() as client:
        start(client, "one", "this is corp_abcdefghij12")
        assert settled(client, "one") == ("refused", "secret_in_prompt")
        start(client, "two", "this is corporate")
        assert settled(client, "two") == ("confirmed", None)
    assert turns() == ["this is corporate"]


def test_the_command_says_what_it_waits_for(daemon: Daemon, turns: Callable[[], list[str]]) -> None:
    policy(daemon, ASK)
    drives: list[subprocess.CompletedProcess[str]] = []
    thread = threading.Thread(target=lambda: drives.append(koru(daemon, "drive", "--id", "d", "hello")))
    thread.start()
    with daemon.client() as client:
        eventually(lambda: bool(client.request("approvals/list", {})["approvals"]), "an approval is asked for")
        approval = waiting(client, "d")
    listed = koru(daemon, "approvals", "list")
    assert approval["approval_id"] in listed.stdout
    shown = koru(daemon, "approvals", "show", approval["approval_id"])
    assert "look first" in shown.stdout and shown.stdout.endswith("\nhello\n")
    stale = koru(daemon, "approvals", "approve", approval["approval_id"], "--sha", "00000000")
    assert stale.returncode == 1 and "another action" in stale.stderr
    assert koru(daemon, "approvals", "approve", approval["approval_id"]).returncode == 0
    thread.join(timeout=60)
    assert drives[0].returncode == 0, drives[0].stderr
    assert turns() == ["hello"]
    assert koru(daemon, "approvals", "deny", "nothing").returncode == 2


@pytest.mark.parametrize(
    "point", [f"{side}_{row}" for row in ("approval_asked", "approval_decided") for side in ("before", "after")]
)
def test_killed_around_an_approval(point: str, daemon: Daemon, turns: Callable[[], list[str]]) -> None:
    policy(daemon, ASK)
    kill(daemon)
    daemon.start(fault=point)
    with daemon.client() as client:
        eventually(lambda: len(client.request("sessions/list", {})["sessions"]) == 1, "the plugin is back")
        with suppress(BridgeError):
            start(client, "d")
            decide(daemon, waiting(client, "d"), approve=True)
    daemon.wait_killed()
    assert turns() == []
    daemon.start()
    with daemon.client() as client:
        if point == "after_approval_decided":  # what was decided is not asked again
            assert settled(client, "d") == ("confirmed", None)
        else:
            decide(daemon, waiting(client, "d"), approve=True)
            assert settled(client, "d") == ("confirmed", None)
        states = [found["state"] for found in client.request("approvals/list", {"everything": True})["approvals"]]
    assert states == ["used"]
    assert turns() == ["hello"]
