"""The whole way, in a real VS Code: drives through the real daemon and plugin, checked in the view and in the store."""

import time
import uuid
from contextlib import suppress
from pathlib import Path

import pytest

from bridge.ledger.verdict import verify
from bridge.protocol.errors import BridgeError, Reason
from tests.real.vscode.chat_store import COMPLETE, FAILED, RUNNING
from tests.real.vscode.deadline import until
from tests.real.vscode.desk import Desk
from tests.real.vscode.window import Window, glances

PLUGIN = Path(__file__).parents[3] / "bridge" / "assets" / "koru-vscode.vsix"
BOUNDARIES = [
    f"{side}_{row}"
    for row in ("accepted", "acting", "deliver", "fact", "settled", "turn")
    for side in ("before", "after")
]


@pytest.fixture
def chat(driven: Window) -> Window:
    """The window with no editor open, and a new chat in the side bar."""
    driven.command("workbench.action.closeAllEditors")
    driven.command("workbench.action.chat.open")  # a new chat is made where a chat had the focus last
    driven.command("workbench.action.chat.newChat")
    return driven


def test_three_prompts_are_confirmed_and_seen(desk: Desk, chat: Window) -> None:
    for text in ("first of three", "second, with żółw 🐢\nand a line", "third of three"):
        view = desk.drive(chat, text)
        assert view["outcome"] == "confirmed", view
        assert view["interface"] == "vscode_native_send"
        chat.chat.wait_for("agent", "You said: " + text.split("\n")[0])
        desk.await_reply(text)


def test_the_reply_comes_from_the_store(desk: Desk, chat: Window) -> None:
    # No glance: VS Code writes the chat by itself.
    view = desk.wait(desk.start(chat, "what was the reply"), "turn")
    assert view["turn"] == {
        "state": "completed",
        "reply": "You said: what was the reply",
        "reason": "seen at grade witness",
    }
    graded = {(fact["kind"], fact["grade"], fact["source"]) for fact in view["facts"]}
    assert ("submitted", "witness", "vscode_chat") in graded
    assert view["chat_id"] == desk.stored_once("what was the reply").session


def test_a_witness_can_be_required(desk: Desk, chat: Window) -> None:
    view = desk.wait(desk.start(chat, "only a witness counts", require="witness"))
    assert view["outcome"] == "confirmed"
    assert view["reason"] == "the chat's own store shows the new turn"


def test_the_operators_draft_survives(desk: Desk, chat: Window) -> None:
    chat.chat.type_draft("MY OWN DRAFT")
    assert desk.drive(chat, "sent beside a draft")["outcome"] == "confirmed"
    chat.chat.wait_for("agent", "You said: sent beside a draft")
    assert chat.chat.draft() == "MY OWN DRAFT"
    draft = desk.drive(chat, "a draft of ours", draft=True)
    assert (draft["outcome"], draft["blocker"]) == ("refused", "input_busy")
    assert chat.chat.draft() == "MY OWN DRAFT"
    chat.command("workbench.action.chat.newChat")
    for _ in range(len("MY OWN DRAFT")):
        chat.press_key("Backspace")
    until(lambda: chat.chat.draft() == "", "the operator deleted the draft")


def test_a_draft_is_put_into_an_empty_input_and_not_sent(desk: Desk, chat: Window) -> None:
    view = desk.drive(chat, "only a draft", draft=True)
    assert view["outcome"] == "confirmed", view
    assert chat.chat.draft() == "only a draft"
    assert desk.stored("only a draft") == []
    for _ in range(len("only a draft")):
        chat.press_key("Backspace")
    until(lambda: chat.chat.draft() == "", "the draft was deleted")


def test_an_older_session_is_aimed_at_and_no_other(desk: Desk, chat: Window) -> None:
    desk.drive(chat, "in the older chat", wait=True)
    older = desk.stored_once("in the older chat").session
    chat.command("workbench.action.chat.newChat")
    desk.drive(chat, "in the newer chat", wait=True)
    assert desk.stored_once("in the newer chat").session != older
    view = desk.drive(chat, "back in the older one", target={"chat_id": older}, wait=True)
    assert (view["outcome"], view["chat_id"]) == ("confirmed", older), view
    assert desk.stored_once("back in the older one").session == older


def test_a_session_that_does_not_exist_is_refused(desk: Desk, chat: Window) -> None:
    view = desk.drive(chat, "into nothing", target={"chat_id": str(uuid.uuid4())})
    assert (view["outcome"], view["blocker"]) == ("refused", "unknown_chat"), view
    assert desk.stored("into nothing") == []


def test_a_new_chat_is_fresh(desk: Desk, chat: Window) -> None:
    desk.drive(chat, "in the chat in front", wait=True)
    view = desk.drive(chat, "in a chat of its own", target={"new_chat": True}, wait=True)
    assert view["outcome"] == "confirmed", view
    assert desk.stored_once("in a chat of its own").session != desk.stored_once("in the chat in front").session


def test_a_running_turn_is_cancelled(desk: Desk, chat: Window) -> None:
    drive_id = desk.start(chat, "demo: slow 50")
    sent = desk.wait(drive_id)
    assert (sent["outcome"], sent["turn"]["state"]) == ("confirmed", "waiting"), sent
    chat.chat.wait_for("user", "demo: slow 50")
    with desk.daemon.client() as client:
        client.request("drive/cancel", {"drive_id": drive_id})
    view = desk.see(drive_id)
    assert view["turn"]["state"] == "turn_failed", view
    assert view["outcome"] == "confirmed"


