"""How checks are run and put together: side by side, bounded, and a fault of one is a finding among others."""

from collections.abc import Iterator
from threading import Barrier, Event, Thread
from typing import Any

import pytest

from bridge.doctor.finding import Check, Finding, Remedy, Seen, Severity
from bridge.doctor.run import Report, examine
from bridge.doctor.scene import Scene
from registry.load import builtin
from registry.standing import platform

REMEDY = Remedy("do something", ("koru up",))


@pytest.fixture
def scene(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Scene:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    return Scene({}, answer={"sessions": []})


def finding(id_: str, severity: Severity = "error", **more: Any) -> Finding:
    return Finding(id_, severity, f"{id_} is wrong", REMEDY, **more)


def saying(*said: Finding | Seen) -> Check:
    name = next((each.id for each in said if isinstance(each, Finding)), "quiet")
    return Check(name, name, lambda scene: said)


def ids(report: Report) -> list[str]:
    return [each.id for each in report.findings]


def test_nothing_wrong_is_healthy(scene: Scene) -> None:
    report = examine([saying(Seen("sky", "blue"))], scene, 30)
    assert (report.healthy, report.findings, report.ran[0].state) == (True, (), "ok")
    assert report.ran[0].seen == (Seen("sky", "blue"),)


@pytest.mark.parametrize(("severity", "healthy"), [("error", False), ("warning", False), ("note", True)])
def test_notes_alone_are_healthy(scene: Scene, severity: Severity, healthy: bool) -> None:
    assert examine([saying(finding("a", severity))], scene, 30).healthy is healthy


def test_the_gravest_comes_first(scene: Scene) -> None:
    checks = [saying(finding("n", "note")), saying(finding("e")), saying(finding("w", "warning"))]
    assert ids(examine(checks, scene, 30)) == ["e", "w", "n"]


@pytest.mark.usefixtures("faults_kept")
def test_a_check_that_crashes_is_a_finding_and_the_others_go_on(scene: Scene) -> None:
    def crash(scene: Scene) -> Iterator[Finding]:
        yield finding("lost")
        raise KeyError("the secret value")

    report = examine([Check("crash", "", crash), saying(finding("fine"))], scene, 30)
    crashed = report.ran[0].findings[0]
    assert (report.ran[0].state, crashed.id, crashed.about) == ("crashed", "check-crashed", "crash")
    assert "KeyError" in crashed.problem
    assert "secret" not in crashed.problem
    assert "fine" in ids(report)
    assert not report.healthy


def test_a_check_that_hangs_is_a_finding_and_is_not_waited_for(scene: Scene) -> None:
    never = Event()

    def hang(scene: Scene) -> Iterator[Finding]:
        never.wait(60)
        yield finding("late")

    try:
        report = examine([Check("hang", "", hang), saying(finding("fine"))], scene, 0.3)
        assert (report.ran[0].state, report.ran[0].milliseconds) == ("hung", None)
        assert set(ids(report)) == {"check-hung", "fine"}
        assert not report.healthy
    finally:
        never.set()


def test_a_check_that_still_hangs_is_not_begun_again(scene: Scene) -> None:
    never, begun = Event(), []

    def hang(scene: Scene) -> Iterator[Finding]:
        begun.append(1)
        never.wait(60)
        yield finding("late")

    threads: dict[str, Thread] = {}
    checks = [Check("hang", "", hang), saying(finding("fine"))]
    try:
        for _ in range(3):
            assert set(ids(examine(checks, scene, 0.3, threads))) == {"check-hung", "fine"}
        assert len(begun) == 1
    finally:
        never.set()
        threads["hang"].join(30)
    assert set(ids(examine(checks, scene, 30, threads))) == {"late", "fine"}


def test_checks_run_side_by_side(scene: Scene) -> None:
    together = Barrier(3)

    def meet(scene: Scene) -> Iterator[Finding]:
        together.wait(30)
        yield from ()

    report = examine([Check(f"c{number}", "", meet) for number in range(3)], scene, 60)
    assert [ran.state for ran in report.ran] == ["ok"] * 3


def test_a_consequence_is_hidden_behind_its_cause_and_not_lost(scene: Scene) -> None:
    checks = [saying(finding("effect", depends_on=("cause",))), saying(finding("cause"))]
    report = examine(checks, scene, 30)
    assert (ids(report), [each.id for each in report.hidden]) == (["cause"], ["effect"])


def test_a_consequence_of_a_consequence_is_hidden_too(scene: Scene) -> None:
    checks = [
        saying(finding("far", depends_on=("near",))),
        saying(finding("near", depends_on=("cause",))),
        saying(finding("cause")),
    ]
    assert ids(examine(checks, scene, 30)) == ["cause"]


def test_without_its_cause_it_is_told(scene: Scene) -> None:
    assert ids(examine([saying(finding("effect", depends_on=("cause",)))], scene, 30)) == ["effect"]


def test_what_is_graver_than_its_cause_is_told_beside_it(scene: Scene) -> None:
    checks = [saying(finding("effect", "error", depends_on=("cause",))), saying(finding("cause", "note"))]
    assert ids(examine(checks, scene, 30)) == ["effect", "cause"]


def test_an_interface_is_usable_unless_a_blocker_names_it(scene: Scene) -> None:
    blocked = finding("x", "note", interfaces=("vscode_native_send",), blocker="command_unavailable")
    mentioned = finding("y", interfaces=("plugin_socket_vscode_family",))
    report = examine([saying(blocked), saying(mentioned)], scene, 30)
    rows = {each.interface.id: each for each in report.interfaces}
    assert (rows["vscode_native_send"].usable, rows["vscode_native_send"].blockers) == (False, ("command_unavailable",))
    assert rows["plugin_socket_vscode_family"].usable


@pytest.mark.parametrize(
    ("commands", "blocker", "command"),
    [
        (("koru own", "koru other"), "plugin_not_connected", "koru own"),
        ((), "plugin_not_connected", "koru recover reconnect_plugin"),
        ((), "no_interface", "koru explain"),
        ((), "no_chat_agent", ""),
    ],
    ids=["the check's own", "an action", "another command", "by hand"],
)
def test_a_blocked_interface_names_the_command_to_run(
    commands: tuple[str, ...], blocker: str, command: str, scene: Scene
) -> None:
    found = Finding("x", "error", "x is wrong", Remedy("words", commands), "", ("vscode_native_send",), blocker)
    report = examine([saying(found)], scene, 30)
    rows = {each.interface.id: each.command for each in report.interfaces}
    assert (rows["vscode_native_send"], rows["plugin_socket_vscode_family"]) == (command, "")


def test_a_hidden_finding_blocks_as_well(scene: Scene) -> None:
    effect = finding(
        "effect", interfaces=("vscode_native_send",), blocker="plugin_not_connected", depends_on=("cause",)
    )
    report = examine([saying(effect), saying(finding("cause"))], scene, 30)
    (row,) = (each for each in report.interfaces if each.interface.id == "vscode_native_send")
    assert not row.usable


def with_interfaces(tmp_path: Any, **files: str) -> Scene:
    """A scene with interfaces of the operator that differ from a built-in one in some lines."""
    folder = tmp_path / "koru" / "interfaces"
    folder.mkdir(parents=True)
    native = (builtin() / "interfaces" / "vscode_native_send.yaml").read_text(encoding="utf-8")
    for name, more in files.items():
        text = native.replace("id: vscode_native_send", f"id: {name}")
        text = "\n".join(line for line in text.split("\n") if not line.startswith(("scope:", "  products:")))
        (folder / f"{name}.yaml").write_text(text + more + "\n", encoding="utf-8")
    scene = Scene({}, answer={"sessions": []})
    assert scene.registry.problems == ()
    return scene


def test_what_depends_on_a_blocked_interface_is_blocked_by_the_same(scene: Scene, tmp_path: Any) -> None:
    scene = with_interfaces(tmp_path, far="depends_on: [near]", near="depends_on: [vscode_native_send]")
    blocked = finding("x", interfaces=("vscode_native_send",), blocker="command_unavailable")
    rows = {each.interface.id: each for each in examine([saying(blocked)], scene, 30).interfaces}
    assert [(rows[name].usable, rows[name].blockers) for name in ("near", "far")] == [
        (False, ("command_unavailable",))
    ] * 2
    assert rows["far"].why == "it depends on near: it depends on vscode_native_send: x is wrong"
    well = {each.interface.id: each.usable for each in examine([], scene, 30).interfaces}
    assert well["near"] and well["far"]


def test_what_is_for_another_platform_is_ruled_out_here(scene: Scene, tmp_path: Any) -> None:
    other = "macos" if platform() == "linux" else "linux"
    scene = with_interfaces(tmp_path, elsewhere=f"scope: {{platforms: [{other}]}}")
    (row,) = (each for each in examine([], scene, 30).interfaces if each.interface.id == "elsewhere")
    assert not row.usable
    assert row.why == f"ruled_out: it is for {other}, this is {platform()}"


def test_what_is_not_built_is_never_usable(scene: Scene) -> None:
    rows = examine([], scene, 30).interfaces
    assert {row.interface.status for row in rows if row.usable} == {"built"}
    assert any(row.interface.status == "planned" and row.why for row in rows)
