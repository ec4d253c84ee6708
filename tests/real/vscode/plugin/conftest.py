"""The built plugin in a real VS Code, attached to a daemon that the tests play themselves."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.real.vscode.deadline import until
from tests.real.vscode.install import Editor
from tests.real.vscode.plugin.daemon import Daemon, Session
from tests.real.vscode.server import DEMO_AGENT, Server
from tests.real.vscode.window import Window

ROOT = Path(__file__).parents[4]
PLUGIN = ROOT / "plugins-vscode"
BUILD_SECONDS = 120


@pytest.fixture(scope="session")
def vsix() -> Path:
    """The plugin as it is now, packed. Without its npm packages: a skip, or with CI=true a failure."""
    packed = PLUGIN / "dist" / "koru-vscode.vsix"
    if packed.is_file() and packed.stat().st_mtime > max(path.stat().st_mtime for path in sources()):
        return packed
    npm = shutil.which("npm")
    if npm is None or not (PLUGIN / "node_modules").is_dir():
        missing = "the plugin is not tested in VS Code: run `npm ci --ignore-scripts` in plugins-vscode"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    pack = [npm, "run", "--silent", "package"]
    built = subprocess.run(pack, cwd=PLUGIN, capture_output=True, text=True, timeout=BUILD_SECONDS, check=False)
    assert built.returncode == 0, built.stdout + built.stderr
    return packed


def sources() -> list[Path]:
    """What the package is made of, the description of its build and the pinned tools included."""
    return [path for path in (*PLUGIN.iterdir(), *PLUGIN.glob("src/**/*"), ROOT / "LICENSE") if path.is_file()]


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    """The daemon that every plugin of the session attaches to."""
    with Daemon(tmp_path_factory.mktemp("daemon") / "run") as daemon:
        yield daemon


@pytest.fixture(scope="session")
def server(editor: Editor, vsix: Path, house: Daemon) -> Iterator[Server]:
    """A server whose windows have the plugin and the demo agent."""
    with Server(editor, [DEMO_AGENT, vsix], environment={"KORU_SOCKET": str(house.socket)}) as server:
        yield server


@pytest.fixture(scope="session")
def new_folder(server: Server) -> Callable[[], Path]:
    """Makes an empty workspace folder, another one at each call."""
    made: list[Path] = []

    def make() -> Path:
        made.append(server.profile.folder(f"folder-{len(made) + 1}"))
        return made[-1]

    return make


@pytest.fixture(scope="session")
def window(server: Server, new_folder: Callable[[], Path]) -> Iterator[Window]:
    """A window on a folder of its own, for all tests with this server."""
    window = server.open(new_folder())
    yield window
    window.close()


@pytest.fixture
def chat(window: Window) -> Window:
    """That window with a new, empty chat in front, no tab open and nothing in the input."""
    window.command("workbench.action.closeAllEditors")
    # What a test before this one was told may lie over the input and take its clicks.
    window.command("notifications.clearAll")
    # The panel has to be the chat that was used last, or the new one opens elsewhere.
    window.command("workbench.action.chat.open")
    window.command("workbench.action.chat.newChat")
    window.evaluate(CLEAR_INPUTS)
    until(lambda: not window.chat.rows(), "the new chat was empty")
    return window


@pytest.fixture
def plugin(house: Daemon, chat: Window) -> Session:
    """The plugin of that window."""
    return house.attached(chat.host_pid)


CLEAR_INPUTS = """
for (const document of vscode.workspace.textDocuments) {
  if (document.uri.scheme !== 'chatSessionInput' || document.getText() === '') continue;
  const edit = new vscode.WorkspaceEdit();
  edit.replace(document.uri, new vscode.Range(0, 0, document.lineCount, 0), '');
  await vscode.workspace.applyEdit(edit);
}
"""
