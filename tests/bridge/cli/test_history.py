"""`koru history` as people and programs call it, on copies of real stores."""

import json
import os
import shutil
import subprocess
import sys
import time
import types
from pathlib import Path
from typing import cast

import pytest

from bridge.chats.stores import STATES
from bridge.cli.main import main
from bridge.protocol.errors import Reason
from observers import vscode_chat
from observers.base import ObserverError, Store, Turn
from observers.base import ObserverReason as StoreReason
from observers.catalogue import OBSERVERS
from tests.bridge.cli.terminal import Start, koru_process

__all__ = ["koru_process"]

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


def test_the_turns_of_a_chat_are_printed_as_ndjson(machine: Path, capsys: Output) -> None:
    assert main(["history", "show", "--json", "--workspace", str(machine / "project")]) == 0
    printed = rows(capsys)
    expected = json.loads((CASES / "lifecycle" / "expected.json").read_text(encoding="utf-8"))["rows"]
    assert [{name: row[name] for name in expected[0]} for row in printed] == expected
    assert list(printed[0]) == ["store", "session", "turn", "role", "text", "state", "time", "reason", "evidence"]
    assert all(str(row["evidence"]).startswith(str(machine)) for row in printed)


def test_a_chat_is_found_by_the_beginning_of_its_id(machine: Path, capsys: Output) -> None:
    assert main(["history", "show", SESSION[:4], "--json", "--last", "2"]) == 0
    assert len({row["turn"] for row in rows(capsys)}) == 2


def test_a_beginning_that_fits_several_chats_is_refused(tmp_path: Path, capsys: Output) -> None:
    for name in ("aa1", "aa2"):
        chat(tmp_path / f"{name}.jsonl", "hello")
    assert main(["history", "show", "aa", "--json", "--path", str(tmp_path)]) == 2
    assert "aa1 (vscode_chat)" in refusal(capsys)["message"]


def test_chats_are_listed_with_product_folder_state_and_time(machine: Path, capsys: Output) -> None:
    assert main(["history", "list", "--json"]) == 0
    (listed,) = rows(capsys)
    assert (listed["store"], listed["product"], listed["session"]) == ("vscode_chat", "code", SESSION)
    assert (listed["workspace"], listed["title"]) == (str(machine / "project"), "hello one")
    assert listed["state"] in STATES
    assert str(listed["written"]).endswith("Z")


def test_chats_are_listed_newest_first_and_in_pages(tmp_path: Path, capsys: Output) -> None:
    for number in range(5):
        chat(tmp_path / f"c{number}.jsonl", f"prompt {number}", age_s=100 - number)
    pages = []
    for offset in ("0", "2", "4"):
        words = ["history", "list", "--json", "--path", str(tmp_path), "--limit", "2", "--offset", offset]
        assert main(words) == 0
        pages.append([row["session"] for row in rows(capsys)])
    assert pages == [["c4", "c3"], ["c2", "c1"], ["c0"]]


def test_chats_are_chosen_by_state_time_and_product(machine: Path, capsys: Output) -> None:
    def listed(*words: str) -> list[object]:
        assert main(["history", "list", "--json", *words]) == 0
        return [row["session"] for row in rows(capsys)]

    state = str(rows_of(capsys)[0]["state"])
    assert listed("--state", state) == [SESSION]
    assert listed("--state", "rate_limited") == []
    assert listed("--since", "1h", "--product", "code") == [SESSION]
    assert listed("--since", "2099-01-01") == []
    assert listed("--product", "vscode_chat") == [SESSION]


def rows_of(capsys: Output) -> list[dict[str, object]]:
    assert main(["history", "list", "--json"]) == 0
    return rows(capsys)


def test_a_text_is_found_whatever_its_case(machine: Path, capsys: Output) -> None:
    assert main(["history", "search", "HELLO ONE", "--json"]) == 0
    found = rows(capsys)
    assert {row["role"] for row in found} == {"user", "assistant"}
    assert all("hello one" in str(row["text"]) and row["product"] == "code" for row in found)
    assert main(["history", "search", "hello one", "--json", "--limit", "1"]) == 0
    assert len(rows(capsys)) == 1
    assert main(["history", "search", "nobody ever said this"]) == 0
    assert capsys.readouterr().out == "not found in 1 chats\n"


def test_a_path_may_be_the_storage_or_one_session(machine: Path, capsys: Output) -> None:
    storage = machine / ".config" / "Code" / STORAGE
    for path in (storage, storage / "chatSessions", storage / "chatSessions" / f"{SESSION}.jsonl"):
        assert main(["history", "show", SESSION, "--json", "--store", "vscode_chat", "--path", str(path)]) == 0
        assert len(rows(capsys)) == 17


