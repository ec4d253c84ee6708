"""The main job, shown: a real VS Code, the daemon and the plugin; three prompts, and what is proven of each."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.real.vscode.deadline import until
from tests.real.vscode.install import Missing, cache_directory, find
from tests.real.vscode.server import DEMO_AGENT, Server
from tests.real.vscode.window import Window

ROOT = Path(__file__).parents[3]
PLUGIN = ROOT / "bridge" / "assets" / "koru-vscode.vsix"
KORU = Path(sys.executable).with_name("koru")
PICTURE = ROOT / "build" / "demo" / "koru-demo.png"
CONFIRMED, NEEDS_INPUT = 0, 7
PROMPTS = (
    ("Hello! Which files are in this folder?", CONFIRMED),
    ("demo: stream 6", CONFIRMED),
    ("demo: ask Which of the two tests should I fix first?", NEEDS_INPUT),
)
started = time.monotonic()


def say(text: str) -> None:
    print(f"[demo {time.monotonic() - started:3.0f}s] {text}", flush=True)


class Shell:
    """Runs koru as a person would, in a home of its own, and shows what it prints."""

    def __init__(self, home: Path) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("KORU_", "XDG_"))}
        self.socket = home / "run" / "bridge.sock"
        self.environment = {
            **kept,
            "HOME": str(home),
            "KORU_SOCKET": str(self.socket),
            "XDG_STATE_HOME": str(home / "state"),
            "XDG_CONFIG_HOME": str(home / "config"),
        }

    def show(self, *arguments: str) -> int:
        shown = " ".join(f'"{word}"' if " " in word else word for word in arguments)
        print(f"\n$ koru {shown}", flush=True)
        return subprocess.run([KORU, *arguments], env=self.environment, check=False, timeout=180).returncode

    def ask(self, *arguments: str) -> str:
        done = subprocess.run([KORU, *arguments], env=self.environment, check=True, timeout=60, capture_output=True)
        return done.stdout.decode("utf-8")

    def connected(self) -> bool:
        return bool(json.loads(self.ask("status", "--json"))["sessions"])


@contextmanager
def home() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="koru-demo-"))
    (folder / "run").mkdir(mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def daemon(shell: Shell) -> Iterator[None]:
    shell.show("up")
    try:
        yield
    finally:
        shell.show("down")


def drive(shell: Shell, window: Window, folder: Path) -> list[str]:
    """Drive the prompts and return what did not go as it should."""
    wrong = []
    for prompt, expected in PROMPTS:
        status = shell.show("drive", "--workspace", str(folder), "--wait", prompt)
        print(f"(exit {status})")
        if status != expected:
            wrong.append(f"{prompt!r} ended with exit {status}, not {expected}")
    window.chat.wait_for("agent", "You said: Hello!")
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    window.screenshot(PICTURE)
    return wrong


def main() -> int:
    try:
        editor = find(cache_directory())
    except Missing as missing:
        print(f"demo: {missing}", file=sys.stderr)
        return 1
    with ExitStack() as stack:
        shell = Shell(stack.enter_context(home()))
        stack.enter_context(daemon(shell))
        say("starting VS Code, headless, with the plugin and the demo agent")
        server = stack.enter_context(
            Server(editor, [PLUGIN, DEMO_AGENT], environment={"KORU_SOCKET": str(shell.socket)})
        )
        folder = server.profile.folder("project")
        (folder / "hello.py").write_text('print("hello")\n', encoding="utf-8")
        window = server.open(folder)
        until(shell.connected, "the plugin connected")
        say("VS Code is open and the plugin is connected")
        shell.show("status")
        wrong = drive(shell, window, folder)
        if shell.show("ledger", "verify") != 0:
            wrong.append("the ledger does not verify")
        window.close()
    say(f"picture of the chat: {PICTURE}")
    for line in wrong:
        print(f"demo: {line}", file=sys.stderr)
    say("not as it should be" if wrong else "three prompts driven, each with its proof")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
