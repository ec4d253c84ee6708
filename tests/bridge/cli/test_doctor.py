"""`koru doctor` as the operator sees it: words, the JSON that is promised, exit status, and that it changes nothing."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bridge.doctor.catalogue import CHECKS

pytestmark = pytest.mark.built
Koru = Callable[..., "subprocess.CompletedProcess[str]"]
PATIENT = ("--timeout", "60")


def examined(koru: Koru, *words: str, exit_status: int, **environment: str) -> dict[str, Any]:
    # No IDE of this machine takes part.
    done = koru("doctor", "--json", *PATIENT, *words, PATH="/nowhere", **environment)
    assert (done.returncode, done.stderr) == (exit_status, ""), done.stdout
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def test_the_json_is_as_promised(koru: Koru) -> None:
    report = examined(koru, exit_status=1)
    assert list(report) == ["healthy", "interfaces", "findings", "hidden", "checks"]
    assert [check["id"] for check in report["checks"]] == list(CHECKS)
    assert {check["state"] for check in report["checks"]} <= {"ok", "found"}
    for check in report["checks"]:
        assert list(check) == ["id", "state", "ms", "seen"]
    for finding in report["findings"] + report["hidden"]:
        names = ["id", "about", "severity", "problem", "remedy", "interfaces", "blocker", "depends_on"]
        assert list(finding) == names
        assert list(finding["remedy"]) == ["text", "commands"]
    for interface in report["interfaces"]:
        assert list(interface) == ["id", "title", "status", "usable", "best_grade", "blockers", "why", "command"]


def test_without_a_daemon_that_is_the_finding_and_the_rest_is_hidden(koru: Koru) -> None:
    report = examined(koru, exit_status=1)
    assert [each["id"] for each in report["findings"] if each["severity"] != "note"] == ["daemon-running"]
    rows = {each["id"]: each for each in report["interfaces"]}
    assert rows["vscode_native_send"]["blockers"] == ["daemon_not_running"]
    assert rows["vscode_native_send"]["command"] == "koru up"
    assert rows["operator"]["command"] is None
    assert rows["operator"]["usable"]


def test_with_a_daemon_and_a_window_nothing_is_wrong(koru: Koru, daemon: Any) -> None:
    daemon.wire().attach("w1")
    report = examined(koru, exit_status=0)
    assert report["healthy"]
    rows = {each["id"]: each["usable"] for each in report["interfaces"]}
    assert rows["vscode_native_send"]


def test_one_check_is_run_alone(koru: Koru) -> None:
    report = examined(koru, "--check", "model-keys", exit_status=0, OPENAI_API_KEY="sk-entirely-secret")
    assert [check["id"] for check in report["checks"]] == ["model-keys"]
    assert "entirely" not in json.dumps(report)


def test_one_interface_is_told_alone(koru: Koru) -> None:
    report = examined(koru, "--interface", "vscode_native_send", exit_status=1)
    assert [each["id"] for each in report["interfaces"]] == ["vscode_native_send"]
    assert all("vscode_native_send" in each["interfaces"] for each in report["findings"])


@pytest.mark.parametrize("words", [("--check", "weather"), ("--interface", "telepathy"), ("--timeout", "0")])
def test_what_is_not_there_is_usage(koru: Koru, words: tuple[str, ...]) -> None:
    assert koru("doctor", *words).returncode == 2


def test_the_checks_are_listed(koru: Koru) -> None:
    done = koru("doctor", "--list")
    assert (done.returncode, [line.split("\t")[0] for line in done.stdout.splitlines()]) == (0, list(CHECKS))


def test_people_get_the_command_to_run(koru: Koru) -> None:
    done = koru("doctor", *PATIENT, PATH="/nowhere")
    assert done.returncode == 1
    assert "error daemon-running: " in done.stdout
    assert "    koru up\n" in done.stdout
    (blocks,) = [line for line in done.stdout.splitlines() if line.startswith("  blocks: ")]
    assert "vscode_native_send" in blocks
    assert "note " not in done.stdout.split("something is wrong")[0]


def test_it_changes_nothing(koru: Koru, home: Any) -> None:
    (home.state / "ledger").mkdir(parents=True, mode=0o755)
    (home.root / "config" / "koru" / "interfaces").mkdir(parents=True)
    before = picture(home.root)
    examined(koru, exit_status=1)
    assert picture(home.root) == before


def picture(top: Path) -> dict[str, tuple[int, int, int]]:
    """Every path with its mode, size and the time of its last change."""
    found = {str(path): path.lstat() for path in (top, *top.rglob("*"))}
    return {name: (stat.st_mode, stat.st_size, stat.st_mtime_ns) for name, stat in found.items()}
