"""The whole way without a plugin's hands: keys into the real VS Code in a browser window, its own store the witness."""

import json
import subprocess
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bridge.client import Client
from bridge.ledger.verdict import verify
from tests.daemon import Daemon
from tests.real.vscode.chat_store import stored_turns
from tests.real.vscode.deadline import until
from tests.real.vscode.install import Editor
from tests.real.vscode.server import DEMO_AGENT, Server
from tests.real.vscode.window import Window

PLUGIN = Path(__file__).parents[3] / "bridge" / "assets" / "koru-vscode.vsix"
X11 = "os_injector_x11"
READABLE = {"editor.accessibilitySupport": "on"}
# Screen distances of the input's middle from the window's left and bottom edge: the page ends where the window does.
PLACE = """() => {
  const box = document.querySelector('.part.auxiliarybar .interactive-input-editor').getBoundingClientRect();
  const left = box.left + box.width / 2 + (window.outerWidth - window.innerWidth) / 2;
  return [Math.round(left), Math.round(window.innerHeight - box.top - box.height / 2)];
}"""


@dataclass
class Desk:
    """A daemon on the desktop, a VS Code on it, and the window that drives go to."""

    daemon: Daemon
    server: Server
    window: Window
    folder: Path

    def koru(self, *words: str) -> tuple[int, dict[str, Any]]:
        """The command as an operator runs it: exit status and its JSON."""
        done = subprocess.run(
            [sys.executable, "-P", "-m", "bridge.cli", *words, "--json"],
            env=self.daemon.environment,
            capture_output=True,
            encoding="utf-8",
            timeout=170,
            check=False,
        )
        assert done.stdout, done.stderr
        answer: dict[str, Any] = json.loads(done.stdout)
        return done.returncode, answer

    def drive(self, text: str, *more: str) -> tuple[int, dict[str, Any]]:
        where = ("--workspace", str(self.folder), "--id", str(uuid.uuid4()), "--deadline", "60")
        return self.koru("drive", text, *where, *more)

    def stored(self, text: str) -> int:
        return sum(turn.prompt == text for turn in stored_turns(self.server.profile.chat_files()))


@pytest.fixture(scope="module")
def desk(display: dict[str, str], editor: Editor, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    assert PLUGIN.is_file(), f"{PLUGIN} is missing; next: make setup"
    names = ("DISPLAY", "DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR", "ACCESSIBILITY_ENABLED")
    daemon = Daemon(tmp_path_factory.mktemp("koru"), more={name: display[name] for name in names})
    daemon.start()
    environment = {"KORU_SOCKET": str(daemon.socket)}
    try:
        with Server(editor, [PLUGIN, DEMO_AGENT], environment=environment, settings=READABLE, desk=display) as server:
            folder = server.profile.folder("injected")
            desk = Desk(daemon, server, server.open(folder), folder)
            _settle(desk)
            yield desk
    finally:
        daemon.stop()


def _settle(desk: Desk) -> None:
    """The window is named, its plugin connected, its chat in front, and its input calibrated by a click."""
    settings = desk.daemon.home / "config" / "koru" / "desk.yaml"
    settings.parent.mkdir(parents=True, exist_ok=True)
    window = {"name": "browser", "ide": "code-server", "workspace": str(desk.folder), "title": "injected - "}
    settings.write_text(json.dumps({"windows": [window]}), encoding="utf-8")
    settings.chmod(0o600)
    until(lambda: bool(desk.koru("status")[1]["sessions"]), "the plugin attached")
    desk.window.command("workbench.action.chat.open")
    desk.window.command("workbench.action.chat.newChat")
    left, from_bottom = desk.window.evaluate_page(PLACE)
    status, found = desk.koru("calibrate", "--target", "code-server", "--click", f"{left},{from_bottom}")
    assert status == 0, found
    assert found["role"] == "entry"
    assert found["name"].startswith("Chat Input")
    assert Path(found["picture"]).read_bytes().startswith(b"\x89PNG")


@pytest.fixture
def chat(desk: Desk) -> Window:
    """A new, empty chat, in front."""
    desk.window.command("workbench.action.chat.open")
    desk.window.command("workbench.action.chat.newChat")
    until(lambda: not desk.window.chat.draft(), "the input was empty")
    return desk.window


def grades(view: dict[str, Any]) -> list[tuple[str, str]]:
    return [(fact["kind"], fact["grade"]) for fact in view["facts"]]


def test_without_trust_it_writes_a_draft_and_sends_nothing(desk: Desk, chat: Window) -> None:
    status, view = desk.drive("not to be sent", "--via", X11)
    assert (status, view["blocker"]) == (1, "trust_too_low")
    status, view = desk.drive("a draft\nof two lines", "--via", X11, "--draft")
    assert (status, view["outcome"]) == (0, "confirmed"), view
    assert grades(view) == [("inserted", "readback")]
    assert chat.chat.draft() == "a draft\nof two lines"
    status, view = desk.drive("another", "--via", X11, "--draft")
    assert (status, view["blocker"]) == (1, "input_busy")
    chat.chat.clear_draft()
    assert desk.stored("a draft\nof two lines") == 0


def test_a_drive_by_keys_alone_is_confirmed_by_the_store(desk: Desk, chat: Window) -> None:
    grant = {"workspace": str(desk.folder), "interface": X11, "level": "send"}
    with Client.connect(desk.daemon.socket, role="operator") as operator:
        operator.request("trust/set", grant)
    text = "by keys alone: zażółć 🐢\n\tand a line"
    status, view = desk.drive(text, "--via", X11, "--wait")
    assert view["outcome"] == "confirmed", view
    assert status == 0
    assert view["interface"] == X11
    assert ("submitted", "readback") in grades(view)
    assert ("submitted", "witness") in grades(view)
    assert view["turn"]["state"] == "completed"
    assert view["turn"]["reply"] == "You said: " + text
    assert desk.stored(text) == 1
    assert verify(desk.daemon.ledger).verdict == "intact"


def test_a_rehearsal_touches_nothing(desk: Desk, chat: Window) -> None:
    status, answer = desk.koru("inject", "--target", "code-server", "--text", "hello", "--submit", "--dry-run")
    assert status == 0, answer
    assert answer["outcome"] == "rehearsed"
    told = {step["step"]: step["state"] for step in answer["steps"]}
    assert told["window"] == "done"
    assert told["submit"] == "would"
    assert chat.chat.draft() == ""
