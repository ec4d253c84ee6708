"""The core against the real daemon, over a real socket that is cut, flooded, and silent."""

import json
import socket
import subprocess
import threading
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.daemon import Daemon, eventually
from tests.jetbrains.relay import Relay

PATIENCE = 60.0


class Plugin:
    """The Java core as a process."""

    def __init__(self, core: Path, socket_path: Path, home: Path, window: str) -> None:
        self._out = home / f"{window}.out"
        command = ["java", "-Xmx128m", "-XX:TieredStopAtLevel=1", "-cp", str(core), "dev.koru.drive.FakePlugin"]
        with self._out.open("wb") as out:
            self.process = subprocess.Popen(
                [*command, str(socket_path), str(home / f"{window}.jsonl"), window],
                stdin=subprocess.PIPE,
                stdout=out,
                stderr=out,
            )

    @property
    def said(self) -> list[str]:
        return self._out.read_text(encoding="utf-8").splitlines()

    def until(self, line: str, times: int = 1) -> None:
        def is_said() -> bool:
            assert self.process.poll() is None, "\n".join(self.said)
            return sum(each.startswith(line) for each in self.said) >= times

        eventually(is_said, f"the plugin says {line!r}", PATIENCE)

    @property
    def sent(self) -> int:
        return sum(line.startswith("sent ") for line in self.said)

    def kill(self) -> None:
        self.process.kill()
        self.end()

    def end(self) -> int:
        assert self.process.stdin is not None
        self.process.stdin.close()
        return self.process.wait(timeout=PATIENCE)


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Daemon]:
    (tmp_path / "daemon").mkdir()
    daemon = Daemon(tmp_path / "daemon")
    daemon.start()
    yield daemon
    daemon.stop()


@pytest.fixture
def launch(core: Path, tmp_path: Path) -> Iterator[Callable[[Path], Plugin]]:
    """Starts the core against a socket; ended by its standard input at the end, which must suffice."""
    plugins: list[Plugin] = []

    def start(path: Path) -> Plugin:
        plugins.append(Plugin(core, path, tmp_path, f"window{len(plugins)}"))
        return plugins[-1]

    yield start
    for plugin in plugins:
        if plugin.process.poll() is None:
            assert plugin.end() == 0, plugin.said


def drive(daemon: Daemon, text: str, **more: Any) -> dict[str, Any]:
    drive_id = str(more.pop("drive_id", uuid.uuid4()))
    order = {"drive_id": drive_id, "text": text, "selector": {"agent": "fake"}, "target": {}, "deadline_ms": 3_000}
    with daemon.client() as client:
        client.request("drive/start", order | {"wait_ms": 30_000} | more, timeout=30)
        wait = {"drive_id": drive_id, "until": "outcome", "timeout_ms": 60_000}
        view: dict[str, Any] = client.request("drive/wait", wait, timeout=70)
        return view


Launch = Callable[[Path], Plugin]


def test_a_prompt_goes_through_once(daemon: Daemon, launch: Launch) -> None:
    plugin = launch(daemon.socket)
    plugin.until("state CONNECTED")
    first = drive(daemon, "over a real socket, żółć", drive_id="one")
    assert first["outcome"] == "likely", first
    assert drive(daemon, "over a real socket, żółć", drive_id="one")["outcome"] == "likely"
    assert plugin.sent == 1


def test_every_line_may_be_cut_at_every_byte(daemon: Daemon, launch: Launch, tmp_path: Path) -> None:
    relay = Relay(tmp_path / "relay/bridge.sock", daemon.socket, chunk=1)
    try:
        plugin = launch(tmp_path / "relay/bridge.sock")
        plugin.until("state CONNECTED")
        assert drive(daemon, "a byte at a time, żółć")["outcome"] == "likely"
        assert plugin.sent == 1
    finally:
        relay.close()


def test_a_connection_cut_at_any_byte_is_made_again(daemon: Daemon, launch: Launch, tmp_path: Path) -> None:
    path = tmp_path / "relay/bridge.sock"
    whole = Relay(path, daemon.socket)
    plugin = launch(path)
    plugin.until("state CONNECTED")
    whole.close()
    # The answer to initialize is some 200 bytes; after those it is cut while it rests.
    for number, stop in enumerate([0, 1, 2, 50, 100, 150, 199, 200, 201, 250, 400]):
        relay = Relay(path, daemon.socket, stop_after=stop)
        try:
            eventually(lambda relay=relay: relay.connections >= 1, "the plugin came again", PATIENCE)  # type: ignore[misc]
            if stop < 150:
                eventually(lambda relay=relay: relay.connections >= 2, f"and after a cut at {stop}", PATIENCE)  # type: ignore[misc]
            plugin.until("state CONNECTED", number + 2)
        finally:
            relay.close()
    assert plugin.sent == 0


