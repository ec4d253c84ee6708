"""Drives through the real daemon into a real window without a plugin: trust, facts, proof, the operator, the stop."""

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from bridge.client import Client
from bridge.desk.calibration import Calibration, CalibrationStore
from injectors.base import InputField
from tests.daemon import Daemon, eventually

if TYPE_CHECKING:
    from tests.real.desktop.conftest import ChatWindow, Desk

X11 = "os_injector_x11"
SURFACE = "demo:bench/chat"
INPUT = InputField("text", "chat-input")
PROSE = "The quick brown fox jumps over the lazy dog. " * 200


@dataclass
class House:
    """A daemon on the desk, the window it may act in, and the store of that window's chat."""

    daemon: Daemon
    desk: "Desk"
    window: "ChatWindow"
    chats: Path

    def drive(self, drive_id: str, text: str = "Zażółć 👋\n\tcode", **more: Any) -> dict[str, Any]:
        with self.daemon.client() as client:
            self.start(client, drive_id, text, **more)
            view: dict[str, Any] = client.request(
                "drive/wait", {"drive_id": drive_id, "timeout_ms": 60_000}, timeout=70
            )
            assert view["state"] == "settled"
            return view

    def start(self, client: Client, drive_id: str, text: str, **more: Any) -> None:
        base = {"drive_id": drive_id, "text": text, "selector": {}, "target": {}, "deadline_ms": 40_000, "wait_ms": 1}
        client.request("drive/start", {**base, **more}, timeout=20)

    def release(self, drive_id: str) -> dict[str, Any]:
        """The operator waits no longer for a witness: the drive is settled by what is known."""
        asked = {"run_id": "r", "recovery": "release_queue", "drive_id": drive_id}
        with Client.connect(self.daemon.socket, role="operator") as operator:
            approval = operator.request("recovery/run", asked, timeout=60)["approval"]
            decision = {name: approval[name] for name in ("approval_id", "action_sha")}
            operator.request("approvals/decide", {**decision, "approve": True}, timeout=20)
            assert operator.request("recovery/run", asked, timeout=60)["state"] == "done"
            return operator.request("drive/get", {"drive_id": drive_id}, timeout=20)

    def grant(self, level: str = "send", interface: str = X11) -> None:
        with Client.connect(self.daemon.socket, role="operator") as client:
            client.request("trust/set", {"workspace": "*", "interface": interface, "level": level})

    def settings(self, text: str) -> None:
        path = self.daemon.home / "config" / "koru" / "desk.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        path.chmod(0o600)

    def blind(self) -> None:
        """A reader is what proves an insert and names the field: take the desk's bus away from the daemon."""
        self.daemon.stop()
        self.daemon.more |= {"DBUS_SESSION_BUS_ADDRESS": "unix:path=/nowhere/bus", "XDG_RUNTIME_DIR": "/nowhere"}
        store = CalibrationStore(self.daemon.home / "state" / "koru" / "calibration")
        store.save(Calibration("demo", "1", 400, 200))
        self.daemon.start()

    def kinds(self) -> list[str]:
        """The kinds of all rows, oldest first."""
        with self.daemon.client() as client:
            return [row["kind"] for row in client.request("ledger/tail", {"limit": 100})["rows"]]

    def write_turn(self, text: str) -> None:
        """What the window's chat would write once it has taken the prompt."""
        request = {"requestId": "r1", "timestamp": time.time_ns() // 1_000_000, "message": {"text": text, "parts": []}}
        request |= {"response": [{"value": "done"}], "responseId": "a1", "modelState": {"value": 1, "completedAt": 1}}
        state = {"version": 3, "sessionId": "s1", "requests": [request], "pendingRequests": []}
        line = json.dumps({"kind": 0, "v": state}) + "\n"
        (self.chats / "s1.jsonl").write_text(line, encoding="utf-8")


def settings(chats: Path, more: str = "") -> str:
    store = f"store: {{observer: vscode_chat, path: {chats.parent}}}"
    return f"windows:\n  - {{name: bench, ide: demo, version: '1', title: koru-target, {store}}}\n{more}"


@pytest.fixture
def house(desk: "Desk", tmp_path: Path) -> Iterator[House]:
    names = ("DISPLAY", "DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR", "ACCESSIBILITY_ENABLED")
    daemon = Daemon(tmp_path, more={name: desk.environment[name] for name in names})
    chats = tmp_path / "workspaceStorage" / "w" / "chatSessions"
    chats.mkdir(parents=True)
    made = House(daemon, desk, desk.window("gtk", "koru-target"), chats)
    made.settings(settings(chats))
    calibrations = CalibrationStore(tmp_path / "state" / "koru" / "calibration")
    calibrations.save(Calibration("demo", "1", 400, 200, field=INPUT))
    daemon.start()
    try:
        yield made
    finally:
        daemon.stop()


def graded(view: dict[str, Any]) -> list[tuple[str, str]]:
    return [(fact["kind"], fact["grade"]) for fact in view["facts"]]


def test_without_a_grant_it_drafts_and_does_not_send(house: House) -> None:
    refused = house.drive("d1", selector={"via": X11})
    assert (refused["outcome"], refused["blocker"]) == ("refused", "trust_too_low")
    assert house.window.chat == ""
    drafted = house.drive("d2", "a draft", selector={"via": X11}, draft=True)
    assert drafted["outcome"] == "confirmed", drafted
    assert graded(drafted) == [("inserted", "readback")]
    assert house.window.chat == "a draft"
    assert house.window.sent == []
    busy = house.drive("d3", selector={"via": X11}, draft=True)
    assert (busy["outcome"], busy["blocker"]) == ("refused", "input_busy")
    assert house.window.chat == "a draft"


def test_a_sent_prompt_is_likely_until_the_store_shows_it(house: House) -> None:
    house.grant()
    house.desk.copy("OLD")
    with house.daemon.client() as client:
        house.start(client, "d", "Zażółć 👋\n\tcode", selector={"via": X11})
        look = {"drive_id": "d"}
        eventually(
            lambda: ("submitted", "readback") in graded(client.request("drive/get", look)), "it is read back", 60
        )
    view = house.release("d")
    assert view["outcome"] == "likely", view
    assert graded(view) == [("inserted", "readback"), ("submitted", "readback")]
    assert house.window.sent == ["Zażółć 👋\n\tcode"]
    assert house.desk.clipboard() == "OLD"
    kinds = house.kinds()
    assert kinds.index("acting") < kinds.index("fact")


def test_the_store_is_the_witness(house: House) -> None:
    house.grant()
    with house.daemon.client() as client:
        house.start(client, "d", "seen by another", selector={"window": "bench"})
        eventually(lambda: house.window.sent == ["seen by another"], "the window sent it", 60)
        house.write_turn("seen by another")
        view = client.request("drive/wait", {"drive_id": "d", "timeout_ms": 60_000}, timeout=70)
    assert view["outcome"] == "confirmed", view
    assert view["interface"] == X11
    assert ("submitted", "witness") in graded(view)


def test_enter_without_enough_proof_is_withheld_and_the_text_is_told_of(house: House) -> None:
    house.blind()
    house.grant()
    view = house.drive("d", "unread", selector={"via": X11})
    assert (view["outcome"], view["blocker"]) == ("failed", "level_too_low"), view
    assert "left in the field" in view["reason"]
    house.window.await_chat("unread")
    assert house.window.sent == []


def test_without_a_calibration_nothing_is_touched(house: House) -> None:
    house.settings(settings(house.chats).replace("version: '1'", "version: '2'"))
    view = house.drive("d", selector={"via": X11}, draft=True)
    assert (view["outcome"], view["blocker"]) == ("refused", "field_unknown")
    assert "koru calibrate" in view["reason"]
    assert house.window.chat == ""


def test_settings_that_cannot_be_read_let_nothing_act(house: House) -> None:
    unreadable = {"windows: [": "not YAML", "panic: 1\n": "panic", "windows: [{name: a, ide: b}]\n": "title"}
    with house.daemon.client() as client:
        for text, word in unreadable.items():
            assert word not in _why(client)
            house.settings(text)
            eventually(lambda word=word: word in _why(client), f"the choice says {word}", 60)  # type: ignore[misc]
    assert house.window.chat == ""


def _why(client: Client) -> str:
    rows = client.request("interfaces/explain", {"selector": {}})["rows"]
    return str(next(row.get("reason", "") for row in rows if row["interface"] == X11))


@pytest.mark.parametrize("who", ["koru stop", "the drive's cancellation", "the panic key"])
def test_whoever_stops_it_before_the_paste_keeps_the_desk(house: House, who: str) -> None:
    """The target does not answer, so its field cannot be named and no key is pressed."""
    house.desk.copy("OLD")
    view = stopped(house, who, lambda: "acting" in house.kinds())
    assert (view["outcome"], view["blocker"]) == ("refused", "stopped"), view
    assert f"stopped by {who}" in view["reason"], view
    assert house.desk.clipboard() == "OLD"
    assert house.window.chat == ""


@pytest.mark.parametrize("who", ["koru stop", "the drive's cancellation", "the panic key"])
def test_whoever_stops_it_after_the_paste_gets_the_clipboard_back(house: House, who: str) -> None:
    """The target does not answer, so the paste stays unfetched: it is told as unknown, and nothing is sent.

    Without a store there is no witness to wait for.
    """
    house.settings("windows:\n  - {name: bench, ide: demo, version: '1', title: koru-target}\n")
    house.blind()
    house.grant()
    house.desk.copy("OLD")
    view = stopped(house, who, lambda: house.desk.clipboard() == PROSE, draft=False)
    assert f"stopped by {who}" in view["reason"], view
    assert view["outcome"] in ("refused", "unknown"), view
    if view["outcome"] == "unknown":  # the key was pressed, and the target has it by now
        house.window.await_chat(PROSE)
    eventually(lambda: house.desk.clipboard() == "OLD", "the clipboard is the operator's again", 60)
    assert house.window.chat == (PROSE if view["outcome"] == "unknown" else "")
    assert house.window.sent == []


def stopped(house: House, who: str, ready: Callable[[], bool], *, draft: bool = True) -> dict[str, Any]:
    """The drive that was stopped once `ready`, while its target was stopped by a signal."""
    os.kill(house.window.pid, signal.SIGSTOP)
    try:
        with house.daemon.client() as client:
            house.start(client, "d", PROSE, selector={"via": X11}, draft=draft)
            eventually(ready, "it has come that far", 60)
            if who == "koru stop":
                client.request("desk/stop", {}, timeout=30)
            elif who == "the panic key":
                eventually(lambda: _pressed(house), "the panic key is heard", 60)
            else:
                client.request("drive/cancel", {"drive_id": "d"}, timeout=20)
            view: dict[str, Any] = client.request("drive/wait", {"drive_id": "d", "timeout_ms": 60_000}, timeout=70)
            return view
    finally:
        os.kill(house.window.pid, signal.SIGCONT)


def _pressed(house: House) -> bool:
    house.desk.run("xdotool", "key", "Pause")
    with house.daemon.client() as client:
        return bool(client.request("drive/get", {"drive_id": "d"}, timeout=20)["state"] == "settled")
