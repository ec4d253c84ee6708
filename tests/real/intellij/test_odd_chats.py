"""Chats that cannot be written into, an operator's file with nonsense, and what the plugin says of its own look-ups."""

import re

import pytest

from bridge.protocol.errors import BridgeError, Reason
from bridge.protocol.prompt import PROMPT_MAX_BYTES
from tests.daemon import eventually
from tests.real.intellij import ide as real
from tests.real.intellij.conftest import Desk, said


def notices(desk: Desk) -> str:
    path = desk.ide.home / "notices"
    return path.read_text(encoding="utf-8") if path.is_file() else ""


@pytest.mark.parametrize("agent", ["page", "service"])
def test_what_cannot_be_read_back_is_confirmed_by_the_store_alone(agent: str, desk: Desk) -> None:
    text = f'give "żółć" </script> to {agent},\nplease'
    view = desk.drive(text, agent)
    assert view["outcome"] == "confirmed", said(view)
    # The store may be faster than the plugin's own answer.
    claims = [fact["grade"] for fact in view["facts"] if fact["source"].startswith("intellij")]
    assert claims in ([], ["claim"]), said(view)
    assert desk.turns(text) == 1


def test_the_clipboard_is_offered_with_a_notice_and_proves_nothing(desk: Desk) -> None:
    text = "a prompt for the clipboard"
    view = desk.drive(text, "foreign", deadline_ms=4_000)
    assert view["outcome"] == "unknown", said(view)
    assert view["facts"] == []
    assert "clipboard" in view["reason"], said(view)
    eventually(lambda: "A prompt for foreign is on the clipboard" in notices(desk), "the operator was told")
    assert text not in notices(desk)
    assert desk.turns(text) == 0


def test_an_action_that_is_not_there_is_a_blocker(desk: Desk) -> None:
    view = desk.drive("no action for this", "actionless")
    assert (view["outcome"], view["blocker"]) == ("refused", "command_unavailable"), said(view)
    assert desk.drive("and the input is free", "demo")["outcome"] == "confirmed"


def test_nonsense_in_the_operator_s_file_is_told_in_the_ide_and_to_the_daemon(desk: Desk) -> None:
    problem = r"chats\[\d+\]: \S*colour\S* is no field of a chat"
    eventually(lambda: re.search(problem, notices(desk)) is not None, "the operator was told in the IDE")
    log = (desk.daemon.home / "state/koru/log/daemon.log").read_text(encoding="utf-8")
    assert re.search("catalogue: .*" + problem, log), log[-2000:]


def test_the_self_test_tells_what_each_look_up_gave(desk: Desk) -> None:
    session = desk.attached()
    with desk.daemon.client() as client:
        answer = client.request("sessions/selftest", {"session_id": session["session_id"]}, timeout=30)
    found = {(each["kind"], each["name"]): each["found"] for each in answer["lookups"]}
    assert found["tool_window", "Demo Chat"]
    assert found["chat", "demo, window Demo Chat"]
    assert not found["chat", "ai_assistant, window AIAssistant"]
    assert found["action", "dev.koru.chats.Send"]
    assert not found["action", "No.Such.Action"]
    assert found["plugin", "dev.koru.chats"]
    assert not found["plugin", "com.github.copilot"]
    assert found["service", "dev.koru.chats.PromptService"]
    assert found["member", "ActionManager.tryToExecute"]
    assert not found["member", "JBCefBrowser"]
    assert ("catalogue", "jetbrains_chats.json") in found


def test_the_longest_prompt_arrives_whole_and_a_longer_one_is_refused(desk: Desk) -> None:
    text = "x" * PROMPT_MAX_BYTES
    # The second project's chat: the first one's may hold the draft of another test.
    view = desk.drive(text, "plain", project=desk.projects[1], deadline_ms=60_000)
    assert view["outcome"] == "confirmed", said(view)
    assert desk.turns(text) == 1
    with pytest.raises(BridgeError) as refused:
        desk.drive("y" * 1_000_000, "plain")
    assert refused.value.reason == Reason.PROMPT_TOO_LARGE


def test_a_nul_is_refused_before_the_ide_hears_of_it(desk: Desk) -> None:
    with pytest.raises(BridgeError) as refused:
        desk.drive("a\0b", "plain")
    assert refused.value.reason == Reason.PROMPT_CONTROL_CHARACTER


def test_a_chat_that_is_not_there_is_told(desk: Desk) -> None:
    with pytest.raises(BridgeError) as refused:
        desk.drive("for nobody", "ai_assistant")
    assert refused.value.reason == Reason.UNKNOWN_SURFACE


def test_the_plugin_is_loaded_again_and_again_and_what_is_held_does_not_grow(desk: Desk) -> None:
    before = desk.attached()["epoch"]
    (desk.ide.home / "reload").write_text("")
    result = desk.ide.home / "reloaded"
    eventually(lambda: result.is_file() and "\n" in result.read_text(), "the plugin was reloaded", real.START_S)
    # One may still be held where the platform remembers it; what is held must not grow with each time.
    assert result.read_text() in ("held 0\n", "held 1\n")
    desk.attached(after=before)
    assert desk.drive("after it was loaded again")["outcome"] == "confirmed"


def test_a_project_that_is_closed_in_a_delivery_is_told(desk: Desk) -> None:
    first, second = desk.projects
    text = "close the project while this waits"
    view = desk.drive(text, "mute", project=second, deadline_ms=12_000)
    assert view["outcome"] == "unknown", said(view)
    details = [fact.get("detail") or "" for fact in view["facts"]]
    assert any("closed" in each or "not shown any more" in each for each in details), said(view)
    assert desk.turns(text) == 0

    def is_gone() -> bool:
        folders = [each["workspace_folders"] for session in desk.sessions() for each in session["surfaces"]]
        return folders != [] and [str(second)] not in folders

    eventually(is_gone, "the daemon knows that the project is closed", 60)
    desk.projects.remove(second)
    assert desk.drive("the other one goes on", project=first)["outcome"] == "confirmed"


def test_a_socket_that_others_could_have_made_is_refused_and_told_once(desk: Desk) -> None:
    epoch = desk.attached()["epoch"]
    desk.daemon.stop()
    folder = desk.daemon.socket.parent
    folder.chmod(0o777)
    told = f"{folder} can be written by others"
    eventually(lambda: told in notices(desk), "the operator was told in the IDE", 60)
    folder.chmod(0o700)
    desk.daemon.start()
    desk.attached(after=epoch)
    assert notices(desk).count(told) == 1
