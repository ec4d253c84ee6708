"""`koru registry lint` as the operator sees it: words with file and line, JSON, and the exit status."""

import json
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from bridge.cli.operator.registry.command_line import command_fault

Koru = Callable[..., "subprocess.CompletedProcess[str]"]


def test_what_we_ship_is_in_order(koru: Koru) -> None:
    done = koru("registry", "lint")
    assert (done.returncode, done.stderr) == (0, "")
    assert "nothing is wrong" in done.stdout


def test_a_file_of_the_operator_s_is_looked_at(koru: Koru, home: Any) -> None:
    folder = home.root / "config" / "koru" / "interfaces"
    folder.mkdir(parents=True)
    (folder / "vscode_native_send.yaml").write_text(
        "id: vscode_native_send\nblocking_modes: [rain]\n", encoding="utf-8"
    )
    done = koru("registry", "lint")
    assert done.returncode == 1
    assert (
        done.stdout == "config/koru/interfaces/vscode_native_send.yaml:2: blocking_modes.0: there is no blocker rain\n"
    )


def test_a_named_file_is_looked_at_alone(koru: Koru, home: Any) -> None:
    (home.root / "mine.yaml").write_text("id: mine\ntitle: 7\n", encoding="utf-8")
    done = koru("registry", "lint", "mine.yaml", "--json")
    problems = json.loads(done.stdout)["problems"]
    assert done.returncode == 1
    assert {problem["file"] for problem in problems} == {"mine.yaml"}
    assert {"title", "family", "probe"} <= {problem["field"] for problem in problems}
    assert next(problem["line"] for problem in problems if problem["field"] == "title") == 2


def test_a_file_that_is_not_there_is_wrong(koru: Koru) -> None:
    done = koru("registry", "lint", "nowhere.yaml")
    assert (done.returncode, done.stdout) == (1, "nowhere.yaml:0: -: not a file\n")


@pytest.mark.parametrize("command", ["koru up", "koru drive show DRIVE", "koru drive TEXT"])
def test_a_command_that_runs(command: str) -> None:
    assert command_fault(command) is None


@pytest.mark.parametrize("command", ["rm -rf /", "koru", "koru fly", "koru up --high", "koru registry mow"])
def test_a_command_that_does_not_run(command: str) -> None:
    assert command_fault(command) is not None
