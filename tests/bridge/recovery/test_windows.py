"""Recoveries of windows through a real daemon, on a wire that plays their plugin: gate, proof, idempotence, rows."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from bridge.client import Client
from bridge.protocol.errors import BridgeError, Reason

PATIENCE = 60.0


@pytest.fixture
def aside() -> Iterator[Callable[..., "Future[Any]"]]:
    """Runs a call beside the test."""
    with ThreadPoolExecutor(4) as pool:
        yield pool.submit


def ask(daemon: Any, role: str = "operator", **params: Any) -> dict[str, Any]:
    with Client.connect(daemon.home.socket, role=role, timeout=PATIENCE) as client:
        return client.request("recovery/run", {"run_id": "r-1", **params}, timeout=2 * PATIENCE)


def approve(daemon: Any, approval: dict[str, Any], *, yes: bool = True) -> None:
    with Client.connect(daemon.home.socket, role="operator", timeout=PATIENCE) as client:
        decision = {"approval_id": approval["approval_id"], "action_sha": approval["action_sha"], "approve": yes}
        client.request("approvals/decide", decision, timeout=PATIENCE)


def rows(daemon: Any, *kinds: str) -> list[dict[str, Any]]:
    with daemon.client() as client:
        tail = client.request("ledger/tail", {"limit": 1000}, timeout=PATIENCE)["rows"]
    return [{"kind": row["kind"], **json.loads(row["body"])} for row in tail if row["kind"] in kinds]


def asked(wire: Any, method: str) -> dict[str, Any]:
    """The daemon's next request of that name; pings are answered on the way."""
    while True:
        message: dict[str, Any] | None = wire.hear(PATIENCE)
        assert message is not None, f"hung up before {method}"
        if message.get("method") == method:
            return message
        if message.get("method") == "ping":
            wire.say({"jsonrpc": "2.0", "id": message["id"], "result": {}})


def attach(daemon: Any, host_started_at_ms: int = 1_700_000_000_000) -> Any:
    wire = daemon.wire()
    hello = {**plugin("w1"), "host_started_at_ms": host_started_at_ms}
    answer = wire.initialize("plugin", plugin=hello)
    assert "result" in answer, answer
    return wire


def plugin(window: str) -> dict[str, Any]:
    surface = {"surface_id": "chat", "agent": "chat", "title": "Chat", "workspace_folders": ["/home/me"]}
    return {
        "ide": {"product": "code", "version": "1.90.0", "app_name": "Code", "app_host": "desktop"},
        "pid": 4242,
        "host_started_at_ms": 1,
        "window_id": window,
        "capabilities": [],
        "surfaces": [{**surface, "interfaces": ["vscode_native_send"]}],
    }


# --- reconnect -------------------------------------------------------------------------------------------------------


def test_a_window_is_let_go_and_comes_back(daemon: Any, aside: Callable[..., "Future[Any]"]) -> None:
    wire = attach(daemon)
    running = aside(ask, daemon, recovery="reconnect_plugin")
    last = wire.hung_up(PATIENCE)
    assert last is not None and last["error"]["data"]["reason"] == "peer_gone"
    attach(daemon)
    result = running.result(PATIENCE)
    assert (result["state"], result["checks"][0]["id"]) == ("done", "plugin-connected")
    begun, ended = rows(daemon, "recovery_begun", "recovery_ended")
    assert (begun["kind"], begun["by"], ended["state"]) == ("recovery_begun", "operator", "done")


def test_without_a_window_it_is_said_what_to_do_and_nothing_is_recorded(daemon: Any) -> None:
    with pytest.raises(BridgeError) as caught:
        ask(daemon, recovery="reconnect_plugin")
    assert caught.value.reason is Reason.UNKNOWN_SURFACE
    assert "Koru: Connect" in str(caught.value.hint)
    assert rows(daemon, "recovery_begun") == []


def test_of_several_windows_one_must_be_named(daemon: Any) -> None:
    attach(daemon)
    other = daemon.wire()
    other.attach("w2", pid=4243)
    with pytest.raises(BridgeError) as caught:
        ask(daemon, recovery="reconnect_plugin", dry_run=True)
    assert caught.value.reason is Reason.AMBIGUOUS_SURFACE
    assert ask(daemon, recovery="reconnect_plugin", window="w2", dry_run=True)["state"] == "planned"
    assert ask(daemon, recovery="reconnect_plugin", window="code:w2/chat0", dry_run=True)["state"] == "planned"


