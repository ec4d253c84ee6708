"""Aiming at one chat, or at a new one, and putting text into an input: what lands where, and what is given back."""

from pathlib import Path

import pytest

from bridge.protocol.messages.chat import ChatOpenParams, ChatTarget, CommandResult
from tests.real.vscode.chat_store import StoredTurn, stored_turns
from tests.real.vscode.deadline import until
from tests.real.vscode.plugin.daemon import INPUT, NATIVE, Session
from tests.real.vscode.server import Server
from tests.real.vscode.window import Window, glances

TABS = "return vscode.window.tabGroups.all.flatMap(group => group.tabs.map(tab => [tab.label, tab.isActive]))"


def stored(server: Server, prompt: str) -> StoredTurn:
    """The one turn with this prompt, once it is on disk."""

    def found() -> list[StoredTurn] | None:
        return [turn for turn in stored_turns(server.profile.chat_files()) if turn.prompt == prompt] or None

    with glances(server.windows):
        [turn] = until(found, f"the prompt {prompt!r} stood in the store")
    return turn


def older(plugin: Session, chat: Window, server: Server, prompt: str) -> str:
    """Makes a chat with one turn and leaves it for a new one. Returns its session id."""
    plugin.deliver(prompt)
    chat.command("workbench.action.chat.newChat")
    return stored(server, prompt).session


def document(chat: Window, path: Path) -> None:
    path.write_text("", encoding="utf-8")
    chat.evaluate("await vscode.window.showTextDocument(vscode.Uri.file(data))", str(path))


def test_an_older_chat_is_aimed_at(plugin: Session, chat: Window, server: Server) -> None:
    session = older(plugin, chat, server, "the older chat")
    plugin.deliver("the chat in front")
    chat.chat.type_draft("a draft in front")
    document(chat, server.profile.root / "aim.txt")
    tabs = chat.evaluate(TABS)
    answer = plugin.deliver("to the older chat", target=ChatTarget(chat_id=session))
    assert [(fact.kind, fact.grade) for fact in answer.facts] == [("submitted", "host"), ("turn_ended", "host")]
    assert stored(server, "to the older chat").session == session
    assert chat.evaluate(TABS) == tabs, "the tab that was opened for it is closed again"
    assert until(lambda: chat.focused_part() == "editor", "the editor had the keyboard again")
    assert chat.chat.draft() == "a draft in front"
    plugin.deliver("to the front again")
    assert stored(server, "to the front again").session == stored(server, "the chat in front").session


def test_a_chat_that_is_already_open_stays_open(plugin: Session, chat: Window, server: Server) -> None:
    session = older(plugin, chat, server, "open in a tab")
    plugin.ask("chat/open", ChatOpenParams(surface_id="chat", chat_id=session), CommandResult)
    plugin.deliver("into the open tab", target=ChatTarget(chat_id=session))
    assert stored(server, "into the open tab").session == session
    assert len(chat.evaluate(TABS)) == 1


def test_a_turn_that_waits_keeps_its_chat_in_front(plugin: Session, chat: Window, server: Server) -> None:
    session = older(plugin, chat, server, "it will ask")
    answer = plugin.deliver("demo: confirm in the older", target=ChatTarget(chat_id=session))
    assert answer.facts[-1].kind == "needs_input"
    assert [active for _, active in chat.evaluate(TABS)] == [True]
    chat.editor_chat.wait_for("user", "demo: confirm in the older")
    chat.command("workbench.action.chat.cancel")


@pytest.mark.parametrize("chat_id", ["no-such-chat", "../escape", "", "x" * 300])
def test_a_chat_that_is_not_there_is_declined(plugin: Session, chat: Window, server: Server, chat_id: str) -> None:
    before = server.profile.chat_files()
    for interface in (NATIVE, INPUT):
        answer = plugin.deliver("nowhere", interface=interface, target=ChatTarget(chat_id=chat_id))
        assert (answer.disposition, answer.blocker) == ("declined", "unknown_chat")
    opened = plugin.ask("chat/open", ChatOpenParams(surface_id="chat", chat_id=chat_id), CommandResult)
    assert (opened.issued, opened.blocker) == (False, "unknown_chat")
    assert chat.evaluate(TABS) == []
    # The chat of an earlier test may be written now, and VS Code may drop its oldest; no empty one was made, and none
    # took the prompt.
    for file in set(server.profile.chat_files()) - set(before):
        assert stored_turns([file])
    assert "nowhere" not in [turn.prompt for turn in stored_turns(server.profile.chat_files())]


def test_a_new_chat_leaves_the_old_one_and_its_draft(plugin: Session, chat: Window, server: Server) -> None:
    plugin.deliver("the chat that stays")
    chat.chat.type_draft("its draft")
    document(chat, server.profile.root / "new.txt")
    answer = plugin.deliver("in a new chat", target=ChatTarget(new_chat=True))
    assert answer.facts[-1].kind == "turn_ended"
    assert stored(server, "in a new chat").session != stored(server, "the chat that stays").session
    chat.chat.wait_for("user", "the chat that stays")
    assert chat.chat.draft() == "its draft"
    assert ["new.txt", True] in chat.evaluate(TABS)


def test_a_mode_is_passed_on(plugin: Session, chat: Window, server: Server) -> None:
    plugin.deliver("in ask mode", target=ChatTarget(new_chat=True, mode="ask"))
    session = stored(server, "in ask mode").session
    [file] = [path for path in server.profile.chat_files() if path.stem == session]
    assert '"kind":"ask"' in file.read_text(encoding="utf-8")
    declined = plugin.deliver("in edit mode", target=ChatTarget(mode="edit"))
    assert (declined.disposition, declined.blocker) == ("declined", "mode_unsafe")
    assert chat.dialog() is None


@pytest.mark.parametrize("interface", [NATIVE, INPUT])
def test_a_draft_is_put_into_the_input_and_read_there(plugin: Session, chat: Window, interface: str) -> None:
    answer = plugin.deliver("to be sent\nby a person", submit=False, interface=interface)
    assert (answer.disposition, [(f.kind, f.grade) for f in answer.facts]) == ("done", [("inserted", "readback")])
    assert chat.chat.draft() == "to be sent\nby a person"
    assert [row.role for row in chat.chat.rows()] == []


def test_text_goes_through_the_input_and_is_read_before_and_after(plugin: Session, chat: Window) -> None:
    answer = plugin.deliver("through the input", interface=INPUT)
    assert answer.disposition == "done"
    assert [(f.kind, f.grade) for f in answer.facts] == [("inserted", "readback"), ("submitted", "readback")]
    chat.chat.wait_for("agent", "You said: through the input")
    assert chat.chat.draft() == ""


@pytest.mark.parametrize("submit", [True, False])
def test_a_draft_of_the_operator_is_not_touched(plugin: Session, chat: Window, submit: bool) -> None:
    chat.chat.type_draft("mine")
    answer = plugin.deliver("not mine", interface=INPUT, submit=submit)
    assert (answer.disposition, answer.blocker, answer.facts) == ("declined", "input_busy", [])
    assert chat.chat.draft() == "mine"
    assert chat.chat.rows() == []


def test_through_the_input_of_an_older_chat(plugin: Session, chat: Window, server: Server) -> None:
    session = older(plugin, chat, server, "older, by its input")
    answer = plugin.deliver("into its input", interface=INPUT, target=ChatTarget(chat_id=session))
    assert answer.facts[-1].kind == "submitted"
    assert stored(server, "into its input").session == session
    assert chat.evaluate(TABS) == []
