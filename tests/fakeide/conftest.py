"""A daemon of its own for each test, and fake IDEs that attach to it."""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.daemon import Daemon, eventually
from tests.fakeide.goals import Shop
from tests.forked import Forked, fork

HERE = Path(__file__).parent


@dataclass
class Ide:
    """A fake IDE; with `restart` a new process takes the place of one that died."""

    script: Path
    socket: Path
    storage: Path
    workspace: str = "/nowhere"
    restart: bool = False
    process: Forked | None = None
    stopping: threading.Event = field(default_factory=threading.Event)
    keeper: threading.Thread | None = None

    def start(self) -> None:
        self._fork()
        if self.restart and self.keeper is None:
            self.keeper = threading.Thread(target=self._keep)
            self.keeper.start()

    def _keep(self) -> None:
        while self.process is not None and self.process.wait() == -signal.SIGKILL and not self.stopping.is_set():
            self._fork()

    def _fork(self) -> None:
        where = ["--socket", str(self.socket), "--storage", str(self.storage), "--workspace", self.workspace]
        self.process = fork("fakeide", [str(self.script), *where], environment=os.environ)

    def stop(self) -> None:
        self.stopping.set()
        if self.process is not None:
            self.process.terminate()
            self.process.wait(timeout=10)
        if self.keeper is not None:
            self.keeper.join(timeout=10)


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Daemon]:
    running = Daemon(tmp_path)
    yield running
    running.stop()


@pytest.fixture
def fake_ide(daemon: Daemon) -> Iterator[Callable[..., Ide]]:
    """Start a fake IDE with a script and wait until the daemon lists it."""
    started: list[Ide] = []

    def start(
        script: Path, storage: Path, *, restart: bool = False, window: str = "fake-window", workspace: str = "/nowhere"
    ) -> Ide:
        ide = Ide(script, daemon.socket, storage, workspace, restart)
        started.append(ide)
        ide.start()
        with daemon.client() as client:
            eventually(
                lambda: any(s["window_id"] == window for s in client.request("sessions/list", {})["sessions"]),
                "the fake IDE is attached",
            )
        return ide

    yield start
    for ide in started:
        ide.stop()


@pytest.fixture
def shop(daemon: Daemon, fake_ide: Callable[..., Any], tmp_path: Path) -> Shop:
    daemon.start()
    return Shop(daemon, tmp_path / "shop", fake_ide)