def test_people_get_words(machine: Path, capsys: Output) -> None:
    assert main(["history", "show", "--workspace", str(machine / "project")]) == 0
    shown = capsys.readouterr().out
    assert "2026-11-20T19:28:49.929Z  user  done  " in shown
    assert "\n  hello one\n" in shown
    assert "  (no text)\n" in shown
    assert main(["history", "list"]) == 0
    assert "\t~/project\t" in capsys.readouterr().out


def test_text_from_a_chat_cannot_move_the_cursor(tmp_path: Path, capsys: Output) -> None:
    chat(tmp_path / "a.jsonl", "\x1b[2Jgone\rback")
    for words in (["show"], ["list"], ["search", "gone"]):
        assert main(["history", *words, "--path", str(tmp_path)]) == 0
        assert "\x1b" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "reason", "code"),
    [
        (["show", "--workspace", "/nowhere"], Reason.UNKNOWN_STORE, 2),
        (["list", "--path", "/nowhere"], Reason.STORE_UNREADABLE, 1),
        (["list", "--path", "/", "--workspace", "/"], Reason.USAGE, 2),
        (["list", "--store", "none"], Reason.UNKNOWN_STORE, 2),
        (["list", "--product", "none"], Reason.UNKNOWN_STORE, 2),
        (["list", "--state", "happy"], Reason.USAGE, 2),
        (["list", "--since", "yesterday"], Reason.USAGE, 2),
        (["list", "--limit", "-1"], Reason.USAGE, 2),
        (["search", ""], Reason.USAGE, 2),
        (["show", "none", "--workspace", "{project}"], Reason.UNKNOWN_STORE, 2),
        (["follow", "none"], Reason.UNKNOWN_STORE, 2),
        (["export", "--output", "{project}"], Reason.USAGE, 2),
        (["export", "--output", "{project}/no/such/folder"], Reason.STATE_UNWRITABLE, 1),
        ([], Reason.USAGE, 2),
    ],
)
def test_what_is_not_there_is_said(machine: Path, capsys: Output, words: list[str], reason: Reason, code: int) -> None:
    given = [word.format(project=machine / "project") for word in words]
    assert main(["history", *given, "--json"]) == code
    assert refusal(capsys)["reason"] == reason


def test_a_store_of_an_unknown_format_is_an_error_and_not_an_empty_history(capsys: Output) -> None:
    path = CASES / "future_version" / "store" / "User/workspaceStorage/a1b2c3"
    assert main(["history", "show", "--json", "--path", str(path)]) == 1
    error = refusal(capsys)
    assert error["reason"] == "store_unreadable"
    assert "schema_changed" in error["message"]
    assert "88.jsonl" in error["where"]


def test_a_damaged_chat_is_named_and_the_others_are_listed(tmp_path: Path, capsys: Output) -> None:
    shutil.copytree(CASES / "damaged_among_others" / "store", tmp_path, dirs_exist_ok=True)
    for path in tmp_path.rglob("*.jsonl"):
        os.utime(path, (time.time() - 60, time.time() - 60))
    assert main(["history", "list", "--json", "--path", str(tmp_path / "User/workspaceStorage/a1b2c3")]) == 1
    captured = capsys.readouterr()
    listed = {row["session"]: row["problem"] for row in map(json.loads, captured.out.splitlines())}
    assert {name for name, problem in listed.items() if problem} == {"66"}
    assert len(listed) > 1
    assert "66.jsonl" in captured.err


