"""Every directive of the demo agent, in the real chat view and in the real chat store."""

from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import pytest

from tests.real.vscode.chat_store import CANCELLED, COMPLETE, FAILED, NEEDS_INPUT, RUNNING, StoredTurn, stored_turns
from tests.real.vscode.deadline import until
from tests.real.vscode.probe import Answer
from tests.real.vscode.server import Server
from tests.real.vscode.window import Window, glances

OPEN = "workbench.action.chat.open"


def start(window: Window, prompt: str) -> Answer:
    return window.start_command(OPEN, {"query": prompt, "preserveInput": True, "blockOnResponse": True})


def send(window: Window, prompt: str) -> Any:
    return start(window, prompt).result()


@pytest.mark.parametrize(
    "prompt", ["Hello", "two\nlines", "\N{GRINNING FACE} e\N{COMBINING ACUTE ACCENT}", "@nobody #nothing /nothing"]
)
def test_a_plain_prompt_is_echoed(chat: Window, prompt: str) -> None:
    assert "timings" in send(chat, prompt)
    chat.chat.wait_for("user", prompt)
    chat.chat.wait_for("agent", f"You said: {prompt}")


def test_stream_writes_line_by_line(chat: Window) -> None:
    answer = start(chat, "demo: stream 15")
    seen = chat.chat.wait_for("agent", "Line 1 of 15.").text
    assert "Line 15 of 15." not in seen, "the first line is seen before the last one is written"
    answer.result()
    assert chat.chat.wait_for("agent", "Line 15 of 15.").text.count("Line") == 15


@pytest.mark.parametrize("prompt", ["demo: slow 600", "demo: stream 6000"])
def test_a_running_turn_can_be_cancelled(chat: Window, prompt: str) -> None:
    answer = start(chat, prompt)
    chat.chat.wait_for("user", prompt)
    chat.command("workbench.action.chat.cancel")
    assert answer.result() == {}


@pytest.mark.parametrize(("press", "reply"), [("allow", "Allowed."), ("skip", "Not allowed.")])
def test_confirm_waits_for_the_operator(chat: Window, press: str, reply: str) -> None:
    pending = send(chat, "demo: confirm a deed")
    assert pending == {"type": "confirmation", "kind": "toolInvocation", "toolId": "demo_confirm"}
    if press == "allow":
        chat.chat.allow_once()
    else:
        chat.chat.press("Skip")
    chat.chat.wait_for("agent", reply)


def test_ask_waits_for_an_answer(chat: Window) -> None:
    pending = send(chat, "demo: ask Which colour?")
    assert (pending["type"], pending["kind"]) == ("confirmation", "questionCarousel")
    assert [question["title"] for question in pending["questions"]] == ["Which colour?"]
    chat.chat.answer("dark blue")
    chat.chat.wait_for("agent", "You answered: dark blue")


def test_offer_ends_with_a_choice(chat: Window) -> None:
    pending = send(chat, "demo: offer Tea?")
    assert (pending["kind"], pending["title"], pending["data"]) == ("confirmation", "Demo choice", {"choice": "Tea?"})
    chat.chat.press("Accept")
    chat.chat.wait_for("agent", "You accepted.")


@pytest.mark.parametrize(
    ("prompt", "message", "limited"),
    [
        ("demo: fail No luck", "No luck", None),
        ("demo: crash It broke", "It broke", False),
        ("demo: rate-limit 30", "Rate limit reached. Try again in 30 seconds.", True),
        ("demo: nonsense", 'No directive "nonsense".', False),
    ],
)
def test_a_turn_fails_as_asked(chat: Window, prompt: str, message: str, limited: bool | None) -> None:
    details = send(chat, prompt)["errorDetails"]
    assert details["message"].startswith(message)
    assert details.get("isRateLimited") is limited
    chat.chat.wait_for("agent", message)


def test_edit_changes_the_file(chat: Window) -> None:
    [folder] = chat.evaluate("return vscode.workspace.workspaceFolders.map(folder => folder.uri.fsPath)")
    file = Path(folder, "notes.txt")
    file.write_text("old\n", encoding="utf-8")
    send(chat, "demo: edit notes.txt a new line")
    assert file.read_text(encoding="utf-8") == "old\na new line\n"
    assert "below the workspace folder" in send(chat, "demo: edit ../notes.txt out")["errorDetails"]["message"]


def test_a_prompt_behind_a_running_turn_waits_its_turn(chat: Window) -> None:
    first = start(chat, "demo: slow 3")
    chat.chat.wait_for("agent", "Waiting 3 s")
    second = start(chat, "the one behind")
    chat.chat.wait_for("queued", "the one behind")
    first.result()
    second.result()
    chat.chat.wait_for("agent", "You said: the one behind")
    assert "queued" not in [row.role for row in chat.chat.rows()]


def test_the_store_tells_how_each_turn_ended(server: Server, chat: Window) -> None:
    send(chat, "two\nlines")
    send(chat, "demo: stream 3")
    send(chat, "demo: crash It broke")
    send(chat, "demo: rate-limit 30")
    for prompt in ("demo: confirm never", "demo: ask Never?"):
        assert send(chat, prompt)["type"] == "confirmation"
        chat.command("workbench.action.chat.cancel")
    send(chat, "demo: ask Which colour?")
    chat.chat.answer("dark blue")
    chat.chat.wait_for("agent", "You answered: dark blue")
    expected = [
        ("two\nlines", "You said: two\nlines", COMPLETE),
        ("demo: stream 3", "Line 1 of 3.\n\nLine 2 of 3.\n\nLine 3 of 3.\n\n", COMPLETE),
        ("demo: crash It broke", "", FAILED),
        ("demo: rate-limit 30", "", FAILED),
        ("demo: confirm never", "", CANCELLED),
        ("demo: ask Never?", "", CANCELLED),
        ("demo: ask Which colour?", "You answered: dark blue", COMPLETE),
    ]

    def all_ended() -> list[StoredTurn] | None:
        """VS Code writes a chat every few seconds while it is open, and may lose one that is left before that."""
        for file in server.profile.chat_files():
            turns = stored_turns([file])
            if len(turns) == len(expected) and turns[0].prompt == "two\nlines":
                return turns if all(turn.state not in (None, RUNNING, NEEDS_INPUT) for turn in turns) else None
        return None

    with glances([chat]):
        turns = until(all_ended, "every turn's end stood in the store")
    assert [(turn.prompt, turn.reply, turn.state) for turn in turns] == expected


def test_a_test_with_an_event_loop_can_use_the_window(chat: Window) -> None:
    async def both() -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(anyio.to_thread.run_sync, send, chat, "demo: slow 1")
            await anyio.to_thread.run_sync(chat.chat.wait_for, "agent", "Waiting 1 s")
        await anyio.to_thread.run_sync(chat.chat.wait_for, "agent", "Waited 1 s")

    anyio.run(both)
