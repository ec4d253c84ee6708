"""A fault of our own inside a running daemon costs the work it happened in, and is told."""

import json
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from tests.daemon import Daemon, eventually
from tests.fakeide.goals import Shop, turn

FACTS = [{"kind": "submitted", "grade": "host"}]
HONEST = [{"turn": {}}, {"answer": {"disposition": "done", "facts": FACTS}}]
LOSE = [{"answer": {"disposition": "lost", "facts": []}}]
# The first call of one method fails in a way that no code foresees.
PLANTED = """
import sys
from {module} import {name}
from bridge.daemon.process.main import leave, main
whole, left = {name}.{method}, ["planted"]
def failing(*given, **named):
    if left:
        raise LookupError(left.pop())
    return whole(*given, **named)
{name}.{method} = failing
leave(main(sys.argv[1:]))
"""

Start = Callable[[str, str, str], None]


@pytest.fixture
def start(daemon: Daemon) -> Start:
    """Starts a daemon in which the first call of a method fails."""

    def begin(module: str, name: str, method: str) -> None:
        text = PLANTED.format(module=f"bridge.daemon.{module}", name=name, method=method)
        daemon.command = (sys.executable, "-P", "-c", text)
        daemon.more["KORU_CONTAINED"] = "keep"
        daemon.start()

    return begin


@pytest.fixture
def open_ide(fake_ide: Callable[..., Any], tmp_path: Path) -> Callable[..., None]:
    """Attaches a fake IDE with a script."""

    def attach(**script: Any) -> None:
        path = tmp_path / "script.json"
        path.write_text(json.dumps(script), encoding="utf-8")
        fake_ide(path, tmp_path / "workspaceStorage" / "w")

    return attach


def in_status(what: str, client: Any) -> str:
    """The class of the one fault that the status tells of, which happened once."""
    (fault,) = client.request("daemon/status", {})["contained"]
    assert (fault["what"], fault["count"]) == (what, 1)
    error: str = fault["error"]
    return error


def driven(client: Any, drive_ids: Iterable[str] = ("first", "second")) -> list[Any]:
    """The drives of these ids when they have their outcome."""
    return [_driven(client, drive_id) for drive_id in drive_ids]


def _driven(client: Any, drive_id: str) -> Any:
    about = {"drive_id": drive_id, "text": drive_id, "selector": {}, "target": {}, "deadline_ms": 60_000}
    client.request("drive/start", {**about, "wait_ms": 1000})
    return client.request("drive/wait", {"drive_id": drive_id, "timeout_ms": 60_000}, timeout=90)


def ends(views: Iterable[Any]) -> list[tuple[str, str | None]]:
    return [(view["outcome"], view.get("blocker")) for view in views]


def test_a_drive_that_cannot_be_run_is_refused(daemon: Daemon, start: Start, open_ide: Callable[..., None]) -> None:
    start("drives.lanes", "Lanes", "_fresh")
    open_ide(deliver=HONEST)
    with daemon.client() as client:
        assert ends(driven(client)) == [("refused", "internal"), ("confirmed", None)]
        assert in_status("running a drive", client) == "LookupError"


def test_a_drive_that_cannot_be_delivered_is_looked_up(
    daemon: Daemon, start: Start, open_ide: Callable[..., None]
) -> None:
    start("drives.plugin_channel", "PluginChannel", "deliver")
    open_ide(deliver=HONEST)
    with daemon.client() as client:
        assert ends(driven(client)) == [("refused", "plugin_lost"), ("confirmed", None)]
        assert in_status("delivering a drive", client) == "LookupError"


def test_a_store_that_cannot_be_watched_costs_its_drive_the_witness_alone(
    daemon: Daemon, start: Start, open_ide: Callable[..., None]
) -> None:
    start("drives.witnesses", "Witnesses", "follow")
    open_ide(deliver=HONEST)

    def grades(drive_id: str) -> set[str]:
        return {fact["grade"] for fact in client.request("drive/get", {"drive_id": drive_id})["facts"]}

    with daemon.client() as client:
        assert ends(driven(client)) == [("confirmed", None)] * 2
        eventually(lambda: grades("second") == {"host", "witness"}, "the second drive has its witness")
        assert grades("first") == {"host"}
        assert in_status("watching the store of a drive", client) == "LookupError"


