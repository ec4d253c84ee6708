"""The harness itself: drafts, killed hosts, reloads, several windows, and nothing left behind."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from tests.real.vscode.chat_store import stored_turns
from tests.real.vscode.deadline import until
from tests.real.vscode.install import Editor
from tests.real.vscode.server import Server
from tests.real.vscode.window import Window, glances

ROOT = Path(__file__).parents[3]
OPEN = "workbench.action.chat.open"


def send(window: Window, prompt: str) -> None:
    window.command(OPEN, {"query": prompt, "preserveInput": True, "blockOnResponse": True})


def test_a_draft_is_typed_read_and_kept(chat: Window) -> None:
    chat.chat.type_draft("mine,\nin two lines")
    send(chat, "not the draft")
    assert chat.chat.draft() == "mine,\nin two lines"
    chat.chat.wait_for("user", "not the draft")


def test_the_part_with_the_keyboard_is_known(chat: Window) -> None:
    chat.command("workbench.action.chat.focusInput")
    assert until(lambda: chat.focused_part() == "auxiliarybar", "the chat had the keyboard")
    chat.command("workbench.view.explorer")
    assert until(lambda: chat.focused_part() == "sidebar", "the explorer had the keyboard")


def test_a_killed_host_comes_back(chat: Window) -> None:
    before = chat.host_pid
    send(chat, "before the kill")
    chat.kill_host()
    assert chat.host_pid != before
    chat.wait_for_model("demo")
    send(chat, "after the kill")
    chat.chat.wait_for("agent", "You said: after the kill")
    chat.chat.wait_for("agent", "You said: before the kill")


def test_a_window_reloads(chat: Window) -> None:
    before = chat.host_pid
    chat.reload()
    assert chat.host_pid != before
    chat.wait_for_model("demo")
    send(chat, "after the reload")
    chat.chat.wait_for("agent", "You said: after the reload")


def test_windows_keep_their_chats_apart(server: Server, chat: Window, new_folder: Callable[[], Path]) -> None:
    send(chat, "to the first")
    other, empty = server.open(new_folder()), server.open(None)
    send(other, "to the second")
    send(empty, "to the empty one")
    prompts = {"to the first", "to the second", "to the empty one"}

    def directories() -> list[Path] | None:
        found = [
            path.parent
            for path in server.profile.chat_files()
            if any(turn.prompt in prompts for turn in stored_turns([path]))
        ]
        return found if len(found) == len(prompts) else None

    with glances([chat, other, empty]):
        assert len(set(until(directories, "three chats were on disk"))) == len(prompts)
    for window, text in ((chat, "to the first"), (other, "to the second"), (empty, "to the empty one")):
        assert [row.text for row in window.chat.rows() if row.role == "user"] == [text]
    other.close()
    empty.close()


def test_stopping_leaves_nothing_behind(editor: Editor) -> None:
    with Server(editor, []) as server:
        server.open(server.profile.folder("only"), model=None)
        root = server.profile.root
        assert _processes_with(root)
    assert not root.exists()
    until(lambda: not _processes_with(root), "every process that named the profile was gone")


def test_a_killed_test_run_leaves_nothing_behind(editor: Editor) -> None:
    started = [sys.executable, "-P", "-c", ABANDONED, str(ROOT), json.dumps(asdict(editor))]
    with subprocess.Popen(started, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        root = Path(process.stdout.readline().strip())
        assert _processes_with(root)
        process.kill()
    until(lambda: not _processes_with(root) and not root.exists(), "every trace of the profile was gone")


ABANDONED = """
import json, signal, sys
sys.path.insert(0, sys.argv[1])
from tests.real.vscode.install import Editor
from tests.real.vscode.server import Server
with Server(Editor(**json.loads(sys.argv[2])), []) as server:
    server.open(None, model=None)
    print(server.profile.root, flush=True)
    signal.pause()
"""


def _processes_with(root: Path) -> set[int]:
    """Processes that were started with the profile's path in their arguments or environment."""
    found = set()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            told = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
        except OSError:  # it ended, or it is not ours to read
            continue
        if os.fsencode(root) in told:
            found.add(int(process.name))
    return found