# --- reload ----------------------------------------------------------------------------------------------------------


def reload_(daemon: Any, wire: Any, aside: Callable[..., "Future[Any]"], **answer: Any) -> "Future[Any]":
    """An approved reload, up to the plugin's answer."""
    waiting = ask(daemon, recovery="reload_window")
    assert waiting["state"] == "waiting"
    approve(daemon, waiting["approval"])
    running = aside(ask, daemon, recovery="reload_window")
    request = asked(wire, "window/reload")
    wire.say({"jsonrpc": "2.0", "id": request["id"], "result": {"issued": True, **answer}})
    return running


def test_a_reload_is_done_when_another_host_is_there(daemon: Any, aside: Callable[..., "Future[Any]"]) -> None:
    wire = attach(daemon)
    running = reload_(daemon, wire, aside)
    wire.socket.shutdown(2)
    attach(daemon, 1_700_000_900_000)
    assert running.result(2 * PATIENCE)["state"] == "done"


def test_a_host_that_merely_connects_again_proves_no_reload(daemon: Any, aside: Callable[..., "Future[Any]"]) -> None:
    wire = attach(daemon)
    running = reload_(daemon, wire, aside)
    wire.socket.shutdown(2)
    attach(daemon)
    result = running.result(2 * PATIENCE)
    assert result["state"] == "unproven"
    assert "old host still runs" in result["said"][0]


def test_a_window_that_declines_fails(daemon: Any, aside: Callable[..., "Future[Any]"]) -> None:
    wire = attach(daemon)
    result = reload_(daemon, wire, aside, issued=False, blocker="command_unavailable").result(2 * PATIENCE)
    assert (result["state"], "command_unavailable" in result["said"][0]) == ("failed", True)
    assert rows(daemon, "recovery_ended")[0]["state"] == "failed"


# --- the gate --------------------------------------------------------------------------------------------------------


def test_what_is_risky_waits_and_is_shown_among_the_approvals(daemon: Any) -> None:
    attach(daemon)
    waiting = ask(daemon, "client", recovery="reload_window")
    assert waiting["state"] == "waiting"
    with daemon.client() as client:
        (shown,) = client.request("approvals/list", {}, timeout=PATIENCE)["approvals"]
    assert (shown["action"], shown["recovery"], "drive_id" in shown) == ("recover", "reload_window", False)
    assert "reload the code window w1" in shown["reason"]
    assert ask(daemon, "client", recovery="reload_window")["approval"]["approval_id"] == shown["approval_id"]
    assert rows(daemon, "recovery_begun") == []


def test_what_is_denied_is_not_done(daemon: Any) -> None:
    attach(daemon)
    approve(daemon, ask(daemon, recovery="reload_window")["approval"], yes=False)
    assert ask(daemon, recovery="reload_window")["state"] == "denied"
    assert ask(daemon, recovery="reload_window")["state"] == "denied"
    assert rows(daemon, "recovery_begun") == []


def test_a_program_cannot_approve_its_own(daemon: Any) -> None:
    attach(daemon)
    approval = ask(daemon, "client", recovery="reload_window")["approval"]
    decision = {"approval_id": approval["approval_id"], "action_sha": approval["action_sha"], "approve": True}
    with daemon.client() as client, pytest.raises(BridgeError) as caught:
        client.request("approvals/decide", decision, timeout=PATIENCE)
    assert caught.value.reason is Reason.NOT_PERMITTED


def test_an_approval_is_for_one_run_and_its_window_as_it_was(daemon: Any) -> None:
    wire = attach(daemon)
    approve(daemon, ask(daemon, recovery="reload_window")["approval"])
    assert ask(daemon, recovery="reload_window", run_id="r-2")["state"] == "waiting"
    wire.socket.shutdown(2)
    attach(daemon, 1_700_000_900_000)
    again = ask(daemon, recovery="reload_window")
    assert again["state"] == "waiting", "another host runs now: what was approved is not what would be done"
    assert rows(daemon, "recovery_begun") == []


def test_an_approval_that_was_used_is_not_used_again(daemon: Any, aside: Callable[..., "Future[Any]"]) -> None:
    wire = attach(daemon)
    first = reload_(daemon, wire, aside, issued=False).result(2 * PATIENCE)
    assert ask(daemon, recovery="reload_window") == first, "the same id is the same run"
    assert ask(daemon, recovery="reload_window", run_id="r-9")["state"] == "waiting"
    with daemon.client() as client:
        found = client.request("approvals/list", {"everything": True}, timeout=PATIENCE)["approvals"]
    assert [each["state"] for each in found] == ["used", "pending"]
    with pytest.raises(BridgeError) as caught:
        approve(daemon, found[0])
    assert caught.value.reason is Reason.APPROVAL_VOID


