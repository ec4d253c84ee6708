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

PLUGIN = Path(__file__).parents[4] / "plugins-vscode"
BUILD_SECONDS = 120


@pytest.fixture(scope="session")
def vsix() -> Path:
    """The plugin as it is now, packed. Without its npm packages: a skip, or with CI=true a failure."""
    npm = shutil.which("npm")
    if npm is None or not (PLUGIN / "node_modules").is_dir():
        missing = "the plugin is not tested in VS Code: run `npm ci --ignore-scripts` in plugins-vscode"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    pack = [npm, "run", "--silent", "package"]
    built = subprocess.run(pack, cwd=PLUGIN, capture_output=True, text=True, timeout=BUILD_SECONDS, check=False)
    assert built.returncode == 0, built.stdout + built.stderr
    return PLUGIN / "dist" / "koru-vscode.vsix"


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


@pytest.fixture(scope="module")
def window(server: Server, new_folder: Callable[[], Path]) -> Iterator[Window]:
    """A window on a folder of its own, for all tests of a module."""
    window = server.open(new_folder())
    yield window
    window.close()


@pytest.fixture
def chat(window: Window) -> Window:
    """The module's window with a new, empty chat in front, no tab open and nothing in the input."""
    window.command("workbench.action.closeAllEditors")
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
