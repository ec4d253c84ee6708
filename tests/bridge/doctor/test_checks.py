"""Each check against the real thing, well and ill: sockets, files, stores, packages, and daemons that run."""

import io
import json
import os
import shutil
import socket
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bridge import jetbrains_folders
from bridge.doctor.catalogue import CHECKS
from bridge.doctor.checks import plugins, space
from bridge.doctor.finding import Finding, Seen
from bridge.doctor.scene import Scene, bundled_plugin
from bridge.protocol.errors import BridgeError, Reason
from bridge.version import VERSION
from injectors.catalogue import CATALOGUE
from observers.catalogue import OBSERVERS
from registry.ides import IDES
from registry.load import load
from tests.bridge.conftest import plugin

STORES = Path(__file__).parents[2] / "stores" / "vscode_chat"
DOWN = BridgeError(Reason.DAEMON_NOT_RUNNING, "no daemon answers")


@pytest.fixture(autouse=True)
def at_home(home: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """This process looks where the daemons of the test are."""
    for name in [name for name in os.environ if name.startswith(("KORU_", "XDG_"))]:
        monkeypatch.delenv(name)
    for name, value in home.environment().items():
        monkeypatch.setenv(name, value)
    yield


def run(check: str, scene: Scene | None = None) -> tuple[list[Finding], dict[str, str]]:
    said = list(CHECKS[check].run(scene or Scene(dict(os.environ))))
    seen = {each.name: each.value for each in said if isinstance(each, Seen)}
    return [each for each in said if isinstance(each, Finding)], seen


def only(check: str, scene: Scene | None = None) -> Finding:
    findings, _ = run(check, scene)
    assert len(findings) == 1, findings
    return findings[0]


def well(check: str, scene: Scene | None = None) -> dict[str, str]:
    findings, seen = run(check, scene)
    assert findings == []
    return seen


BY_PLUGIN = {i.id for i in load().interfaces.values() if i.probe == "plugin_session" and i.status == "built"}


def session(window: str = "w1", **differs: Any) -> dict[str, Any]:
    surface = {"workspace_folders": ["/home/ann"], "interfaces": sorted(BY_PLUGIN)}
    plain = {
        "ide": {"product": "code"},
        "window_id": window,
        "plugin_name": "koru-vscode",
        "plugin_version": (bundled_plugin() or ("", "0"))[1],
        "protocol": 1,
        "surfaces": [surface],
    }
    return {**plain, **differs}


def status(*sessions: dict[str, Any], **differs: Any) -> Scene:
    return Scene({}, answer={"version": VERSION, "protocol": {"min": 1, "max": 1}, "sessions": [*sessions], **differs})


# --- every check -----------------------------------------------------------------------------------------------------


def test_names_are_kebab_case_and_findings_carry_words_of_the_registry() -> None:
    assert all(name == name.lower() and "_" not in name for name in CHECKS)
    registry = load()
    scene = Scene({}, answer=DOWN)
    for name in CHECKS:
        for found in run(name, scene)[0]:
            assert found.id == name
            assert found.blocker is None or found.blocker in registry.blockers
            assert set(found.interfaces) <= set(registry.interfaces)
            assert set(found.depends_on) <= set(CHECKS)
            assert found.problem and found.remedy.text


# --- the daemon ------------------------------------------------------------------------------------------------------


def test_no_daemon() -> None:
    found = only("daemon-running")
    assert (found.severity, found.blocker, found.remedy.commands) == ("error", "daemon_not_running", ("koru up",))
    assert set(found.interfaces) == BY_PLUGIN


def test_a_daemon_that_runs(daemon: Any) -> None:
    scene = Scene(dict(os.environ), ask_seconds=30)
    assert f"pid {daemon.pid}" in well("daemon-running", scene)["daemon"]
    for check in ("daemon-version", "daemon-socket-stale", "daemon-socket-unsafe", "daemon-only-one", "file-modes"):
        well(check, scene)


def test_a_daemon_that_does_not_answer(home: Any) -> None:
    home.socket.parent.mkdir(mode=0o700)
    with socket.socket(socket.AF_UNIX) as deaf:
        deaf.bind(str(home.socket))
        deaf.listen()
        found = only("daemon-running", Scene(dict(os.environ), ask_seconds=0.2))
    assert "did not answer" in found.problem or "within" in found.problem


def test_a_daemon_of_another_version() -> None:
    found = only("daemon-version", status(version="0.0.1"))
    assert "0.0.1" in found.problem
    well("daemon-version", status())


def test_a_daemon_that_keeps_its_state_elsewhere(home: Any) -> None:
    found = only("daemon-state", status(state_directory="/elsewhere/koru"))
    assert (found.severity, "/elsewhere/koru" in found.problem, str(home.state) in found.problem) == (
        "error",
        True,
        True,
    )
    well("daemon-state", status(state_directory=str(home.state)))
    well("daemon-state", Scene({}, answer=DOWN))


def test_a_daemon_that_runs_keeps_this_state(daemon: Any) -> None:
    well("daemon-state", Scene(dict(os.environ), ask_seconds=30))


def test_a_socket_that_was_left_behind(home: Any) -> None:
    home.socket.parent.mkdir(mode=0o700)
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(home.socket))
    assert only("daemon-socket-stale").severity == "note"


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda path: path.parent.chmod(0o755), "open to others"),
        (lambda path: path.chmod(0o666), "open to others"),
        (lambda path: (path.unlink(), path.symlink_to("/nowhere")), "symbolic link"),
        (lambda path: (path.unlink(), path.write_text("", encoding="utf-8")), "is no socket"),
    ],
)
def test_a_socket_that_others_could_use(home: Any, spoil: Callable[[Path], object], words: str) -> None:
    home.socket.parent.mkdir(mode=0o700)
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(home.socket))
    home.socket.chmod(0o600)
    well("daemon-socket-unsafe")
    spoil(home.socket)
    found = only("daemon-socket-unsafe")
    assert (found.severity, words in found.problem) == ("error", True)