def test_a_question_is_needs_input(desk: Desk, chat: Window) -> None:
    view = desk.drive(chat, "demo: ask Which one?", wait=True)
    assert (view["outcome"], view["turn"]["state"]) == ("confirmed", "needs_input"), view
    blocked = desk.drive(chat, "this would cancel the question")
    assert (blocked["outcome"], blocked["blocker"]) == ("refused", "needs_input_pending"), blocked
    assert desk.stored("this would cancel the question") == []
    chat.chat.answer("the first")
    chat.chat.wait_for("agent", "You answered: the first")
    text = "demo: ask Which one?"
    with glances([chat]):
        until(lambda: [turn.state for turn in desk.stored(text)] == [COMPLETE], "the store shows the answered turn")
    assert desk.drive(chat, "after the answer")["outcome"] == "confirmed"


def test_a_failed_turn_is_told(desk: Desk, chat: Window) -> None:
    view = desk.drive(chat, "demo: fail out of paper", wait=True)
    assert (view["outcome"], view["turn"]["state"]) == ("confirmed", "turn_failed"), view
    assert "out of paper" in view["turn"]["reason"]


def test_a_prompt_behind_a_running_turn_is_queued_and_not_started(desk: Desk, chat: Window) -> None:
    first = desk.start(chat, "demo: slow 9")
    assert desk.wait(first)["outcome"] == "confirmed"
    second = desk.start(chat, "behind the slow one")
    view = desk.see(second, "outcome")
    kinds = [fact["kind"] for fact in view["facts"]]
    assert "queued" in kinds, (view.get("blocker"), view["reason"], kinds)
    assert "turn_started" not in kinds
    assert desk.see(second)["turn"]["state"] == "completed"
    desk.stored_once("behind the slow one")


def test_the_extension_host_killed_in_the_middle_of_a_turn(desk: Desk, chat: Window) -> None:
    folder = desk.folders[id(chat)]
    epoch = desk.attached(folder)
    text = "demo: slow 31"
    drive_id = desk.start(chat, text)
    chat.chat.wait_for("user", text)
    chat.kill_host()
    desk.attached(folder, after=epoch)
    chat.wait_for_model("demo")
    view = desk.wait(drive_id)
    assert view["outcome"] in {"confirmed", "unknown"}, view
    desk.stored_once(text)
    again = desk.start(chat, text, drive_id=drive_id)
    assert desk.wait(again)["outcome"] == view["outcome"]
    assert desk.drive(chat, "after the host was killed")["outcome"] == "confirmed"
    # VS Code closes the turn of a killed host as failed, or (the first chat of a window) leaves it open for ever.
    assert desk.stored_once(text).state in {RUNNING, FAILED}


def test_a_window_reload_keeps_the_surface(desk: Desk, chat: Window) -> None:
    folder = desk.folders[id(chat)]
    epoch = desk.attached(folder)
    before = desk.drive(chat, "before the reload", wait=True)
    chat.reload()
    desk.attached(folder, after=epoch)
    chat.wait_for_model("demo")
    after = desk.drive(chat, "after the reload", wait=True)
    assert (after["outcome"], after["surface"]) == ("confirmed", before["surface"]), after
    desk.stored_once("after the reload")


def test_two_windows_are_told_apart_by_their_folders(desk: Desk, chat: Window) -> None:
    other = desk.open(desk.server.profile.folder("other"))
    try:
        with desk.daemon.client() as client, pytest.raises(BridgeError) as caught:
            params = {"drive_id": "ambiguous", "text": "to whom?", "selector": {}, "target": {}}
            client.request("drive/start", params)
        assert caught.value.reason is Reason.AMBIGUOUS_SURFACE
        assert desk.drive(other, "to the other window")["outcome"] == "confirmed"
        other.chat.wait_for("agent", "You said: to the other window")
        assert desk.drive(chat, "to the first window")["outcome"] == "confirmed"
        chat.chat.wait_for("agent", "You said: to the first window")
        assert not any("other window" in row.text for row in chat.chat.rows())
    finally:
        other.close()


@pytest.mark.parametrize("boundary", BOUNDARIES)
def test_the_daemon_killed_at_a_boundary(boundary: str, desk: Desk, chat: Window) -> None:
    """One turn at most, and a state that is true."""
    folder = desk.folders[id(chat)]
    desk.daemon.stop()
    text, drive_id = f"killed {boundary}", f"{boundary}-{time.time_ns()}"
    desk.daemon.start(fault=f"{boundary}@{drive_id}")
    desk.attached(folder)
    with suppress(BridgeError):
        desk.start(chat, text, drive_id=drive_id)
        desk.see(drive_id)
    desk.daemon.wait_killed()
    desk.daemon.start()
    desk.attached(folder)
    try:
        view = desk.see(drive_id)
    except BridgeError as error:
        assert (error.reason, boundary) == (Reason.UNKNOWN_DRIVE, "before_accepted")
        assert desk.drive(chat, f"after {boundary}", wait=True)["outcome"] == "confirmed"
        assert desk.stored(text) == []
        return
    assert view["outcome"] == "confirmed" if view["facts"] else view["outcome"] in {"refused", "unknown"}, view
    chat.command("workbench.action.chat.newChat")  # flushes the chat before
    if view["outcome"] == "confirmed":
        desk.stored_once(text)
    assert len(desk.stored(text)) <= (0 if view["outcome"] in {"refused", "failed"} else 1)


def test_the_ledger_of_all_this_is_intact(desk: Desk) -> None:
    assert verify(desk.daemon.ledger).verdict == "intact"
