"""Goals, shown: a real VS Code, an agent that really edits, and a shop whose checks go from red to green."""

import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.real.vscode.browser import Browser
from tests.real.vscode.deadline import until
from tests.real.vscode.demo import PLUGIN, ROOT, Shell, daemon, home, say
from tests.real.vscode.install import Editor, Missing, cache_directory, find
from tests.real.vscode.server import DEMO_AGENT, Server

SHOP = Path(__file__).with_name("shop")
PICTURES = ROOT / "build" / "demo"
ANSWER = "Refuse it with a ValueError."
GOAL = "shop"


@dataclass(frozen=True)
class Shown:
    """What came of it."""

    status: int
    view: dict[str, Any]
    kinds: list[tuple[str, dict[str, Any]]]
    prompts: list[str]
    report: Path
    verdict: str


def prepare(folder: Path) -> None:
    """The shop as a repository with failing checks."""
    for file in SHOP.iterdir():
        if file.is_file():
            shutil.copy(file, folder / file.name)
    identity = ("-c", "user.name=demo", "-c", "user.email=demo@example.org")
    for words in (("init", "-q"), ("add", "."), ("commit", "-q", "-m", "A shop with three faults")):
        subprocess.run(["git", "-C", str(folder), *identity, *words], check=True)


@contextmanager
def operator(shell: Shell) -> Iterator[None]:
    """Somebody who answers the question as soon as it is asked."""
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.5):
            goals = json.loads(shell.ask("goals", "list", "--json"))["goals"]
            if goals and goals[0]["state"] == "asking":
                say(f"the agent asks: {goals[0]['question']['text']}")
                shell.show("goals", "answer", GOAL, ANSWER)
                return

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(timeout=30)


def scenario(editor: Editor) -> Shown:
    """From red to green, with a question and a rate limit on the way."""
    with ExitStack() as stack:
        shell = Shell(stack.enter_context(home()))
        stack.enter_context(daemon(shell))
        server = stack.enter_context(
            Server(editor, [PLUGIN, DEMO_AGENT], environment={"KORU_SOCKET": str(shell.socket)})
        )
        folder = server.profile.folder("shop")
        prepare(folder)
        window = server.open(folder)
        until(shell.connected, "the plugin connected")
        say("VS Code is open on a repository whose checks fail")
        words = ("--file", str(folder / "goal.yaml"), "--workspace", str(folder), "--id", GOAL, "--patient")
        with operator(shell):
            status = shell.show("run", *words)
        view = json.loads(shell.ask("goals", "show", GOAL, "--json"))
        shell.show("goals", "report", GOAL)
        PICTURES.mkdir(parents=True, exist_ok=True)
        report = PICTURES / "goal-report.html"
        shell.show("goals", "report", GOAL, "--html", str(report))
        rows = json.loads(shell.ask("goals", "report", GOAL, "--json"))["rows"]
        prompts = _prompts(server)
        window.screenshot(PICTURES / "goal-chat.png")
        verdict = picture_of(report, editor, server.profile.home, PICTURES / "goal-report.png")
        window.close()
        kinds = [(row["kind"], row["body"]) for row in rows]
        return Shown(status, view, kinds, prompts, report, verdict)


def _prompts(server: Server) -> list[str]:
    from tests.real.vscode.chat_store import stored_turns

    return [turn.prompt for turn in stored_turns(server.profile.chat_files())]


def picture_of(report: Path, editor: Editor, home_folder: Path, picture: Path) -> str:
    """Opens a page in a browser without a network; what it says of itself."""
    browser = Browser(editor.chromium, home_folder)
    try:
        page = browser.page(report.as_uri())
        browser.call(lambda: page.wait_for_selector("#verdict.good, #verdict.bad"))
        browser.call(lambda: page.screenshot(path=picture))
        return str(browser.call(lambda: page.inner_text("#verdict")))
    finally:
        browser.close()


def main() -> int:
    try:
        editor = find(cache_directory())
    except Missing as missing:
        print(f"demo: {missing}", file=sys.stderr)
        return 1

    shown = scenario(editor)
    say(f"the report says of itself: {shown.verdict}")
    say(f"report and pictures: {PICTURES}")
    green = shown.status == 0 and shown.view["state"] == "accepted"
    say("from red to green" if green else "not as it should be")
    return 0 if green else 1


if __name__ == "__main__":
    sys.exit(main())
