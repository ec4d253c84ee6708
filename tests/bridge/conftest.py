"""A home of its own for each test, the real daemon as a process in it, and a bare wire to talk to it."""

import json
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from bridge.client import Client
from tests.daemon import PATIENCE, WATCHED, Process, launch, surroundings

HEARTBEAT_MS = "600000"  # a bare wire answers a ping only when it is read, and a slow machine is no dead plugin
ROOT = Path(__file__).parent.parent.parent


@dataclass(frozen=True)
class Home:
    """Directories for everything Koru keeps, at a path short enough for a socket."""

    root: Path

    @property
    def socket(self) -> Path:
        return self.root / "run" / "koru" / "bridge.sock"

    @property
    def state(self) -> Path:
        return self.root / "state" / "koru"

    @property
    def log(self) -> Path:
        return self.state / "log" / "daemon.log"

    def environment(self, **more: str) -> dict[str, str]:
        """What the daemon and the command line find around them."""
        own = {"XDG_RUNTIME_DIR": str(self.root / "run"), "KORU_CACHE": str(self.root / "cache")}
        return surroundings(self.root, **{**own, **more})


@dataclass
class Wire:
    """A socket on which a test says what it likes."""

    socket: socket.socket
    received: bytes = b""
    ids: int = 0

    def say(self, message: dict[str, Any] | bytes) -> None:
        line = message if isinstance(message, bytes) else json.dumps(message).encode("utf-8") + b"\n"
        self.socket.sendall(line)

    def hear(self, timeout: float = PATIENCE) -> dict[str, Any] | None:
        """The next message; None when the other side hung up. TimeoutError."""
        self.socket.settimeout(timeout)
        while b"\n" not in self.received:
            try:
                data = self.socket.recv(65_536)
            except ConnectionResetError:
                data = b""
            if not data:
                return None
            self.received += data
        line, _, self.received = self.received.partition(b"\n")
        message: dict[str, Any] = json.loads(line)
        return message

    def post(self, method: str, **params: Any) -> int:
        """Send a request and do not wait; its id."""
        self.ids += 1
        self.say({"jsonrpc": "2.0", "id": self.ids, "method": method, "params": params})
        return self.ids

    def answer(self, request_id: int) -> dict[str, Any]:
        """The answer to a request; what comes before it is passed over, pings are answered."""
        while True:
            message = self.hear()
            assert message is not None, "hung up before the answer"
            if message.get("method") == "ping":
                self.say({"jsonrpc": "2.0", "id": message["id"], "result": {}})
            elif "method" not in message and message.get("id") == request_id:
                return message

    def ask(self, method: str, **params: Any) -> dict[str, Any]:
        return self.answer(self.post(method, **params))

    def initialize(self, role: str = "client", **more: Any) -> dict[str, Any]:
        params = {"role": role, "name": "test", "version": "1", "protocol": {"min": 1, "max": 1}, **more}
        return self.ask("initialize", **params)

    def post_attach(self, window: str = "w1", *, pid: int = 4242, surfaces: int = 1) -> int:
        """Ask to become the plugin of a window, and do not wait."""
        hello = plugin(window, pid=pid, surfaces=surfaces)
        return self.post(
            "initialize", role="plugin", name="test", version="1", protocol={"min": 1, "max": 1}, plugin=hello
        )

    def attach(self, window: str = "w1", *, pid: int = 4242, surfaces: int = 1) -> dict[str, Any]:
        """Become the plugin of a window."""
        return self.answer(self.post_attach(window, pid=pid, surfaces=surfaces))

    def hung_up(self, timeout: float = PATIENCE) -> dict[str, Any] | None:
        """Read to the end; the last message before it."""
        last = None
        while (message := self.hear(timeout)) is not None:
            last = message
        return last


