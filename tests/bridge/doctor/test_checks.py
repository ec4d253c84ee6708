"""Each check against the real thing, well and ill: sockets, files, stores, packages, and daemons that run."""

import json
import os
import shutil
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bridge.doctor.catalogue import CHECKS
from bridge.doctor.checks import space
from bridge.doctor.scene import Scene
from bridge.version import VERSION
from injectors.catalogue import CATALOGUE
from observers.catalogue import OBSERVERS
from registry.load import load
from tests.bridge.doctor.scenes import BY_PLUGIN, DOWN, only, run, status, well

STORES = Path(__file__).parents[2] / "stores" / "vscode_chat"


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


def test_a_fault_that_the_daemon_contained() -> None:
    fault = {"what": "looking at a store", "count": 3, "error": "KeyError", "at_ms": 1}
    found = only("daemon-faults", status(contained=[fault]))
    assert (found.severity, found.about) == ("warning", "looking at a store")
    assert "failed 3 times" in found.problem and "KeyError" in found.problem
    well("daemon-faults", status(contained=[]))
    well("daemon-faults", status())
    well("daemon-faults", Scene({}, answer=DOWN))


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
