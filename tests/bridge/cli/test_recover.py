"""`koru recover` as the operator runs it: what works without a daemon, the yes, the rows, the bundle, exit statuses."""

import json
import os
import signal
import socket
import subprocess
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from bridge.doctor.catalogue import CHECKS
from bridge.ledger.snapshot import FILE_NAME
from bridge.ledger.store import Ledger
from bridge.ledger.verdict import verify
from bridge.recovery.catalogue import PLACES
from bridge.recovery.support_bundle import MEMBERS
from registry.lint import Code, lint
from registry.load import load

Koru = Callable[..., "subprocess.CompletedProcess[str]"]
SECRET = "gh" + "p_" + "FAKE0" * 8
PROMPT = "a prompt that no bundle may hold"


def said(koru: Koru, *words: str, exit_status: int = 0) -> dict[str, Any]:
    done = koru("recover", "--json", *words)
    assert (done.returncode, done.stderr) == (exit_status, ""), done.stdout
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def refused(koru: Koru, *words: str, exit_status: int) -> dict[str, Any]:
    error: dict[str, Any] = said(koru, *words, exit_status=exit_status)["error"]
    return error


def rows(home: Any) -> list[tuple[str, dict[str, Any]]]:
    ledger = Ledger.open(home.state / "ledger")
    try:
        found = ledger.rows(limit=1000)
    finally:
        ledger.close()
    return [(row.kind, json.loads(row.body)) for row in found if row.kind.startswith("recovery")]


# --- the list --------------------------------------------------------------------------------------------------------


def test_every_action_is_a_recovery_of_the_registry_and_a_module_of_its_name() -> None:
    assert lint(load(), lambda command: None, {}, Code(PLACES, CHECKS)) == []
    assert all(name == import_module(f"bridge.recovery.{name}").ID for name in PLACES)


def test_the_list_needs_no_daemon(koru: Koru) -> None:
    listed = said(koru)
    assert (listed["daemon"], listed["drives_unknown"]) == (False, [])
    assert {each["recovery"] for each in listed["recoveries"]} == set(load().recoveries)
    places = {each["recovery"]: each["place"] for each in listed["recoveries"]}
    assert (places["reload_window"], places["restart_daemon"], places["free_space"]) == (
        "daemon",
        "command",
        "operator",
    )


def test_people_see_what_koru_can_do(koru: Koru) -> None:
    lines = [line.split("\t") for line in koru("recover").stdout.splitlines()]
    assert {name for name, *_ in lines} == set(PLACES)
    assert ["restart_daemon", "restarts"] in [line[:2] for line in lines]


@pytest.mark.parametrize("what", ["prayer", "reload_windo"])
def test_what_is_not_there_is_usage(koru: Koru, what: str) -> None:
    assert refused(koru, what, exit_status=2)["reason"] == "unknown_recovery"


def test_what_is_the_operator_s_own_is_said(koru: Koru) -> None:
    assert said(koru, "free_space", exit_status=1)["state"] == "by_hand"
    assert said(koru, "grant_trust", exit_status=1)["said"][0].startswith("koru trust grant")


def test_a_blocker_leads_to_its_first_action(koru: Koru) -> None:
    assert said(koru, "daemon_not_running", "--dry-run")["recovery"] == "restart_daemon"
    assert said(koru, "input_busy", exit_status=1)["recovery"] == "clear_input"


# --- the daemon ------------------------------------------------------------------------------------------------------


def test_a_daemon_that_does_not_run_is_started_and_both_rows_are_kept(koru: Koru, home: Any) -> None:
    answer = said(koru, "restart_daemon")
    assert (answer["state"], answer["recorded"]) == ("done", True)
    assert [(each["id"], each["state"]) for each in answer["checks"]] == [
        ("daemon-running", "ok"),
        ("daemon-version", "ok"),
        ("daemon-only-one", "ok"),
    ]
    assert koru("down").returncode == 0
    begun, ended = rows(home)
    assert (begun[0], begun[1]["by"], ended[0], ended[1]["state"]) == (
        "recovery_begun",
        "command",
        "recovery_ended",
        "done",
    )
    assert begun[1]["run_id"] == ended[1]["run_id"] == answer["run_id"]
    assert verify(home.state / "ledger").verdict == "intact"