def test_a_daemon_of_this_state_on_another_socket(daemon: Any, home: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KORU_SOCKET", str(home.root / "other.sock"))
    found = only("daemon-only-one")
    assert str(home.socket) in found.problem


def test_two_daemons(home: Any, start: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    start()
    start(XDG_STATE_HOME=str(home.root / "other"), KORU_SOCKET=str(home.root / "run" / "koru2" / "b.sock"))
    well("daemon-only-one")
    monkeypatch.setenv("KORU_SOCKET", str(home.root / "run" / "koru2" / "b.sock"))
    assert "two daemons" in only("daemon-only-one").problem


def test_a_daemon_of_another_home_is_seen(home: Any, koru: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    pid = json.loads(koru("up", "--json").stdout)["pid"]
    monkeypatch.setenv("XDG_STATE_HOME", str(home.root / "other"))
    monkeypatch.setenv("KORU_SOCKET", str(home.root / "other.sock"))
    seen = well("daemon-only-one")["other daemons of yours, with sockets of their own"]
    assert str(pid) in seen.split(", ")


# --- drives ----------------------------------------------------------------------------------------------------------


def calling(*drives: str, **queue: Any) -> Scene:
    plain = {"window_id": "w1", "drive_id": "d1", "state": "acting", "behind": 2, "overdue": False, "accepted_at_ms": 1}
    answer = {"version": VERSION, "protocol": {"min": 1, "max": 1}, "sessions": []}
    return Scene({}, answer=answer, calls={"drives_unknown": [*drives], "queues": [{**plain, **queue}]})


def test_an_unknown_drive_waits_for_a_person() -> None:
    found = only("drives-unknown", calling("d7"))
    assert (found.severity, found.about) == ("warning", "d7")
    assert "koru recover mark_not_submitted --drive d7" in found.remedy.commands
    well("drives-unknown", calling())
    well("drives-unknown", Scene({}, answer=DOWN))


def test_of_many_unknown_drives_the_newest_are_told() -> None:
    found, _ = run("drives-unknown", calling(*(f"d{number}" for number in range(9))))
    assert [each.about for each in found] == ["d4", "d5", "d6", "d7", "d8"]
    assert "4 before it" in found[0].problem


def test_a_queue_that_does_not_move() -> None:
    found = only("queue-stuck", calling(overdue=True))
    assert (found.severity, found.remedy.commands) == ("error", ("koru recover release_queue --drive d1",))
    assert well("queue-stuck", calling()) == {"queue of w1": "d1 is acting, 2 wait behind it"}


# --- plugins ---------------------------------------------------------------------------------------------------------


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
    monkeypatch.setattr(jetbrains_folders, "ARCHIVE", packed(home.root / "plugin.zip", "9.8.7"))
    folder: Path = home.root / ".local/share/JetBrains/IntelliJIdea2026.1"
    folder.mkdir(parents=True)
    return folder


def packed(path: Path, version: str) -> Path:
    jar = io.BytesIO()
    with zipfile.ZipFile(jar, "w") as archive:
        archive.writestr("META-INF/plugin.xml", f"<idea-plugin><version>{version}</version></idea-plugin>")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(jetbrains_folders.JAR, jar.getvalue())
    return path


def test_a_jetbrains_ide_without_the_plugin_with_an_old_one_and_with_ours(idea: Path) -> None:
    found = only("plugin-jetbrains")
    assert (found.about, found.blocker) == (str(idea), "plugin_not_installed")
    assert found.remedy.commands == ("koru plugin install --ide idea",)
    for version, blockers in (("9.8.6", ["plugin_outdated"]), ("9.8.7", [])):
        with zipfile.ZipFile(packed(idea / "plugin.zip", version)) as archive:
            archive.extractall(idea)
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


# --- stores ----------------------------------------------------------------------------------------------------------


def test_every_observer_has_a_check() -> None:
    assert {f"store-{name.replace('_', '-')}" for name in OBSERVERS} <= set(CHECKS)


def place(home: Any, case: str) -> None:
    shutil.copytree(STORES / case / "store" / "User", home.root / "config" / "Code" / "User", dirs_exist_ok=True)


def test_no_store() -> None:
    found = only("store-vscode-chat")
    assert (found.severity, found.blocker, found.interfaces) == ("note", "store_missing", ("chat_history_vscode_chat",))


def test_a_store_that_can_be_read_tells_its_format(home: Any) -> None:
    place(home, "lifecycle")
    seen = well("store-vscode-chat")
    assert seen["stores of vscode_chat"] == "1"
    assert all(seen.values())
    assert len(seen) == 2


def test_a_store_in_another_format(home: Any) -> None:
    place(home, "future_version")
    found = only("store-vscode-chat")
    assert (found.blocker, found.interfaces) == ("store_schema_changed", ("chat_history_vscode_chat",))


def test_one_broken_store_among_others_blocks_nothing(home: Any) -> None:
    place(home, "lifecycle")
    place(home, "future_version")
    assert only("store-vscode-chat").interfaces == ()


# --- the desktop -----------------------------------------------------------------------------------------------------


def test_an_injector_for_another_system_is_no_finding() -> None:
    assert well("injector-pynput", Scene({})) == {"injector pynput": "not for this system"}


@pytest.mark.parametrize("name", [name for name in CATALOGUE if name != "pynput"])
def test_the_doctor_says_what_the_injector_itself_says(name: str) -> None:
    lack = CATALOGUE[name]({}).needs()
    assert lack is not None
    found = only(f"injector-{name.replace('_', '-')}", Scene({}))
    assert (found.blocker, found.severity) == (lack.blocker, "note")
    assert lack.message in found.problem
    assert found.interfaces


def test_no_desktop_session() -> None:
    assert only("desktop-session", Scene({})).severity == "note"
    assert well("desktop-session", Scene({"DISPLAY": ":7"})) == {"DISPLAY": ":7"}


@pytest.mark.parametrize(
    ("environment", "name"),
    [
        ({"SWAYSOCK": "/run/sway", "XDG_CURRENT_DESKTOP": "else"}, "sway"),
        ({"HYPRLAND_INSTANCE_SIGNATURE": "a1"}, "Hyprland"),
        ({"XDG_CURRENT_DESKTOP": "GNOME"}, "GNOME"),
        ({}, "not known"),
    ],
)
def test_the_compositor_is_named(environment: dict[str, str], name: str) -> None:
    seen = well("desktop-session", Scene({"WAYLAND_DISPLAY": "wayland-1", **environment}))
    assert seen["Wayland compositor"] == name
    assert "Wayland compositor" not in well("desktop-session", Scene({"DISPLAY": ":7", **environment}))


@pytest.mark.parametrize(
    ("says", "told"),
    [
        ("Usage: ydotool <cmd>\\nYDOTOOL_SOCKET", "1.x: takes key codes, daemon at /run/me/.ydotool_socket"),
        ("Available commands: click key recorder", "0.1.x: takes key names, daemon at /tmp/.ydotool_socket"),
        ("something else", "neither 0.1.x nor 1.x by its own help text"),
    ],
)
def test_the_generation_of_ydotool_is_told(tmp_path: Path, says: str, told: str) -> None:
    tool = tmp_path / "ydotool"
    tool.write_text(f"#!/bin/sh\nprintf '{says}'\n", encoding="utf-8")
    tool.chmod(0o755)
    scene = Scene({"PATH": f"{tmp_path}:/usr/bin:/bin", "XDG_RUNTIME_DIR": "/run/me"})
    assert well("ydotool-generation", scene) == {"ydotool": told}


def test_without_ydotool_there_is_nothing_to_tell(tmp_path: Path) -> None:
    assert well("ydotool-generation", Scene({"PATH": str(tmp_path)})) == {}


def test_no_accessibility() -> None:
    assert only("accessibility", Scene({})).severity == "note"
    assert only("accessibility", Scene({"DBUS_SESSION_BUS_ADDRESS": "unix:path=/nowhere/bus"})).severity == "note"


# --- the rest --------------------------------------------------------------------------------------------------------


def test_a_key_is_told_and_never_shown() -> None:
    seen = well("model-keys", Scene({"OPENAI_API_KEY": "sk-entirely-secret"}))
    assert seen == {"OPENAI_API_KEY": "is set", "ANTHROPIC_API_KEY": "is not set"}
    found = only("model-keys", Scene({"OPENAI_API_KEY": " "}))
    assert (found.severity, found.blocker, found.interfaces) == (
        "note",
        "model_key_missing",
        ("remote_model_provider",),
    )


@pytest.mark.parametrize(
    ("limits", "severity"), [({"LITTLE": 2**62}, "warning"), ({"LITTLE": 2**62, "NONE": 2**61}, "error")]
)
def test_little_space(limits: dict[str, int], severity: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in limits.items():
        monkeypatch.setattr(space, name, value)
    assert only("disk-space").severity == severity


def test_files_that_others_could_read(home: Any) -> None:
    home.state.mkdir(parents=True, mode=0o700)
    (home.state / "ledger").mkdir(mode=0o700)
    row = home.state / "ledger" / "rows"
    row.touch(mode=0o600)
    well("file-modes")
    row.chmod(0o640)
    assert only("file-modes").about == str(row)


def test_configuration_may_be_read_but_not_written_by_others(home: Any) -> None:
    own = home.root / "config" / "koru" / "interfaces"
    own.mkdir(parents=True)
    own.chmod(0o755)
    well("file-modes")
    own.chmod(0o777)
    assert only("file-modes").about == str(own)


@pytest.mark.parametrize(("file", "text"), [("top_level.txt", "registry\n"), ("RECORD", "a.py,,\nregistry/a.py,,\n")])
def test_a_package_of_ours_that_another_brings_too(
    file: str, text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    well("import-names")
    other = tmp_path / "intruder-1.dist-info"
    other.mkdir()
    (other / "METADATA").write_text("Metadata-Version: 2.1\nName: intruder\nVersion: 1\n", encoding="utf-8")
    (other / file).write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    found = only("import-names")
    assert (found.about, "intruder" in found.problem) == ("registry", True)


def test_a_bad_file_of_the_operator_s(home: Any) -> None:
    well("registry-files")
    own = home.root / "config" / "koru" / "interfaces"
    own.mkdir(parents=True)
    (own / "mine.yaml").write_text("id: [\n", encoding="utf-8")
    assert only("registry-files").about == f"{own / 'mine.yaml'}:2"