def test_one_id_is_one_run(daemon: Any) -> None:
    attach(daemon)
    ask(daemon, recovery="reload_window")
    with pytest.raises(BridgeError) as caught:
        ask(daemon, recovery="open_chat")
    assert caught.value.reason is Reason.ID_CONFLICT


@pytest.mark.parametrize(
    ("recovery", "reason"),
    [
        ("prayer", Reason.UNKNOWN_RECOVERY),
        ("restart_daemon", Reason.NOT_PERMITTED),
        ("free_space", Reason.NOT_PERMITTED),
    ],
)
def test_what_the_daemon_does_not_run(daemon: Any, recovery: str, reason: Reason) -> None:
    with pytest.raises(BridgeError) as caught:
        ask(daemon, recovery=recovery)
    assert caught.value.reason is reason


def test_a_client_that_leaves_does_not_stop_it(daemon: Any) -> None:
    wire = attach(daemon)
    leaving = daemon.wire()
    leaving.initialize("operator")
    leaving.post("recovery/run", run_id="r-1", recovery="reconnect_plugin")
    assert wire.hung_up(PATIENCE) is not None
    leaving.socket.close()
    attach(daemon)
    result = ask(daemon, recovery="reconnect_plugin")
    assert result["state"] == "done"
    assert len(rows(daemon, "recovery_begun")) == 1


# --- showing a chat --------------------------------------------------------------------------------------------------


def test_a_chat_that_is_shown_is_no_more_than_a_command_that_returned(
    daemon: Any, aside: Callable[..., "Future[Any]"]
) -> None:
    wire = attach(daemon)
    running = aside(ask, daemon, recovery="open_chat")
    request = asked(wire, "chat/open")
    assert request["params"] == {"surface_id": "chat"}
    wire.say({"jsonrpc": "2.0", "id": request["id"], "result": {"issued": True}})
    assert running.result(PATIENCE)["state"] == "unproven"


# --- the doctor over the socket --------------------------------------------------------------------------------------


def test_the_doctor_is_served_by_the_same_checks(daemon: Any, koru: Any) -> None:
    with daemon.client() as client:
        said = client.request("doctor/run", {"timeout_ms": 60_000}, timeout=2 * PATIENCE)
    alone = json.loads(koru("doctor", "--json", "--timeout", "60").stdout)
    assert [check["id"] for check in said["checks"]] == [check["id"] for check in alone["checks"]]
    assert [each["id"] for each in said["interfaces"]] == [each["id"] for each in alone["interfaces"]]
    found = {(each["id"], each.get("about")) for each in alone["findings"] if not each["id"].startswith("check-")}
    assert {(each["id"], each.get("about")) for each in said["findings"]} >= found
    assert said["healthy"] == alone["healthy"]


def test_one_check_and_one_interface_over_the_socket(daemon: Any) -> None:
    with daemon.client() as client:
        said = client.request("doctor/run", {"check": "disk-space", "timeout_ms": 60_000}, timeout=2 * PATIENCE)
        assert [check["id"] for check in said["checks"]] == ["disk-space"]
        asked_for = {"check": "disk-space", "interface": "operator", "timeout_ms": 60_000}
        said = client.request("doctor/run", asked_for, timeout=2 * PATIENCE)
        assert [each["id"] for each in said["interfaces"]] == ["operator"]
        for wrong, reason in (({"check": "x"}, Reason.USAGE), ({"interface": "x"}, Reason.UNKNOWN_INTERFACE)):
            with pytest.raises(BridgeError) as caught:
                client.request("doctor/run", {**wrong, "timeout_ms": 60_000}, timeout=2 * PATIENCE)
            assert caught.value.reason is reason


def test_the_daemon_answers_others_while_it_examines(daemon: Any, aside: Callable[..., "Future[Any]"]) -> None:
    def examine() -> None:
        with daemon.client() as client:
            client.request("doctor/run", {"timeout_ms": 60_000}, timeout=2 * PATIENCE)

    running = [aside(examine) for _ in range(3)]
    with daemon.client() as client:
        while not all(each.done() for each in running):
            client.request("ping", {}, timeout=PATIENCE)
    assert [each.result(0) for each in running] == [None] * 3
