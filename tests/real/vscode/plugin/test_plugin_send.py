"""The native send in a real VS Code: what it says of each turn, and what it leaves alone."""

from pathlib import Path

import pytest

from bridge.drive.match import text_sha
from bridge.protocol.messages.chat import ChatCancelParams, CommandResult, DeliverResult
from tests.real.vscode.chat_view import Row
from tests.real.vscode.deadline import until
from tests.real.vscode.plugin.daemon import INPUT, NATIVE, Session
from tests.real.vscode.server import Server
from tests.real.vscode.window import Window, glances


def facts(answer: DeliverResult) -> list[tuple[str, str]]:
    return [(fact.kind, fact.grade) for fact in answer.facts]


def prompts(window: Window) -> list[Row]:
    return [row for row in window.chat.rows() if row.role != "agent"]


def test_the_plugin_says_who_it_is(plugin: Session, chat: Window, server: Server) -> None:
    info = plugin.info
    assert (plugin.hello.name, info.ide.product, info.pid) == ("koru-vscode", "code-server", chat.host_pid)
    assert info.ide.version == chat.evaluate("return vscode.version")
    [surface] = info.surfaces
    assert (surface.surface_id, surface.agent, surface.interfaces) == ("chat", "chat", [NATIVE, INPUT])
    assert surface.workspace_folders == chat.evaluate("return vscode.workspace.workspaceFolders.map(f => f.uri.fsPath)")
    assert surface.store is not None and surface.store.store == "vscode_chat"
    plugin.deliver("Where am I stored?")
    chats = Path(surface.store.path) / "chatSessions"
    with glances([chat]):
        until(lambda: any(file.parent == chats for file in server.profile.chat_files()), "the chat was stored there")


@pytest.mark.parametrize(
    "prompt", ["Hello", " two\r\nlines \n", "\N{GRINNING FACE} e\N{COMBINING ACUTE ACCENT} \u2028"]
)
def test_a_finished_turn(plugin: Session, chat: Window, prompt: str) -> None:
    answer = plugin.deliver(prompt)
    assert (answer.disposition, facts(answer)) == ("done", [("submitted", "host"), ("turn_ended", "host")])
    assert {fact.text_sha for fact in answer.facts} == {text_sha(prompt)}
    chat.chat.wait_for("agent", "You said:")
    assert len(prompts(chat)) == 1


@pytest.mark.parametrize(
    ("prompt", "detail"),
    [
        ("demo: fail No luck", "error: No luck"),
        ("demo: crash It broke", "error: It broke"),
        ("demo: rate-limit 30", "rate limited: Rate limit reached. Try again in 30 seconds."),
    ],
)
def test_a_failed_turn(plugin: Session, prompt: str, detail: str) -> None:
    answer = plugin.deliver(prompt)
    assert (answer.disposition, facts(answer)) == ("done", [("submitted", "host"), ("turn_failed", "host")])
    assert (answer.facts[1].detail or "").startswith(detail)


@pytest.mark.parametrize(
    ("prompt", "kind"),
    [
        ("demo: confirm go", "toolInvocation"),
        ("demo: ask Which?", "questionCarousel"),
        ("demo: offer Tea?", "confirmation"),
    ],
)
def test_a_turn_that_waits_for_the_operator(plugin: Session, chat: Window, prompt: str, kind: str) -> None:
    answer = plugin.deliver(prompt)
    assert (answer.disposition, facts(answer)) == ("done", [("submitted", "host"), ("needs_input", "host")])
    assert answer.facts[1].detail == kind
    chat.command("workbench.action.chat.cancel")


def test_a_slow_turn_is_pending_and_told_later(plugin: Session, chat: Window) -> None:
    answer = plugin.deliver("demo: slow 3", drive_id="slow", within_ms=500)
    assert (answer.disposition, facts(answer)) == ("pending", [("submitted", "claim")])
    assert plugin.lookup("slow").in_flight
    assert plugin.told("slow", "turn_ended").grade == "host"
    known = plugin.lookup("slow")
    assert (known.state, known.in_flight) == ("submitted", False)
    assert [fact.kind for fact in known.facts] == ["submitted", "submitted", "turn_ended"]
    assert len(prompts(chat)) == 1


def test_a_cancelled_turn_says_so(plugin: Session, chat: Window) -> None:
    plugin.deliver("demo: slow 600", drive_id="cancelled", within_ms=200)
    chat.chat.wait_for("agent", "Waiting")
    params = ChatCancelParams(surface_id="chat", drive_id="cancelled")
    assert plugin.ask("chat/cancel", params, CommandResult).issued
    assert plugin.told("cancelled", "turn_failed").detail == "cancelled"


def test_a_prompt_behind_a_running_turn_is_queued_and_not_started(plugin: Session, chat: Window) -> None:
    plugin.deliver("demo: slow 4", drive_id="ahead", within_ms=200)
    chat.chat.wait_for("agent", "Waiting")
    answer = plugin.deliver("the one behind", drive_id="behind", within_ms=500)
    assert (answer.disposition, facts(answer)) == ("pending", [("queued", "claim")])
    chat.chat.wait_for("queued", "the one behind")
    assert plugin.told("behind", "turn_ended").grade == "host"
    kinds = [event.fact.kind for event in plugin.events if event.drive_id == "behind"]
    assert kinds == ["submitted", "turn_ended"]


def test_a_draft_survives(plugin: Session, chat: Window) -> None:
    chat.chat.type_draft("my own draft,\nin two lines")
    assert plugin.deliver("not the draft").disposition == "done"
    chat.chat.wait_for("user", "not the draft")
    assert chat.chat.draft() == "my own draft,\nin two lines"


def test_the_same_drive_is_sent_once(plugin: Session, chat: Window) -> None:
    first = plugin.deliver("only once", drive_id="once")
    again = plugin.deliver("only once", drive_id="once")
    assert (again.disposition, again.facts) == (first.disposition, first.facts)
    assert [row.text for row in prompts(chat)] == ["only once"]


def test_the_editor_gets_the_keyboard_back(plugin: Session, chat: Window, server: Server) -> None:
    file = server.profile.root / "typing.txt"
    file.write_text("", encoding="utf-8")
    chat.evaluate("await vscode.window.showTextDocument(vscode.Uri.file(data))", str(file))
    plugin.deliver("do not keep the keyboard")
    assert until(lambda: chat.focused_part() == "editor", "the editor had the keyboard again")


@pytest.mark.parametrize("prompt", ["/clear", " /clear now", "/clear/that", "@demo /rename x"])
def test_what_the_chat_would_run_is_declined(plugin: Session, chat: Window, prompt: str) -> None:
    for interface in (NATIVE, INPUT):
        answer = plugin.deliver(prompt, interface=interface)
        assert (answer.disposition, answer.blocker, answer.facts) == ("declined", "text_is_command", [])
    assert not prompts(chat)


@pytest.mark.parametrize("prompt", ["/nothing here", "say /clear", "/clearly not", "/CLEAR"])
def test_what_only_looks_like_a_command_is_sent(plugin: Session, prompt: str) -> None:
    assert facts(plugin.deliver(prompt)) == [("submitted", "host"), ("turn_ended", "host")]
