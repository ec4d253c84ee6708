"""A real VS Code for tests: one server and one window for all, a new chat a test; logs and pictures of a failure.

A window's calls block. Inside an event loop make them through anyio.to_thread.
"""

import os
import re
import shutil
import sys
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
# The harness is imported by the same names from here, from mypy and from scripts.
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from tests.daemon import Daemon  # noqa: E402
from tests.real.vscode.desk import Desk  # noqa: E402
from tests.real.vscode.install import Editor, Missing, cache_directory, find  # noqa: E402
from tests.real.vscode.server import DEMO_AGENT, Server  # noqa: E402
from tests.real.vscode.window import Window  # noqa: E402

PLUGIN = ROOT / "bridge" / "assets" / "koru-vscode.vsix"


@pytest.fixture(scope="session")
def editor() -> Editor:
    """The installed VS Code. Where there is none: a skip, or with CI=true a failure."""
    try:
        return find(cache_directory())
    except Missing as missing:
        if os.environ.get("CI") == "true":
            pytest.fail(str(missing))
        pytest.skip(f"the real VS Code is not tested: {missing}")


@pytest.fixture(scope="session")
def server(editor: Editor) -> Iterator[Server]:
    """A running server with the demo agent."""
    with Server(editor, [DEMO_AGENT]) as server:
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
    """A window on a folder of its own, for all tests: opening one costs more than any of them."""
    window = server.open(new_folder())
    yield window
    window.close()


@pytest.fixture
def chat(window: Window) -> Window:
    """The window with a new, empty chat in its side bar."""
    window.command("workbench.action.chat.open")  # a new chat opens where the last used one is
    window.command("workbench.action.chat.newChat")
    window.chat.clear_draft()  # an unsent draft moves into the new chat
    return window


@pytest.fixture(scope="session")
def desk(editor: Editor, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A real daemon, and a VS Code whose windows have the plugin and the demo agent."""
    assert PLUGIN.is_file(), f"{PLUGIN} is missing; next: make setup"
    daemon = Daemon(tmp_path_factory.mktemp("koru"))
    daemon.start()
    try:
        with Server(editor, [PLUGIN, DEMO_AGENT], environment={"KORU_SOCKET": str(daemon.socket)}) as server:
            yield Desk(daemon, server)
    finally:
        daemon.stop()


@pytest.fixture(scope="session")
def driven(desk: Desk) -> Window:
    """The one window that is driven; tests that open another close it again."""
    return desk.open(desk.server.profile.folder("driven"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed:
        for value in getattr(item, "funcargs", {}).values():
            server = value.server if isinstance(value, Desk) else value
            if isinstance(server, Server):
                kept = _keep(server, item.nodeid)
                report.sections.append(("VS Code", f"logs and pictures: {kept}\n{server.log_tail()}"))
    return report


def _keep(server: Server, test: str) -> Path:
    """Saves what helps to see why a test failed. A picture that cannot be had is no second failure."""
    folder = ROOT / "build" / "real-vscode" / re.sub(r"[^\w.-]+", "-", test)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for log in server.profile.logs():
        shutil.copy(log, folder / "-".join(log.relative_to(server.profile.root).parts))
    for number, window in enumerate(server.windows, 1):
        try:
            window.screenshot(folder / f"window-{number}.png")
        except Exception as error:
            (folder / f"window-{number}.txt").write_text(f"no picture: {error}\n", encoding="utf-8")
    return folder