def plugin(window: str, *, pid: int = 4242, surfaces: int = 1) -> dict[str, Any]:
    return {
        "ide": {"product": "code", "version": "1.90.0", "app_name": "Visual Studio Code", "app_host": "desktop"},
        "pid": pid,
        "host_started_at_ms": 1_700_000_000_000,
        "window_id": window,
        "capabilities": ["chat/deliver"],
        "surfaces": [
            {
                "surface_id": f"chat{number}",
                "agent": "copilot",
                "title": "Chat",
                "workspace_folders": [f"/home/me/{window}"],
                "interfaces": ["vscode_native_send"],
            }
            for number in range(surfaces)
        ],
    }


@dataclass
class DaemonProcess:
    """A daemon process that answers."""

    home: Home
    process: Process
    _wires: list[Wire] = field(default_factory=list)

    @property
    def pid(self) -> int:
        return self.process.pid

    def client(self) -> Client:
        return Client.connect(self.home.socket, timeout=PATIENCE)

    def wire(self) -> Wire:
        connected = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connected.settimeout(PATIENCE)
        connected.connect(str(self.home.socket))
        self._wires.append(Wire(connected))
        return self._wires[-1]

    def status(self) -> dict[str, Any]:
        with self.client() as client:
            return client.request("daemon/status", {}, timeout=PATIENCE)

    def log(self) -> str:
        return self.home.log.read_text(encoding="utf-8")

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal and wait for the end; the exit status."""
        with suppress(ProcessLookupError):
            self.process.send_signal(number)
        return self.process.wait(PATIENCE)

    def hang_up(self) -> None:
        """Close the wires that tests left."""
        while self._wires:
            with self._wires.pop().socket as left, suppress(OSError):
                left.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self.hang_up()
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(PATIENCE)


@contextmanager
def new_home() -> Iterator[Home]:
    root = Path(tempfile.mkdtemp(prefix="koru-"))
    (root / "run").mkdir(mode=0o700)
    try:
        yield Home(root)
    finally:
        shutil.rmtree(root)


Start = Callable[..., DaemonProcess]


@contextmanager
def starting(home: Home, command: Sequence[str] | None = None) -> Iterator[Start]:
    """Gives what starts a daemon, and at the end stops all that were started."""
    daemons: list[DaemonProcess] = []

    def start_daemon(**environment: str) -> DaemonProcess:
        surroundings = home.environment(**{"KORU_HEARTBEAT_MS": HEARTBEAT_MS, **environment})
        try:
            process = launch(surroundings, home.root, command=command)
        except AssertionError as error:
            error.add_note(home.log.read_text(encoding="utf-8") if home.log.exists() else "it wrote no log")
            raise
        daemons.append(DaemonProcess(home, process))
        return daemons[-1]

    try:
        yield start_daemon
    finally:
        for daemon in daemons:
            daemon.close()


@pytest.fixture
def home() -> Iterator[Home]:
    with new_home() as made:
        yield made


@pytest.fixture
def start(home: Home, request: pytest.FixtureRequest) -> Iterator[Start]:
    """Starts a daemon and returns once it says that it answers. Environment variables by keyword.

    Forked from a process that is loaded already, but for tests marked `command`.
    """
    about_the_process = request.node.get_closest_marker("command") is not None
    with starting(home, WATCHED if about_the_process else None) as start_daemon:
        yield start_daemon


@pytest.fixture
def daemon(start: Start) -> DaemonProcess:
    return start()


@pytest.fixture(scope="module")
def shared_daemon() -> Iterator[DaemonProcess]:
    """One for all the tests of a file that leave it as they found it."""
    with new_home() as home, starting(home) as start_daemon:
        yield start_daemon()


Koru = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def koru(home: Home) -> Iterator[Koru]:
    """Runs the command as a user would; a daemon it leaves behind is stopped."""

    def run(*words: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-P", "-m", "bridge.cli", *words],
            cwd=home.root,
            env=home.environment(**environment),
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=2 * PATIENCE,
            check=False,
        )

    yield run
    stopped = run("down", "--force")
    assert stopped.returncode == 0, stopped.stderr