def test_a_daemon_that_runs_is_restarted_only_with_a_yes(koru: Koru) -> None:
    pid = json.loads(koru("up", "--json").stdout)["pid"]
    waiting = said(koru, "restart_daemon", exit_status=1)
    assert (waiting["state"], f"pid {pid}" in waiting["said"][0]) == ("waiting", True)
    assert said(koru, "restart_daemon", "--dry-run")["state"] == "planned"
    assert json.loads(koru("status", "--json").stdout)["pid"] == pid
    assert said(koru, "restart_daemon", "--yes")["state"] == "done"
    assert json.loads(koru("status", "--json").stdout)["pid"] != pid


@contextmanager
def stopped(pid: int) -> Iterator[None]:
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


def test_a_daemon_that_hangs_is_replaced_and_the_missing_row_is_owned_up_to(koru: Koru) -> None:
    pid = json.loads(koru("up", "--json").stdout)["pid"]
    with stopped(pid):
        answer = said(koru, "restart_daemon", "--yes")
    assert (answer["state"], answer["recorded"]) == ("done", False)
    assert any("not in the ledger (begun)" in line for line in answer["said"])
    tail = json.loads(koru("ledger", "tail", "--json").stdout.splitlines()[-1])
    assert tail["kind"] == "recovery_ended"


# --- the socket ------------------------------------------------------------------------------------------------------


def dead_socket(home: Any) -> None:
    home.socket.parent.mkdir(mode=0o700)
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(home.socket))


def test_a_dead_socket_is_removed_once(koru: Koru, home: Any) -> None:
    dead_socket(home)
    planned = said(koru, "clear_socket", "--dry-run")
    assert (planned["state"], home.socket.is_socket()) == ("planned", True)
    answer = said(koru, "clear_socket")
    assert (answer["state"], answer["checks"]) == (
        "done",
        [{"id": "daemon-socket-stale", "state": "ok", "problems": []}],
    )
    assert not home.socket.exists()
    assert said(koru, "clear_socket")["state"] == "not_needed"
    assert [kind for kind, _ in rows(home)] == ["recovery_begun", "recovery_ended"]


def test_a_socket_on_which_somebody_listens_stays(koru: Koru, home: Any) -> None:
    home.socket.parent.mkdir(mode=0o700)
    with socket.socket(socket.AF_UNIX) as alive:
        alive.bind(str(home.socket))
        alive.listen()
        assert said(koru, "clear_socket")["state"] == "not_needed"
        assert home.socket.is_socket()
    home.socket.unlink()


@pytest.mark.parametrize("make", [lambda path: path.write_text("mine"), lambda path: path.symlink_to("/etc/passwd")])
def test_what_is_no_socket_is_never_removed(koru: Koru, home: Any, make: Callable[[Path], object]) -> None:
    home.socket.parent.mkdir(mode=0o700)
    make(home.socket)
    assert refused(koru, "clear_socket", exit_status=1)["reason"] == "socket_unsafe"
    assert os.path.lexists(home.socket)
    home.socket.unlink()


