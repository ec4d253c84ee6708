"""The main job in a real IntelliJ platform: the daemon and the plugin; three prompts, and what is proven of each."""

import sys
from contextlib import ExitStack
from pathlib import Path

from tests.daemon import eventually
from tests.real.intellij import ide as real
from tests.real.intellij.install import Missing, cache_directory, find
from tests.real.intellij.picture import save
from tests.real.intellij.plugin import harness
from tests.real.vscode.demo import Shell, daemon, home, say

ROOT = Path(__file__).parents[3]
PICTURE = ROOT / "build" / "demo" / "koru-demo-jetbrains.png"
STORE = ".claude/projects/-demo"
PROMPTS = (
    "Hello! What is this project about?",
    "Add a test for the empty list, please.",
    'Which of them fails, and what does "żółć" mean?',
)


def prepare(ide: real.Ide) -> Path:
    """A home with the plugins, the chats' catalogue and a project; the project."""
    harness(ide.platform, ide.plugins)
    ide.catalogue.parent.mkdir(parents=True)
    ide.catalogue.write_text(real.chats(), encoding="utf-8")
    (ide.home / STORE).mkdir(parents=True)
    project = ide.home / "project"
    project.mkdir()
    return project


def drive(shell: Shell) -> list[str]:
    """Drive the prompts and return what did not go as it should."""
    wrong = []
    for prompt in PROMPTS:
        status = shell.show("drive", "--agent", "demo", "--wait", prompt)
        print(f"(exit {status})")
        if status != 0:
            wrong.append(f"{prompt!r} ended with exit {status}, not 0")
    return wrong


def main() -> int:
    try:
        platform = find(cache_directory())
    except Missing as missing:
        print(f"demo: {missing}", file=sys.stderr)
        return 1
    with ExitStack() as stack:
        folder = stack.enter_context(home())
        shell = Shell(folder)
        stack.enter_context(daemon(shell))
        ide = real.Ide(platform, folder / "ide", stack.enter_context(real.display()), shell.socket)
        say("building the plugin and starting the IDE on a display of its own")
        project = prepare(ide)
        stack.callback(ide.stop)
        ide.start(project)
        eventually(lambda: '"demo@' in shell.ask("status", "--json"), "the plugin connected", real.START_S)
        say("the IDE is open and the plugin is connected")
        shell.show("status")
        wrong = drive(shell)
        save(ide.display, PICTURE)
        if shell.show("ledger", "verify") != 0:
            wrong.append("the ledger does not verify")
    say(f"picture of the IDE: {PICTURE}")
    for line in wrong:
        print(f"demo: {line}", file=sys.stderr)
    say("not as it should be" if wrong else "three prompts driven, each with its proof")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
