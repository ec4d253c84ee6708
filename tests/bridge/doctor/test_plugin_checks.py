"""The checks of plugins: where they are missing, old, not connected, or turned away."""

import json
import os
import zipfile
from pathlib import Path
from typing import Any

import pytest

from bridge import jetbrains_folders
from bridge.doctor.checks import plugins
from bridge.doctor.scene import Scene, bundled_plugin
from registry.ides import IDES
from registry.load import load
from tests.bridge.cli.test_jetbrains_plugin import archive
from tests.bridge.conftest import plugin
from tests.bridge.doctor.scenes import BY_PLUGIN, DOWN, only, run, session, status, well

pytestmark = pytest.mark.built


def test_every_ide_has_a_place_for_its_extensions() -> None:
    assert set(plugins.EXTENSIONS) == set(IDES)


@pytest.fixture
def code_server(home: Any, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only IDE on this PATH; gives its list of extensions."""
    command = home.root / "bin" / "code-server"
    command.parent.mkdir()
    command.write_text("#!/bin/sh\n", encoding="utf-8")
    command.chmod(0o755)
    monkeypatch.setenv("PATH", str(command.parent))
    listed: Path = home.root / plugins.EXTENSIONS["code-server"] / "extensions.json"
    listed.parent.mkdir(parents=True)
    return listed


def test_no_ide_is_no_finding(home: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(home.root))
    assert well("plugin-installed")["IDEs found"] == "none"


def test_an_ide_without_the_plugin(code_server: Path) -> None:
    found = only("plugin-installed")
    assert (found.about, found.blocker) == ("code-server", "plugin_not_installed")
    assert found.remedy.commands == ("koru plugin install --ide code-server",)


@pytest.mark.parametrize(("version", "blocker"), [("0.0.1", "plugin_outdated"), (None, None)])
def test_an_ide_with_the_plugin(code_server: Path, version: str | None, blocker: str | None) -> None:
    bundled = bundled_plugin()
    assert bundled is not None, "make setup builds it"
    listed = [{"identifier": {"id": bundled[0].upper()}, "version": version or bundled[1]}]
    code_server.write_text(json.dumps(listed), encoding="utf-8")
    assert [each.blocker for each in run("plugin-installed")[0]] == ([blocker] if blocker else [])


def test_an_ide_whose_list_cannot_be_read(code_server: Path) -> None:
    code_server.write_text("{", encoding="utf-8")
    found = only("plugin-installed")
    assert (found.severity, found.blocker) == ("note", None)


@pytest.fixture
def idea(home: Any, monkeypatch: pytest.MonkeyPatch) -> Path:
    """IntelliJ IDEA as its first start leaves it, a plugin of ours to put there, and nothing of another IDE."""
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setattr(jetbrains_folders, "ARCHIVE", archive(home.root / "plugin.zip", "9.8.7"))
    folder: Path = home.root / ".local/share/JetBrains/IntelliJIdea2026.1"
    folder.mkdir(parents=True)
    return folder


def test_a_jetbrains_ide_without_the_plugin_with_an_old_one_and_with_ours(idea: Path) -> None:
    found = only("plugin-jetbrains")
    assert (found.about, found.blocker) == (str(idea), "plugin_not_installed")
    assert found.remedy.commands == ("koru plugin install --ide idea",)
    for version, blockers in (("9.8.6", ["plugin_outdated"]), ("9.8.7", [])):
        with zipfile.ZipFile(archive(idea / "plugin.zip", version)) as packed:
            packed.extractall(idea)
        assert [each.blocker for each in run("plugin-jetbrains")[0]] == blockers


def test_without_a_jetbrains_ide_it_is_no_finding(home: Any) -> None:
    assert well("plugin-jetbrains") == {"JetBrains IDEs found": "none"}


def test_a_koru_that_brings_no_plugin_for_the_jetbrains_ide_that_is_there(
    idea: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jetbrains_folders, "ARCHIVE", idea / "nothing.zip")
    assert "brings no JetBrains plugin" in only("plugin-jetbrains").problem


def test_no_window() -> None:
    found = only("plugin-connected", status())
    assert (found.severity, found.blocker) == ("warning", "plugin_not_connected")
    well("plugin-connected", status(session()))
    well("plugin-connected", Scene({}, answer=DOWN))


def test_a_window_that_offers_less() -> None:
    poor = session(surfaces=[{"workspace_folders": [], "interfaces": ["vscode_native_send"]}])
    found = only("plugin-connected", status(poor))
    assert (found.severity, found.interfaces) == (
        "note",
        tuple(i for i in load().interfaces if i in BY_PLUGIN - {"vscode_native_send"}),
    )


def test_a_window_with_old_code() -> None:
    assert only("plugin-current", status(session(), session("w2", plugin_version="0.0.1"))).about == "w2"
    well("plugin-current", status(session(), session("w3", plugin_name="another", plugin_version="0.0.1")))


def test_a_jetbrains_ide_with_old_code_is_restarted(idea: Path) -> None:
    old = session("j1", plugin_name="koru-jetbrains", plugin_version="9.8.6")
    found = only("plugin-current", status(old))
    assert (found.about, found.remedy.commands, "restart" in found.remedy.text) == ("j1", (), True)
    well("plugin-current", status({**old, "plugin_version": "9.8.7"}))


def test_a_window_with_an_old_protocol() -> None:
    scene = status(session(), protocol={"min": 1, "max": 2})
    assert only("plugin-protocol", scene).about == "w1"
    well("plugin-protocol", status(session()))


@pytest.mark.parametrize(
    ("low", "high", "command"),
    [(7, 9, "koru recover restart_daemon"), (0, 0, "koru plugin install --ide code")],
)
def test_a_plugin_that_was_turned_away(low: int, high: int, command: str) -> None:
    refused = {"ide": "code", "window_id": "w9", "plugin_name": "koru-vscode", "plugin_version": "9", "at_ms": 1}
    found = only("plugin-protocol", status(refused=[{**refused, "protocol_min": low, "protocol_max": high}]))
    assert (found.severity, found.about, found.remedy.commands) == ("error", "w9", (command,))


def test_a_plugin_that_the_daemon_turned_away_is_found_until_another_comes(daemon: Any) -> None:
    wire = daemon.wire()
    hello = {"role": "plugin", "name": "koru-vscode", "version": "9", "protocol": {"min": 7, "max": 9}}
    assert "error" in wire.ask("initialize", **hello, plugin=plugin("w1"))
    assert only("plugin-protocol", Scene(dict(os.environ), ask_seconds=30)).about == "w1"
    daemon.wire().attach("w1")
    well("plugin-protocol", Scene(dict(os.environ), ask_seconds=30))


def test_two_windows_on_one_folder() -> None:
    assert only("plugin-windows", status(session(), session("w2"))).about == "/home/ann"
    seen = well("plugin-windows", status(session(), session("w2", ide={"product": "cursor"})))
    assert seen == {"code window w1": "/home/ann", "cursor window w2": "/home/ann"}
