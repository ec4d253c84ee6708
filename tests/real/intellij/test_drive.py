"""Drives in a real IDE: through the real daemon and plugin, checked in the chats' own store."""

import pytest

from tests.daemon import eventually
from tests.real.intellij.conftest import Desk, said

KINDS = ("demo", "plain", "late")


def kinds(view: dict[str, object]) -> dict[str, str]:
    """The best grade of each kind of fact."""
    facts = view["facts"]
    assert isinstance(facts, list)
    return {fact["kind"]: fact["grade"] for fact in facts}


@pytest.mark.parametrize("agent", KINDS)
def test_a_prompt_is_there_once_and_a_witness_saw_it(agent: str, desk: Desk) -> None:
    text = f'say "żółć" in {agent},\nplease'
    view = desk.drive(text, agent)
    assert view["outcome"] == "confirmed", said(view)
    assert kinds(view)["submitted"] == "witness"
    assert desk.turns(text) == 1


def test_the_turn_and_its_reply_come_from_the_store(desk: Desk) -> None:
    drive_id = desk.start("count me")
    view = desk.wait(drive_id, "turn")
    assert view["turn"]["state"] == "completed", view["turn"]
    assert view["turn"]["reply"] == "You said 8 characters."


def test_the_same_drive_again_is_the_same_answer(desk: Desk) -> None:
    first = desk.drive("only once", drive_id="same-drive")
    again = desk.drive("only once", drive_id="same-drive")
    assert (first["outcome"], again["outcome"]) == ("confirmed", "confirmed")
    assert desk.turns("only once") == 1


def test_a_disabled_send_fails_and_leaves_nothing(desk: Desk) -> None:
    view = desk.drive("nobody sends this", "mute")
    assert view["outcome"] == "failed", said(view)
    assert kinds(view)["withdrawn"] == "readback"
    assert desk.turns("nobody sends this") == 0
    # The input is empty again: else this would be refused over a draft.
    assert desk.drive("nor this", "mute")["outcome"] == "failed"


def test_a_send_that_drops_the_text_is_never_confirmed(desk: Desk) -> None:
    view = desk.drive("dropped on the way", "dropping", deadline_ms=4_000)
    assert view["outcome"] == "likely", said(view)
    assert desk.turns("dropped on the way") == 0


def test_a_draft_is_put_there_and_then_never_overwritten(desk: Desk) -> None:
    draft = desk.drive("for a person to send", "plain", draft=True)
    assert draft["outcome"] == "confirmed", draft
    assert kinds(draft)["inserted"] == "readback"
    refused = desk.drive("over the draft", "plain")
    assert (refused["outcome"], refused["blocker"]) == ("refused", "input_busy"), refused
    assert desk.turns("over the draft") == desk.turns("for a person to send") == 0


def test_a_long_prompt_arrives_whole(desk: Desk) -> None:
    text = "a line of a long prompt\n" * 4_000 + "end"
    assert desk.drive(text)["outcome"] == "confirmed"
    assert desk.turns(text) == 1


def test_a_modal_dialog_blocks_and_then_does_not(desk: Desk) -> None:
    asked = desk.drive("open a dialog please")
    assert asked["outcome"] == "confirmed", said(asked)

    def is_blocked() -> bool:
        view = desk.drive("behind the dialog")
        return view["blocker"] == "blocked_by_dialog" if "blocker" in view else False

    eventually(is_blocked, "a drive is refused because of the dialog", 60)
    before = desk.turns("behind the dialog")
    (desk.ide.home / "answer").write_text("yes")
    eventually(lambda: desk.drive("after the dialog")["outcome"] == "confirmed", "the IDE takes drives again", 60)
    # What was refused was not done afterwards either.
    assert desk.turns("behind the dialog") == before
    assert desk.turns("after the dialog") == 1


def test_what_was_looked_for_is_in_the_daemon_s_log(desk: Desk) -> None:
    text = (desk.daemon.home / "state/koru/log/daemon.log").read_text(encoding="utf-8")
    assert "chat ai_assistant, window AIAssistant: absent" in text
    assert "tool window Demo Chat" in text
    assert "chat demo, window Demo Chat: found, action dev.koru.chats.Send: found" in text


def test_no_prompt_is_in_the_ide_s_log(desk: Desk) -> None:
    view = desk.drive("a secret of the operator")
    assert view["outcome"] == "confirmed", said(view)
    assert "a secret of the operator" not in desk.ide.log