def test_what_is_encrypted_is_listed_as_such_and_is_no_fault(
    tmp_path: Path, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    chat(tmp_path / "a.jsonl", "hello")

    def locked(store: Store, session: str) -> tuple[Turn, ...]:
        raise ObserverError(StoreReason.ENCRYPTED, "only its product can read it", where=session)

    monkeypatch.setattr(vscode_chat, "turns", locked)
    assert main(["history", "list", "--json", "--path", str(tmp_path)]) == 0
    (listed,) = rows(capsys)
    assert (listed["problem"], listed["state"]) == ("encrypted", "unknown")
    assert main(["history", "list", "--json", "--path", str(tmp_path), "--state", "encrypted"]) == 0
    assert len(rows(capsys)) == 1
    assert main(["history", "show", "a", "--json", "--path", str(tmp_path)]) == 1
    assert "encrypted" in refusal(capsys)["message"]


@pytest.mark.usefixtures("faults_kept")
def test_an_observer_that_crashes_costs_its_own_stores_only(
    machine: Path, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(workspace: object = None) -> tuple[Store, ...]:
        raise ZeroDivisionError("a bug")

    broken = types.SimpleNamespace(**{name: getattr(vscode_chat, name) for name in dir(vscode_chat)})
    broken.locate = crash
    monkeypatch.setitem(cast("dict[str, object]", OBSERVERS), "broken", broken)
    assert main(["history", "list", "--json"]) == 1
    captured = capsys.readouterr()
    assert json.loads(captured.out)["session"] == SESSION
    assert "the observer broken failed with ZeroDivisionError [crashed]" in captured.err


def test_an_export_redacts_secrets_unless_it_is_asked_not_to(tmp_path: Path, capsys: Output) -> None:
    secret = "ghp_" + "aB3" * 12
    chat(tmp_path / "a.jsonl", f"use {secret} now")
    for form in ("markdown", "json", "html"):
        words = ["history", "export", "--format", form, "--path", str(tmp_path)]
        assert main(words) == 0
        redacted = capsys.readouterr().out
        assert secret not in redacted
        assert "redacted" in redacted
        assert main([*words, "--with-secrets"]) == 0
        assert secret in capsys.readouterr().out


def test_an_export_is_refused_when_what_to_redact_cannot_be_read(machine: Path, capsys: Output) -> None:
    (machine / ".config" / "koru").mkdir()
    (machine / ".config" / "koru" / "policy.yaml").write_text("redact: 7\n", encoding="utf-8")
    assert main(["history", "export", "--json"]) == 1
    assert refusal(capsys)["reason"] == "policy_invalid"


def test_an_exported_file_is_whole_private_and_never_written_over_unasked(machine: Path, capsys: Output) -> None:
    target = machine / "chats.json"
    words = ["history", "export", "--format", "json", "--output", str(target)]
    assert main(words) == 0
    written = json.loads(target.read_text(encoding="utf-8"))
    assert [len(one["turns"]) for one in written["chats"]] == [17]
    assert written["redacted"] is True
    assert target.stat().st_mode & 0o777 == 0o600
    assert main([*words, "--json"]) == 2
    assert main([*words, "--force"]) == 0
    assert sorted(path.name for path in machine.iterdir() if path.name.startswith(".koru")) == []


def test_turns_are_followed_as_they_are_written(machine: Path, koru_process: Start) -> None:
    file = machine / ".config" / "Code" / STORAGE / "chatSessions" / "new.jsonl"
    running = koru_process("history", "follow", "--json")
    running.ready()
    seen: list[dict[str, object]] = []
    for number in range(3):
        chat(file, *[f"prompt {each}" for each in range(number + 1)], age_s=0)
        while not any(row["text"] == f"prompt {number}" for row in seen):
            seen.append(json.loads(running.line()))
    assert [row["text"] for row in seen if row["role"] == "user"] == ["prompt 0", "prompt 1", "prompt 2"]
    assert running.interrupt() == 0


def test_the_command_runs_in_a_terminal_that_cannot_show_everything(tmp_path: Path) -> None:
    shutil.copytree(CASES / "half_surrogate" / "store", tmp_path, dirs_exist_ok=True)
    for words in (["show", "--json"], ["show"], ["list"], ["export", "--format", "html"]):
        told = subprocess.run(
            [
                *(sys.executable, "-P", "-m", "bridge.cli", "history"),
                *(*words, "--path", str(next(tmp_path.rglob("11.jsonl")))),
            ],
            capture_output=True,
            check=True,
            timeout=60,
            env={**os.environ, "PYTHONIOENCODING": "ascii", "HOME": str(tmp_path)},
        )
        assert told.stdout.strip()


def chat(path: Path, *prompts: str, state: int = 1, age_s: float = 60) -> None:
    """A chat of VS Code with these prompts, all answered but the last, which is in this state of VS Code's."""
    requests = [
        {
            "requestId": f"{path.stem}-{number}",
            "timestamp": time.time_ns() // 1_000_000,
            "message": {"text": prompt},
            "response": [{"value": f"answer to {prompt}"}],
            "modelState": {"value": state if number == len(prompts) - 1 else 1},
        }
        for number, prompt in enumerate(prompts)
    ]
    partial = path.with_suffix(".tmp")
    partial.write_text(json.dumps({"kind": 0, "v": {"version": 3, "requests": requests}}) + "\n", encoding="utf-8")
    if age_s:
        os.utime(partial, (time.time() - age_s, time.time() - age_s))
    partial.replace(path)