def test_a_goal_that_cannot_be_pursued_ends_failed_and_the_next_one_is_pursued(shop: Shop, start: Start) -> None:
    shop.daemon.stop()
    start("goals.pursuit", "Pursuit", "_perform")
    shop.open(turn(0))
    shop.pursue("first")
    view = shop.end("first")
    assert (view["state"], view["cause"], view["reason"]) == ("stopped", "failed", "a fault in the daemon; see its log")
    assert shop.prompts() == []
    shop.pursue("second")
    assert shop.end("second")["state"] == "accepted"
    with shop.daemon.client() as client:
        assert in_status("pursuing a goal", client) == "LookupError"


def test_a_late_fact_that_cannot_be_written_ends_nothing_else(
    daemon: Daemon, start: Start, open_ide: Callable[..., None]
) -> None:
    start("drives.late", "LateFacts", "_append")
    late = {"event": {"epoch": -1, "fact": {"kind": "submitted", "grade": "host"}}}
    open_ide(deliver=[late, *HONEST])
    with daemon.client() as client:
        assert ends(driven(client)) == [("confirmed", None)] * 2
        assert in_status("writing a late fact", client) == "LookupError"


def test_a_recovery_whose_end_cannot_be_told_says_so(
    daemon: Daemon, start: Start, open_ide: Callable[..., None]
) -> None:
    start("operator.examiner", "Examiner", "again")
    open_ide(deliver=LOSE, lookup={"state": "touched"}, store=False)
    with daemon.client("operator") as client:
        driven(client, ["d"])
        ran = client.request("recovery/run", {"run_id": "first", "recovery": "mark_submitted", "drive_id": "d"})
        assert (ran["state"], ran["said"]) == ("failed", ["it ran, and a fault in the daemon hid how it ended"])
        assert client.request("drive/get", {"drive_id": "d"})["marked"] == "submitted"
        assert in_status("ending a recovery", client) == "LookupError"


def test_a_recovery_that_fails_says_so_and_may_be_run_again(
    daemon: Daemon, start: Start, open_ide: Callable[..., None]
) -> None:
    start("operator.drive_mending", "DriveMending", "mark")
    open_ide(deliver=LOSE, lookup={"state": "touched"}, store=False)
    with daemon.client("operator") as client:
        assert [view["outcome"] for view in driven(client, ["d"])] == ["unknown"]
        asked = {"recovery": "mark_submitted", "drive_id": "d"}
        first = client.request("recovery/run", {"run_id": "first", **asked})
        assert (first["state"], first["said"]) == ("failed", ["a fault in the daemon; its log has more"])
        assert "marked" not in client.request("drive/get", {"drive_id": "d"})
        assert client.request("recovery/run", {"run_id": "second", **asked})["state"] == "done"
        assert client.request("drive/get", {"drive_id": "d"})["marked"] == "submitted"
        assert in_status("running a recovery", client) == "LookupError"
        rows = client.request("ledger/tail", {"limit": 100})["rows"]
    ended = [json.loads(row["body"])["state"] for row in rows if row["kind"] == "recovery_ended"]
    assert ended == ["failed", "done"]


def test_a_connection_that_cannot_be_served_is_closed_and_the_others_go_on(
    daemon: Daemon, start: Start, open_ide: Callable[..., None]
) -> None:
    start("socket.sessions", "Sessions", "announce")
    with daemon.client() as client:
        open_ide(deliver=HONEST)  # which connects again when it is cut off
        eventually(lambda: bool(client.request("daemon/status", {})["contained"]), "it is cut off")
        eventually(lambda: bool(client.request("sessions/list", {})["sessions"]), "it is back")
        (session,) = client.request("sessions/list", {})["sessions"]
        assert ends(driven(client)) == [("confirmed", None)] * 2
        in_status("serving a connection", client)
    epochs = [line for line in log(daemon) if "attached: " in line]
    assert len(epochs) == 2, epochs
    assert f"epoch {session['epoch']}" in epochs[1]


def log(daemon: Daemon) -> list[str]:
    (path,) = (daemon.home / "state" / "koru").rglob("*.log")
    return path.read_text(encoding="utf-8").splitlines()
