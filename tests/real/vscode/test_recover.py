"""`koru recover` against a real VS Code: its plugin lets go and comes back, its window is really another one after a
reload, its chat is shown."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.daemon import Daemon
from tests.real.vscode.deadline import until
from tests.real.vscode.desk import Desk
from tests.real.vscode.window import Window

PLUGIN = Path(__file__).parents[3] / "bridge" / "assets" / "koru-vscode.vsix"


@pytest.fixture(scope="module")
def daemon(desk: Desk, driven: Window) -> Daemon:
    """It knows one window: those that other tests opened are gone."""
    until(lambda: len(sessions(desk.daemon)) == 1, "there is one window")
    return desk.daemon


@pytest.fixture
def window(driven: Window, daemon: Daemon) -> Window:
    return driven


def sessions(daemon: Daemon) -> list[dict[str, Any]]:
    with daemon.client() as client:
        found: list[dict[str, Any]] = client.request("sessions/list", {})["sessions"]
    return found


def recover(daemon: Daemon, *words: str) -> dict[str, Any]:
    command = [sys.executable, "-P", "-m", "bridge.cli", "recover", *words, "--json"]
    done = subprocess.run(command, env=daemon.environment, capture_output=True, timeout=200, check=False)
    answer: dict[str, Any] = json.loads(done.stdout)
    return {**answer, "exit": done.returncode}


def test_the_plugin_lets_go_and_comes_back(daemon: Daemon, window: Window) -> None:
    (before,) = sessions(daemon)
    answer = recover(daemon, "reconnect_plugin")
    assert (answer["state"], answer["exit"]) == ("done", 0), answer
    (after,) = sessions(daemon)
    assert after["epoch"] > before["epoch"]
    assert (after["window_id"], after["pid"]) == (before["window_id"], before["pid"])


def test_the_chat_is_shown(daemon: Daemon, window: Window) -> None:
    window.command("workbench.view.explorer")
    answer = recover(daemon, "open_chat")
    assert (answer["state"], answer["exit"]) == ("unproven", 4), answer
    assert until(lambda: window.focused_part() == "auxiliarybar", "the chat was shown and had the keyboard")


def test_the_window_is_reloaded_after_a_yes_and_not_before(daemon: Daemon, window: Window) -> None:
    (before,) = sessions(daemon)
    assert recover(daemon, "reload_window")["state"] == "waiting"
    (same,) = sessions(daemon)
    assert (same["pid"], same["epoch"]) == (before["pid"], before["epoch"])
    answer = recover(daemon, "reload_window", "--yes")
    assert (answer["state"], answer["exit"]) == ("done", 0), answer
    assert [(check["id"], check["state"]) for check in answer["checks"]] == [("plugin-current", "ok")]
    (after,) = sessions(daemon)
    assert after["window_id"] == before["window_id"]
    assert after["pid"] != before["pid"]