@pytest.mark.parametrize("nonsense", [b"x" * 2_000_000 + b"\n", b"{}\n[]\n\xff\n\n", b'{"jsonrpc":"2.0","id":1}\n'])
def test_nonsense_before_the_answer_is_survived(
    nonsense: bytes, daemon: Daemon, launch: Launch, tmp_path: Path
) -> None:
    relay = Relay(tmp_path / "relay/bridge.sock", daemon.socket, first=nonsense)
    try:
        plugin = launch(tmp_path / "relay/bridge.sock")
        plugin.until("state CONNECTED")
        assert drive(daemon, "after nonsense")["outcome"] == "likely"
    finally:
        relay.close()


def test_a_daemon_that_was_killed_is_found_again(daemon: Daemon, launch: Launch) -> None:
    plugin = launch(daemon.socket)
    plugin.until("state CONNECTED")
    assert daemon.process is not None
    daemon.process.kill()
    daemon.process.wait(timeout=20)
    plugin.until("state CONNECTING", 2)
    daemon.start()
    plugin.until("state CONNECTED", 2)
    assert drive(daemon, "after the kill")["outcome"] == "likely"


def test_a_plugin_that_was_killed_keeps_its_word(daemon: Daemon, core: Path, tmp_path: Path) -> None:
    first = Plugin(core, daemon.socket, tmp_path, "same")
    first.until("state CONNECTED")
    assert drive(daemon, "said once", drive_id="once")["outcome"] == "likely"
    first.kill()
    assert first.sent == 1
    again = Plugin(core, daemon.socket, tmp_path, "same")
    again.until("state CONNECTED")
    assert drive(daemon, "said once", drive_id="once")["outcome"] == "likely"
    assert again.sent == 0
    assert again.end() == 0


def test_a_daemon_that_only_asks_and_never_reads_is_dropped(launch: Launch, tmp_path: Path) -> None:
    path = tmp_path / "deaf/bridge.sock"
    path.parent.mkdir(mode=0o700)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        plugin = launch(path)
        accepted, _ = listener.accept()
        with accepted:
            accepted.settimeout(PATIENCE)
            # Each ping is answered into a socket that nobody reads, until the plugin has had enough.
            ping = b'{"jsonrpc":"2.0","id":"%d","method":"ping","params":{}}\n'
            with pytest.raises((BrokenPipeError, ConnectionResetError)):
                for number in range(10_000_000):
                    accepted.sendall(ping % number)
        plugin.until("INFO not connected")


def test_a_socket_that_others_could_have_made_is_refused(launch: Launch, tmp_path: Path) -> None:
    path = tmp_path / "open/bridge.sock"
    path.parent.mkdir()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        path.parent.chmod(0o777)
        plugin = launch(path)
        plugin.until("state REFUSED")
        listener.settimeout(0.0)
        with pytest.raises(BlockingIOError):
            listener.accept()
    assert "can be written by others" in "\n".join(plugin.said)


def answers(path: Path, answer: dict[str, Any]) -> None:
    """A listener for one plugin, whose `initialize` it answers with this."""
    path.parent.mkdir(mode=0o700)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen()
    listener.settimeout(PATIENCE)

    def serve() -> None:
        with listener:
            accepted, _ = listener.accept()
        accepted.settimeout(PATIENCE)
        with accepted, accepted.makefile("rb") as lines:
            asked = json.loads(lines.readline())
            accepted.sendall(json.dumps({"jsonrpc": "2.0", "id": asked["id"], **answer}).encode() + b"\n")
            lines.read()

    threading.Thread(target=serve, daemon=True).start()


MISMATCH = {
    "code": -32000,
    "message": "this daemon speaks 7 to 8",
    "data": {"reason": "protocol_mismatch", "retry": False},
}
CHOSEN = {
    "protocol": 99,
    "daemon_version": "1",
    "instance_id": "i",
    "session_id": "s",
    "epoch": 1,
    "heartbeat_ms": 9000,
}


@pytest.mark.parametrize(
    ("answer", "told"),
    [({"error": MISMATCH}, "speaks 7 to 8"), ({"result": CHOSEN}, "chose protocol 99")],
    ids=["refused", "chosen"],
)
def test_another_range_of_protocols_is_told_to_the_operator(
    answer: dict[str, Any], told: str, launch: Launch, tmp_path: Path
) -> None:
    path = tmp_path / "apart/bridge.sock"
    answers(path, answer)
    plugin = launch(path)
    plugin.until("state REFUSED")
    assert any(line.startswith("state REFUSED") and told in line for line in plugin.said), plugin.said


def test_without_a_socket_it_looks_for_one(daemon: Daemon, launch: Launch) -> None:
    daemon.stop()
    plugin = launch(daemon.socket)
    plugin.until("INFO not connected: daemon_not_running")
    daemon.start()
    plugin.until("state CONNECTED")
