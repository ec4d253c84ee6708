"""The JetBrains plugin in a real IntelliJ platform: how long a drive holds the windows' thread, what a delivery takes
against a bare ping of the same plugin, how soon it is attached again, and what 1,000 drives leave in the heap.

This process stands in for the daemon, so that only the plugin is measured.
"""

import hashlib
import json
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

from tests.real.intellij import ide as real
from tests.real.intellij.install import Missing, cache_directory, find
from tests.real.intellij.plugin import harness

DRIVES = 1_000
WARM_UP = 50
PINGS = 300
REATTACHES = 15
RESTARTS = 2
PATIENCE = real.START_S
EDT_BAR_MS = 16.0
REATTACH_BAR_MS = 2_000.0
HEAP_BAR_MB = 16.0
INTERFACE = "plugin_socket_jetbrains"


class Daemon:
    """Accepts the plugin as the daemon would and asks one thing after another."""

    def __init__(self, path: Path) -> None:
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen()
        self._listener.settimeout(PATIENCE)
        self._asked = 0
        self.epoch = 0
        self.surfaces: list[str] = []

    def accept(self) -> None:
        """Until a plugin has introduced itself."""
        self._socket, _ = self._listener.accept()
        self._socket.settimeout(PATIENCE)
        self._lines = self._socket.makefile("rb")
        self.epoch += 1
        hello = self._read()
        self._learn(hello["params"]["plugin"]["surfaces"])
        answer: dict[str, Any] = {"protocol": 1, "daemon_version": "1", "instance_id": "bench"}
        answer |= {"session_id": "bench", "epoch": self.epoch, "heartbeat_ms": 60_000}
        self._send({"id": hello["id"], "result": answer})

    def hang_up(self) -> None:
        with suppress(OSError):  # the other side may be gone already
            self._socket.shutdown(socket.SHUT_RDWR)
        self._lines.close()
        self._socket.close()

    def close(self) -> None:
        if self.epoch > 0:
            self.hang_up()
        self._listener.close()

    def surface(self, agent: str) -> str:
        """The surface of a chat, waited for."""
        while not (found := [each for each in self.surfaces if each.startswith(f"{agent}@")]):
            self._note(self._read())
        return found[0]

    def ask(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        self._asked += 1
        self._send({"id": self._asked, "method": method, "params": params})
        while (message := self._read()).get("id") != self._asked or "result" not in message:
            assert "error" not in message, message
            self._note(message)
        result: dict[str, Any] = message["result"]
        return result

    def deliver(self, text: str) -> dict[str, Any]:
        order = {"drive_id": f"bench-{self._asked}", "epoch": self.epoch, "surface_id": self.surface("demo")}
        order |= {"interface": INTERFACE, "text": text, "text_sha": hashlib.sha256(text.encode()).hexdigest()}
        more = {"submit": True, "target": {"new_chat": False}, "answer_within_ms": 5_000}
        return self.ask("chat/deliver", order | more)

    def _note(self, message: dict[str, Any]) -> None:
        if message.get("method") == "surfaces/changed":
            self._learn(message["params"]["surfaces"])

    def _learn(self, surfaces: list[dict[str, Any]]) -> None:
        self.surfaces = [each["surface_id"] for each in surfaces]

    def _read(self) -> dict[str, Any]:
        line = self._lines.readline()
        assert line, "the plugin hung up"
        message: dict[str, Any] = json.loads(line)
        return message

    def _send(self, message: dict[str, Any]) -> None:
        self._socket.sendall(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")


def rows() -> list[dict[str, Any]]:
    """See run.py. Empty, and said so, where no platform was built."""
    try:
        platform = find(cache_directory())
    except Missing as missing:
        print(f"intellij is not measured: {missing}", file=sys.stderr)
        return []
    with _started(platform) as (daemon, ide, first):
        for number in range(WARM_UP):
            daemon.deliver(f"warm up {number}")
        pings = [_timed(lambda: daemon.ask("ping", {}))[0] for _ in range(PINGS)]
        before = _heap_mb(ide)
        took, held = _drives(daemon)
        grown = _heap_mb(ide) - before
        again = [_reattach(daemon) for _ in range(REATTACHES)]
        started = [_restart(daemon, ide) for _ in range(RESTARTS)]
    ping, delivery = statistics.median(pings), statistics.median(took)
    most = max(again)
    return [
        _row("jetbrains windows' thread per drive, p50", statistics.median(held), "ms", EDT_BAR_MS),
        _row("jetbrains windows' thread per drive, p99", statistics.quantiles(held, n=100)[98], "ms", 4 * EDT_BAR_MS),
        {
            "measure": "jetbrains delivery round trip, p50",
            "value": round(delivery, 2),
            "unit": "ms",
            "against": "ping of the same plugin",
            "ratio": round(delivery / ping, 1),
            "met": True,
        },
        _row("jetbrains attached again after the daemon hung up, worst", most, "ms", REATTACH_BAR_MS),
        {
            "measure": "jetbrains attached again after the IDE was killed, worst",
            "value": round(max(started), 1),
            "unit": "ms",
            "against": "the IDE's first start, until its chat could be driven",
            "ratio": round(max(started) / first, 2),
            "met": True,
        },
        _row(f"jetbrains heap held after {DRIVES} drives, chat included", grown, "MB", HEAP_BAR_MB),
    ]


def _row(measure: str, value: float, unit: str, bar: float) -> dict[str, Any]:
    return {"measure": measure, "value": round(value, 2), "unit": unit, "bar": bar, "met": value <= bar}


def _drives(daemon: Daemon) -> tuple[list[float], list[float]]:
    """Milliseconds of each delivery, and those in which it held the windows' thread."""
    took, held = [], []
    for number in range(DRIVES):
        milliseconds, result = _timed(partial(daemon.deliver, f"drive {number}"))
        kinds = {fact["kind"]: fact["grade"] for fact in result["facts"]}
        assert kinds.get("submitted") == "readback", result
        took.append(milliseconds)
        held += [int(step["detail"].split()[0]) / 1_000 for step in result["trace"] if step["op"] == "windows_thread"]
    return took, held


def _timed(run: Callable[[], Any]) -> tuple[float, Any]:
    began = time.perf_counter()
    value = run()
    return (time.perf_counter() - began) * 1_000, value


def _reattach(daemon: Daemon) -> float:
    daemon.hang_up()
    return _timed(daemon.accept)[0]


def _restart(daemon: Daemon, ide: real.Ide) -> float:
    """Milliseconds from the start of a process in the place of a killed one until its chat can be driven."""
    ide.kill()
    daemon.hang_up()
    return _timed(lambda: _attach(daemon, ide))[0]


def _attach(daemon: Daemon, ide: real.Ide) -> None:
    ide.start(ide.home.parent / "project")
    daemon.accept()
    daemon.surface("demo")


def _heap_mb(ide: real.Ide) -> float:
    """Used heap after a collection."""
    assert ide.process is not None
    pid = str(ide.process.pid)
    for command in ("GC.run", "GC.heap_info"):
        done = subprocess.run(["jcmd", pid, command], capture_output=True, encoding="utf-8", timeout=60, check=True)
    found = re.search(r"used (\d+)K", done.stdout)
    assert found is not None, done.stdout
    return int(found[1]) / 1_024


@contextmanager
def _started(platform: Path) -> Iterator[tuple[Daemon, real.Ide, float]]:
    """The stand-in, an IDE attached to it, and the milliseconds that this took."""
    folder = Path(tempfile.mkdtemp(prefix="koru-bench-"))
    try:
        with real.display() as screen:
            daemon = Daemon(folder / "bridge.sock")
            ide = real.Ide(platform, folder / "home", screen, folder / "bridge.sock")
            harness(platform, ide.plugins)
            ide.catalogue.parent.mkdir(parents=True)
            ide.catalogue.write_text(real.chats(store=None), encoding="utf-8")
            (folder / "project").mkdir()
            try:
                yield daemon, ide, _timed(lambda: _attach(daemon, ide))[0]
            finally:
                ide.stop()
                daemon.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