def test_what_cannot_be_recorded_is_not_done(koru: Koru, home: Any) -> None:
    dead_socket(home)
    (home.state / "ledger").mkdir(parents=True, mode=0o700)
    (home.state / "ledger" / FILE_NAME).mkdir()
    done = koru("recover", "clear_socket", "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["error"]["reason"].startswith(("ledger_", "state_"))
    assert home.socket.is_socket()


# --- the plugin, tools -----------------------------------------------------------------------------------------------


def test_without_an_ide_nothing_is_installed(koru: Koru) -> None:
    done = koru("recover", "reinstall_plugin", "--json", PATH="/nowhere")
    assert (done.returncode, json.loads(done.stdout)["error"]["reason"]) == (1, "tool_missing")


def test_a_missing_tool_is_said_and_not_installed(koru: Koru, home: Any) -> None:
    done = koru("recover", "install_tool", "--json", "--yes", PATH="/nowhere", DISPLAY=":97")
    answer = json.loads(done.stdout)
    assert (done.returncode, answer["state"]) == (1, "by_hand")
    assert any("sudo apt install" in line for line in answer["said"])
    assert not (home.state / "ledger").exists()


# --- the bundle ------------------------------------------------------------------------------------------------------


def members(path: Path) -> dict[str, str]:
    with tarfile.open(path) as packed:
        files = {entry.name: packed.extractfile(entry) for entry in packed.getmembers()}
        return {name: file.read().decode("utf-8") for name, file in files.items() if file is not None}


def test_a_bundle_holds_what_helps_and_neither_prompt_nor_secret(koru: Koru, daemon: Any, home: Any) -> None:
    daemon.wire().attach("w1")
    with daemon.client() as client:
        params = {"drive_id": "d1", "text": f"{PROMPT} {SECRET}", "selector": {}, "target": {}, "deadline_ms": 200}
        client.request("drive/start", {**params, "wait_ms": 200}, timeout=30)
    policy = home.root / "config" / "koru" / "policy.yaml"
    policy.parent.mkdir(parents=True)
    policy.write_text(
        f"rules: [{{decision: ask, action: send, reason: 'token={SECRET}'}}]\n"
        "redact: [{name: corp, pattern: 'corp_[a-z0-9]{10,40}'}]\n",
        encoding="utf-8",
    )
    policy.chmod(0o600)
    with home.log.open("a", encoding="utf-8") as log:
        log.write(f"token={SECRET}\n")
    answer = said(koru, "support_bundle", "--output", "out.tar.gz")
    assert (answer["state"], answer["recorded"]) == ("done", True)
    path = home.root / "out.tar.gz"
    assert path.stat().st_mode & 0o777 == 0o600
    found = members(path)
    assert set(found) == {f"koru-support/{name}" for name in MEMBERS}
    assert all(text and not text.startswith("not to be had") for text in found.values()), found
    everything = "".join(found.values())
    assert PROMPT not in everything and SECRET not in everything
    assert "[redacted:" in found["koru-support/daemon.log"]
    ledger = [json.loads(line) for line in found["koru-support/ledger.jsonl"].splitlines()]
    (accepted,) = [row for row in ledger if row["kind"] == "accepted"]
    assert accepted["drive_id"] == "d1"
    assert "characters left out" in json.dumps(accepted["body"])
    assert [row["kind"] for row in ledger].count("recovery_begun") == 1
    assert json.loads(found["koru-support/doctor.json"])["checks"]
    ruled = json.loads(found["koru-support/policy.json"])
    assert (ruled["rules"][0]["decision"], ruled["patterns"], "corp_" in everything) == ("ask", ["corp"], False)
    assert json.loads(found["koru-support/ledger-verdict.json"])["verdict"] == "intact"


def test_a_bundle_is_made_when_everything_is_broken(koru: Koru, home: Any) -> None:
    (home.state / "ledger").mkdir(parents=True, mode=0o700)
    (home.state / "ledger" / FILE_NAME).write_bytes(b"no database")
    answer = said(koru, "support_bundle", "--output", "out.tar.gz")
    assert (answer["state"], answer["recorded"]) == ("done", False)
    found = members(home.root / "out.tar.gz")
    assert found["koru-support/ledger.jsonl"].startswith("not to be had: ")
    assert found["koru-support/status.json"].startswith("not to be had: ")
    assert not (home.state / "redaction.key").exists()


def test_a_bundle_never_replaces_a_file(koru: Koru, home: Any) -> None:
    (home.root / "mine").write_text("mine", encoding="utf-8")
    assert refused(koru, "support_bundle", "--output", "mine", exit_status=2)["reason"] == "usage"
    assert (home.root / "mine").read_text(encoding="utf-8") == "mine"


# --- through the daemon ----------------------------------------------------------------------------------------------


def test_yes_goes_through_the_same_gate(koru: Koru, daemon: Any) -> None:
    daemon.wire().attach("w1")
    waiting = said(koru, "reload_window", exit_status=1)
    assert waiting["state"] == "waiting"
    approval = waiting["approval"]["approval_id"]
    assert approval in waiting["said"][-1]
    listed = koru("approvals", "list").stdout
    assert approval in listed and "reload_window" in listed
    shown = koru("approvals", "show", approval).stdout
    assert "reload the code window w1" in shown and "None" not in shown
    assert koru("approvals", "deny", approval).returncode == 0


def test_a_drive_is_offered_its_ways_out(koru: Koru, daemon: Any) -> None:
    daemon.wire().attach("w1")
    with daemon.client() as client:
        params = {"drive_id": "d1", "text": "x", "selector": {}, "target": {}, "deadline_ms": 200, "wait_ms": 200}
        client.request("drive/start", params, timeout=30)
    ways = said(koru, "d1", exit_status=1)
    assert [way["recovery"] for way in ways["ways"]] == ["mark_submitted", "mark_not_submitted", "resend_drive"]
    assert "koru recover resend_drive --drive d1" in koru("recover", "d1").stdout
