"""From `drive/start` to `chat/deliver` on the plugin's socket, both rows on disk, against two bare flushed appends."""

import json
import os
import socket
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bridge.client import Client
from tests.daemon import PLAIN, launch

DRIVES = 300
WARM_UP = 20
BAR_MS = 3.0
SURFACE = {
    "surface_id": "chat",
    "agent": "chat",
    "title": "Chat",
    "workspace_folders": ["/bench"],
    "interfaces": ["vscode_native_send"],
}


class Plugin(threading.Thread):
    """Attaches, notes when each delivery arrives, and answers it as a host would."""

    def __init__(self, path: Path) -> None:
        super().__init__(daemon=True)
        self.arrived: dict[str, int] = {}
        self.attached = threading.Event()
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(str(path))

    def run(self) -> None:
        ide = {"product": "code", "version": "1", "app_name": "bench", "app_host": "bench"}
        plugin = {"ide": ide, "pid": os.getpid(), "host_started_at_ms": 1, "window_id": "bench", "capabilities": []}
        hello = {"role": "plugin", "name": "bench", "version": "1", "protocol": {"min": 1, "max": 1}}
        self._send({"id": 1, "method": "initialize", "params": {**hello, "plugin": {**plugin, "surfaces": [SURFACE]}}})
        with self._socket.makefile("rb") as lines:
            for line in lines:
                self._take(line, time.perf_counter_ns())

    def _take(self, line: bytes, at: int) -> None:
        message = json.loads(line)
        if message.get("method") == "chat/deliver":
            params = message["params"]
            self.arrived[params["drive_id"]] = at
            fact = {"kind": "submitted", "grade": "host", "at_ms": 1, "text_sha": params["text_sha"]}
            over = {"kind": "turn_failed", "grade": "host", "at_ms": 1}
            result = {"drive_id": params["drive_id"], "epoch": params["epoch"], "disposition": "done", "trace": []}
            self._send({"id": message["id"], "result": {**result, "facts": [fact, over]}})
        elif "method" in message and "id" in message:
            self._send({"id": message["id"], "result": {}})
        else:
            self.attached.set()

    def _send(self, message: dict[str, Any]) -> None:
        self._socket.sendall(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self.join(timeout=5)
        self._socket.close()


@contextmanager
def daemon(home: Path) -> Iterator[Path]:
    """A daemon in a home of its own; gives the path of its socket."""
    path = home / "run" / "bridge.sock"
    path.parent.mkdir(mode=0o700)
    environment = {**os.environ, "HOME": str(home), "XDG_STATE_HOME": str(home / "state"), "KORU_SOCKET": str(path)}
    process = launch(environment, home, command=PLAIN)
    try:
        yield path
    finally:
        process.terminate()
        process.wait(timeout=15)


def flushed_appends(folder: Path) -> list[float]:
    """Milliseconds for two appends of 300 bytes, each flushed: what the disk alone takes."""
    taken = []
    with (folder / "baseline").open("ab", buffering=0) as file:
        for _ in range(DRIVES):
            started = time.perf_counter_ns()
            for _ in range(2):
                file.write(b"x" * 300)
                os.fdatasync(file.fileno())
            taken.append((time.perf_counter_ns() - started) / 1e6)
    return taken


def deliveries(home: Path) -> list[float]:
    """Milliseconds from the request to its arrival at the plugin."""
    taken = []
    with daemon(home) as path:
        plugin = Plugin(path)
        plugin.start()
        if not plugin.attached.wait(10):
            raise RuntimeError("the plugin was not attached")
        with Client.connect(path) as client:
            for number in range(DRIVES):
                drive_id = f"bench-{number}"
                params = {"drive_id": drive_id, "text": f"prompt {number}", "selector": {}, "target": {}}
                started = time.perf_counter_ns()
                client.request("drive/start", params)
                client.request("drive/wait", {"drive_id": drive_id, "until": "turn", "timeout_ms": 5000}, timeout=10)
                taken.append((plugin.arrived[drive_id] - started) / 1e6)
        plugin.close()
    return taken[WARM_UP:]


def rows() -> list[dict[str, Any]]:
    """See run.py."""
    with tempfile.TemporaryDirectory(prefix="koru-bench-") as name:
        home = Path(name)
        baseline = statistics.median(flushed_appends(home))
        taken = deliveries(home)
    p50 = statistics.median(taken)
    return [
        {
            "measure": "drive/start to chat/deliver, p50",
            "value": round(p50, 2),
            "unit": "ms",
            "against": "two flushed appends",
            "ratio": round(p50 / baseline, 2),
            "bar": f"<= {BAR_MS:g} ms",
            "met": p50 <= BAR_MS,
        },
        {
            "measure": "drive/start to chat/deliver, p99",
            "value": round(statistics.quantiles(taken, n=100)[98], 2),
            "unit": "ms",
            "against": "two flushed appends",
            "ratio": round(statistics.quantiles(taken, n=100)[98] / baseline, 2),
            "bar": "",
            "met": True,
        },
    ]
