"""`koru explain` against a real daemon: the table, the reasons, the exit status; and `interfaces/list` beside it."""

import json
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from registry.load import load

Koru = Callable[..., "subprocess.CompletedProcess[str]"]


def explained(koru: Koru, *words: str, exit_status: int) -> dict[str, Any]:
    done = koru("explain", "--json", *words)
    assert (done.returncode, done.stderr) == (exit_status, "")
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def test_without_a_window_every_interface_is_refused_with_a_reason(koru: Koru, daemon: Any) -> None:
    answer = explained(koru, exit_status=1)
    assert answer["message"] == "no IDE is connected"
    assert all(row["reason"] and not row["chosen"] for row in answer["rows"])
    assert {row["interface"] for row in answer["rows"]} == {i.id for i in load().interfaces.values() if i.drives}


def test_the_one_that_would_act_comes_first(koru: Koru, daemon: Any) -> None:
    daemon.wire().attach("w1")
    answer = explained(koru, exit_status=0)
    first, *rest = answer["rows"]
    assert (first["interface"], first["chosen"], first["surface"]) == ("vscode_native_send", True, "code:w1/chat0")
    assert rest
    assert all(row["reason"] and not row["chosen"] for row in rest)
    assert answer["others"] == []


def test_a_draft_is_explained_by_what_can_draft(koru: Koru, daemon: Any) -> None:
    daemon.wire().attach("w1")
    answer = explained(koru, "--draft", exit_status=1)
    (native,) = (row for row in answer["rows"] if row["interface"] == "vscode_native_send")
    assert native["reason"] == "it can only send, a draft was asked for"
    assert answer["message"] == "no interface can reach this chat"


def test_what_the_policy_forbids_is_refused_here_too(koru: Koru, daemon: Any) -> None:
    daemon.wire().attach("w1")
    granted = koru("trust", "grant", "draft", "--interface", "vscode_native_send", "--everywhere")
    assert granted.returncode == 0, granted.stderr
    answer = explained(koru, exit_status=1)
    (native,) = (row for row in answer["rows"] if row["interface"] == "vscode_native_send")
    assert "trusted to draft here" in native["reason"]


def test_several_chats_are_all_explained_and_none_would_act(koru: Koru, daemon: Any) -> None:
    daemon.wire().attach("w1", pid=4241)
    daemon.wire().attach("w2", pid=4242)
    answer = explained(koru, exit_status=1)
    assert answer["surfaces"] == ["code:w1/chat0", "code:w2/chat0"]
    assert answer["message"].startswith("2 chats fit")
    assert not any(row["chosen"] for row in answer["rows"])
    narrowed = explained(koru, "--window", "w2", exit_status=0)
    assert (narrowed["surfaces"], narrowed["others"]) == (["code:w2/chat0"], ["code:w1/chat0"])


def test_one_surface_is_explained_by_its_key(koru: Koru, daemon: Any) -> None:
    daemon.wire().attach("w1", pid=4241)
    daemon.wire().attach("w2", pid=4242, surfaces=2)
    answer = explained(koru, "--surface", "code:w2/chat1", exit_status=0)
    assert (answer["surfaces"], len(answer["others"])) == (["code:w2/chat1"], 2)
    assert koru("explain", "--surface", "code:w2/chat1", "--window", "w1").returncode == 2
    assert explained(koru, "--surface", "code:w9/chat", exit_status=1)["message"] == "no connected chat fits"


def test_people_get_a_table(koru: Koru, daemon: Any) -> None:
    daemon.wire().attach("w1")
    done = koru("explain")
    lines = done.stdout.split("\n")
    assert (done.returncode, lines[0]) == (0, "code:w1/chat0")
    assert lines[1].split("\t") == ["via", "vscode_native_send", "host", "90", "5", ""]
    assert all(line.startswith("not\t") for line in lines[2:-1])


def test_without_a_daemon_the_next_step_is_told(koru: Koru) -> None:
    done = koru("explain")
    assert done.returncode == 1
    assert "koru up" in done.stderr


def test_the_list_is_the_registry_with_the_operator_s_files(home: Any, start: Any) -> None:
    folder = home.root / "config" / "koru" / "interfaces"
    folder.mkdir(parents=True)
    (folder / "clipboard.yaml").write_text("id: clipboard\ndisabled: true\n", encoding="utf-8")
    (folder / "broken.yaml").write_text("id: [\n", encoding="utf-8")
    with start().client() as client:
        listed = client.request("interfaces/list", {})
    assert {row["id"] for row in listed["interfaces"]} == set(load().interfaces) - {"clipboard"}
    (problem,) = listed["problems"]
    assert problem.startswith(f"{folder / 'broken.yaml'}:2: ")


@pytest.mark.parametrize("words", [("--window",), ("nonsense",)])
def test_wrong_words_are_usage(koru: Koru, words: tuple[str, ...]) -> None:
    assert koru("explain", *words).returncode == 2
