"""One real IDE for the tests of this folder, with the plugin, chats without a vendor, and the real daemon."""

import os
import shutil
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from tests.daemon import Daemon, eventually  # noqa: E402
from tests.real.intellij import ide as real  # noqa: E402
from tests.real.intellij.install import Missing, cache_directory, find  # noqa: E402
from tests.real.intellij.plugin import harness  # noqa: E402

STORE = ".claude/projects/-demo"


def said(view: dict[str, Any]) -> dict[str, Any]:
    """What a drive came to, short enough for the message of a failed test."""
    return {name: view.get(name) for name in ("outcome", "blocker", "reason", "facts")}


def chats_of(session: dict[str, Any]) -> set[tuple[str, str]]:
    """Project and agent of each chat that a session lists."""
    return {(folder, each["agent"]) for each in session["surfaces"] for folder in each["workspace_folders"]}


@dataclass
class Desk:
    """A daemon, an IDE attached to it, and what the tests ask of them."""

    daemon: Daemon
    ide: real.Ide
    projects: list[Path] = field(default_factory=list)

    def attached(self, after: int = 0) -> dict[str, Any]:
        """The IDE's session once it has an epoch later than `after` and lists the demo chats of every project."""
        found: list[dict[str, Any]] = []
        wanted = {(str(project), str(chat["id"])) for project in self.projects for chat in real.DEMO_CHATS}

        def look() -> bool:
            process = self.ide.process
            assert process is not None
            assert process.poll() is None, f"the IDE ended: {self.ide.log[-2000:]}"
            found[:] = [s for s in self.sessions() if s["epoch"] > after and chats_of(s) >= wanted]
            return bool(found)

        eventually(look, "the IDE attached with its chats", real.START_S)
        return found[0]

    def sessions(self) -> list[dict[str, Any]]:
        with self.daemon.client() as client:
            sessions: list[dict[str, Any]] = client.request("sessions/list", {})["sessions"]
            return sessions

    def start(self, text: str, agent: str = "demo", **more: Any) -> str:
        drive_id = str(more.pop("drive_id", uuid.uuid4()))
        selector = {"agent": agent, "workspace": str(more.pop("project", self.projects[0]))}
        order = {"drive_id": drive_id, "text": text, "selector": selector, "target": {}, "deadline_ms": 20_000}
        with self.daemon.client() as client:
            client.request("drive/start", order | more, timeout=30)
        return drive_id

    def wait(self, drive_id: str, until: str = "outcome") -> dict[str, Any]:
        with self.daemon.client() as client:
            wait = {"drive_id": drive_id, "until": until, "timeout_ms": 90_000}
            view: dict[str, Any] = client.request("drive/wait", wait, timeout=100)
            return view

    def drive(self, text: str, agent: str = "demo", **more: Any) -> dict[str, Any]:
        return self.wait(self.start(text, agent, **more))

    @property
    def store(self) -> Path:
        """Where the chats keep their transcripts."""
        return self.ide.home / STORE

    def turns(self, text: str) -> int:
        """How often the chats' own store holds this prompt."""
        files = self.store.glob("*.jsonl")
        encoded = text.replace('"', "\\u0022").replace("\n", "\\u000a")
        lines = [line for path in files for line in path.read_text(encoding="utf-8").splitlines()]
        return sum(f'"content":"{encoded}"' in line for line in lines)


@pytest.fixture(scope="session")
def platform() -> Path:
    """The built platform. Where there is none: a skip, or with CI=true a failure."""
    try:
        return find(cache_directory())
    except Missing as missing:
        if os.environ.get("CI") == "true":
            pytest.fail(str(missing))
        pytest.skip(f"the real IntelliJ platform is not tested: {missing}")


@pytest.fixture(scope="session")
def plugins(platform: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A plugins folder with ours and with the chats, compiled against the platform."""
    folder = tmp_path_factory.mktemp("plugins")
    harness(platform, folder)
    return folder


@pytest.fixture(scope="session")
def screen() -> Iterator[str]:
    with real.display() as name:
        yield name


@pytest.fixture(scope="session")
def desk(platform: Path, plugins: Path, screen: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A daemon and the one IDE of this folder's tests, with two projects and chats of all sorts in each.

    A start costs more than most tests. test_drive.py finds it as it started, test_killed.py kills and restarts it, and
    test_odd_chats.py, the last by name, closes the second project.
    """
    folder = tmp_path_factory.mktemp("ide")
    daemon = Daemon(folder / "daemon")
    home = folder / "home"
    (home / STORE).mkdir(parents=True)
    daemon.home.mkdir()
    desk = Desk(daemon, real.Ide(platform, home, screen, daemon.socket, options=real.SOON_UP))
    shutil.copytree(plugins, desk.ide.plugins)
    desk.ide.catalogue.parent.mkdir(parents=True)
    desk.ide.catalogue.write_text(real.chats(odd=True), encoding="utf-8")
    desk.projects += [folder / "project1", folder / "project2"]
    for project in desk.projects:
        project.mkdir()
    daemon.start()
    try:
        desk.ide.start(*desk.projects)
        desk.attached()
        yield desk
    finally:
        desk.ide.stop()
        daemon.stop()
