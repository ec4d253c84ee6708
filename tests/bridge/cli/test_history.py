"""`koru history` as people and programs call it, on copies of real stores."""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bridge.cli.main import main
from bridge.protocol.errors import Reason

CASES = Path(__file__).parents[2] / "stores" / "vscode_chat"
STORAGE = "User/workspaceStorage/c7e9e99"
SESSION = "0e6019e5-fdfe-4c6c-acc6-d0f10a358237"

Output = pytest.CaptureFixture[str]


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with VS Code in it, which has one project."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.delenv("VSCODE_PORTABLE", raising=False)
    code = tmp_path / ".config" / "Code"
    shutil.copytree(CASES / "lifecycle" / "store", code)
    (tmp_path / "project").mkdir()
    named = json.dumps({"folder": (tmp_path / "project").as_uri()})
    (code / STORAGE / "workspace.json").write_text(named, encoding="utf-8")
    for path in code.rglob("*.jsonl"):
        os.utime(path, (time.time() - 20, time.time() - 20))
    return tmp_path


def rows(output: Output) -> list[dict[str, object]]:
    return [json.loads(line) for line in output.readouterr().out.split("\n") if line]


def refusal(output: Output) -> dict[str, str]:
    error: dict[str, str] = json.loads(output.readouterr().out)["error"]
    return error


def test_the_turns_of_a_workspace_are_printed_as_ndjson(machine: Path, capsys: Output) -> None:
    assert main(["history", "--json", "--workspace", str(machine / "project")]) == 0
    printed = rows(capsys)
    expected = json.loads((CASES / "lifecycle" / "expected.json").read_text(encoding="utf-8"))["rows"]
    assert printed == [{name: value for name, value in row.items() if name != "reason"} for row in expected]
    assert list(printed[0]) == ["store", "session", "turn", "role", "text", "state", "time"]


def test_the_workspace_is_the_current_folder_unless_said(
    machine: Path, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(machine / "project")
    assert main(["history", "--json"]) == 0
    assert rows(capsys)
    assert main(["history", "--json", "--workspace", "."]) == 0
    assert rows(capsys)


def test_a_path_may_be_the_storage_or_one_session(machine: Path, capsys: Output) -> None:
    storage = machine / ".config" / "Code" / STORAGE
    for path in (storage, storage / "chatSessions", storage / "chatSessions" / f"{SESSION}.jsonl"):
        assert main(["history", "--json", "--store", "vscode_chat", "--path", str(path), "--session", SESSION]) == 0
        assert len(rows(capsys)) == 17


def test_people_get_words(machine: Path, capsys: Output) -> None:
    assert main(["history", "--workspace", str(machine / "project")]) == 0
    shown = capsys.readouterr().out
    assert "2026-11-20T19:28:49.929Z  user  done  " in shown
    assert "\n  hello one\n" in shown
    assert "  (no text)\n" in shown


def test_text_from_a_chat_cannot_move_the_cursor(tmp_path: Path, capsys: Output) -> None:
    state = {"version": 3, "requests": [{"requestId": "1", "message": {"text": "\x1b[2Jgone\rback"}, "response": []}]}
    (tmp_path / "a.jsonl").write_text(json.dumps({"kind": 0, "v": state}) + "\n", encoding="utf-8")
    assert main(["history", "--path", str(tmp_path)]) == 0
    assert "\x1b" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "reason", "code"),
    [
        (["--workspace", "/nowhere"], Reason.UNKNOWN_STORE, 2),
        (["--path", "/nowhere"], Reason.STORE_UNREADABLE, 1),
        (["--path", "/", "--workspace", "/"], Reason.USAGE, 2),
        (["--store", "none"], Reason.UNKNOWN_STORE, 2),
        (["--workspace", "{project}", "--session", "none"], Reason.UNKNOWN_STORE, 2),
    ],
)
def test_what_is_not_there_is_said(machine: Path, capsys: Output, words: list[str], reason: Reason, code: int) -> None:
    given = [word.format(project=machine / "project") for word in words]
    assert main(["history", "--json", *given]) == code
    assert refusal(capsys)["reason"] == reason


def test_a_store_of_an_unknown_format_is_an_error_and_not_an_empty_history(capsys: Output) -> None:
    path = CASES / "future_version" / "store" / "User/workspaceStorage/a1b2c3"
    assert main(["history", "--json", "--path", str(path)]) == 1
    error = refusal(capsys)
    assert error["reason"] == "store_unreadable"
    assert "schema_changed" in error["message"]
    assert "88.jsonl" in error["where"]


def test_a_damaged_session_is_named_and_the_others_are_printed(tmp_path: Path, capsys: Output) -> None:
    shutil.copytree(CASES / "damaged_among_others" / "store", tmp_path, dirs_exist_ok=True)
    for path in tmp_path.rglob("*.jsonl"):
        os.utime(path, (time.time() - 60, time.time() - 60))
    assert main(["history", "--json", "--path", str(tmp_path / "User/workspaceStorage/a1b2c3")]) == 1
    captured = capsys.readouterr()
    assert len(captured.out.splitlines()) == 2
    assert "66.jsonl" in captured.err


def test_the_command_runs_in_a_terminal_that_cannot_show_everything(tmp_path: Path) -> None:
    shutil.copytree(CASES / "half_surrogate" / "store", tmp_path, dirs_exist_ok=True)
    told = subprocess.run(
        [
            sys.executable,
            "-P",
            "-m",
            "bridge.cli",
            "history",
            "--json",
            "--path",
            str(next(tmp_path.rglob("11.jsonl"))),
        ],
        capture_output=True,
        check=True,
        timeout=60,
        env={**os.environ, "PYTHONIOENCODING": "ascii", "HOME": str(tmp_path)},
    )
    assert len(told.stdout.strip().split(b"\n")) == 2
