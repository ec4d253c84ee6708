"""One real IDE for the tests of this folder, with the plugin, chats without a vendor, and the real daemon."""

import os
import shutil
import sys
import uuid
from collections.abc import Callable, Iterator
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


@dataclass
class Desk:
    """A daemon, an IDE attached to it, and what the tests ask of them."""

    daemon: Daemon
    ide: real.Ide
    projects: list[Path] = field(default_factory=list)

    def attached(self, after: int = 0, surfaces: int = 5) -> dict[str, Any]:
        """The IDE's session once it has an epoch later than `after` and lists as many chats."""
        found: list[dict[str, Any]] = []

        def look() -> bool:
            process = self.ide.process
            assert process is not None
            assert process.poll() is None, f"the IDE ended: {self.ide.log[-2000:]}"
            found[:] = [s for s in self.sessions() if s["epoch"] > after and len(s["surfaces"]) >= surfaces]
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


@pytest.fixture(scope="module")
def screen() -> Iterator[str]:
    with real.display() as name:
        yield name


@pytest.fixture(scope="module")
def make_desk(
    platform: Path, plugins: Path, screen: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[..., Desk]]:
    """Starts a daemon and an IDE with so many projects and, if wanted, odd chats; ends both."""
    desks: list[Desk] = []

    def make(projects: int = 1, odd: bool = False) -> Desk:
        folder = tmp_path_factory.mktemp("ide")
        daemon = Daemon(folder / "daemon")
        home = folder / "home"
        (home / STORE).mkdir(parents=True)
        daemon.home.mkdir()
        daemon.start()
        desk = Desk(daemon, real.Ide(platform, home, screen, daemon.socket))
        desks.append(desk)
        shutil.copytree(plugins, desk.ide.plugins)
        desk.ide.catalogue.parent.mkdir(parents=True)
        desk.ide.catalogue.write_text(real.chats(odd=odd), encoding="utf-8")
        for number in range(projects):
            desk.projects.append(folder / f"project{number + 1}")
            desk.projects[-1].mkdir()
        desk.ide.start(*desk.projects)
        desk.attached(surfaces=5 * projects)
        return desk

    yield make
    for desk in desks:
        desk.ide.stop()
        desk.daemon.stop()


@pytest.fixture(scope="module")
def desk(make_desk: Callable[..., Desk]) -> Desk:
    """One IDE with one project, for all tests of a module."""
    return make_desk()
