"""How soon a window is attached again after its plugin host is killed, and after the daemon is killed and started anew.

The plugin here is a process with the reconnection schedule of the real one and nothing else in it; the successor of a
killed one is started beforehand and waits for its word, as how fast an IDE starts a host is not ours to measure.
"""

import json
import os
import random
import select
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bridge.client import Client

PLUGIN_KILLS = 100
DAEMON_KILLS = 30
BAR_MS = 2000.0
PATIENCE = 30.0
# As in plugins-vscode/src/connection.ts.
PAUSE_FIRST, PAUSE_MOST = 0.1, 1.5
IDE = {"product": "code", "version": "1", "app_name": "bench", "app_host": "bench"}


def plugin(path: str) -> None:
    """Wait for a line on stdin, then stay attached to the daemon; write the time and the epoch of each attachment."""
    print("here", flush=True)
    sys.stdin.readline()
    failures = 0
    while True:
        with socket.socket(socket.AF_UNIX) as connection:
            try:
                connection.connect(path)
                failures = serve(connection, failures)
            except OSError:
                failures += 1
        time.sleep(min(PAUSE_MOST, PAUSE_FIRST * 2**failures) * random.uniform(0.5, 1))  # noqa: S311


def serve(connection: socket.socket, failures: int) -> int:
    """Until the daemon hangs up; how many failures in a row there are then."""
    info = {"ide": IDE, "pid": os.getpid(), "host_started_at_ms": 1, "window_id": "bench"}
    hello = {"role": "plugin", "name": "bench", "version": "1", "protocol": {"min": 1, "max": 1}}
    say(connection, {"id": 1, "method": "initialize", "params": hello | {"plugin": info | EMPTY}})
    for line in connection.makefile("rb"):
        message = json.loads(line)
        if message.get("id") == 1 and "result" in message:
            failures = 0
            print(time.monotonic_ns(), message["result"]["epoch"], flush=True)
        elif "method" in message and "id" in message:
            say(connection, {"id": message["id"], "result": {}})
    return failures if failures == 0 else failures + 1


EMPTY: dict[str, list[str]] = {"capabilities": [], "surfaces": []}


def say(connection: socket.socket, message: dict[str, Any]) -> None:
    connection.sendall(json.dumps({"jsonrpc": "2.0", **message}).encode("utf-8") + b"\n")


class Host:
    """A plugin's process, seen from outside."""

    def __init__(self, path: Path) -> None:
        command = [sys.executable, "-P", __file__, "--plugin", str(path)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self._next_line() == b"here\n"

    def _next_line(self) -> bytes:
        assert self.process.stdout is not None
        if not select.select([self.process.stdout], [], [], PATIENCE)[0]:
            raise RuntimeError("the plugin says nothing")
        return self.process.stdout.readline()

    def go(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(b"go\n")
        self.process.stdin.flush()

    def attached(self) -> tuple[int, int]:
        """When (monotonic, ns) and under which epoch it attached next."""
        at, epoch = self._next_line().split()
        return int(at), int(epoch)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()


@contextmanager
def home() -> Iterator[Path]:
    """Sets this process's environment to a home of its own, and stops the daemon there at the end."""
    with tempfile.TemporaryDirectory(prefix="koru-bench-") as name:
        root = Path(name)
        (root / "run").mkdir(mode=0o700)
        before = dict(os.environ)
        os.environ.pop("KORU_SOCKET", None)
        places = {"HOME": root, "XDG_RUNTIME_DIR": root / "run", "XDG_STATE_HOME": root / "state"}
        os.environ.update({variable: str(place) for variable, place in places.items()})
        try:
            yield root / "run" / "koru" / "bridge.sock"
        finally:
            koru("down", "--force")
            os.environ.clear()
            os.environ.update(before)


def koru(*words: str) -> dict[str, Any]:
    command = [sys.executable, "-P", "-m", "bridge.cli", *words, "--json"]
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"koru {words[0]}: {done.stdout!r} {done.stderr!r}")
    said: dict[str, Any] = json.loads(done.stdout)
    return said


def after_plugin_kills() -> list[float]:
    """Milliseconds from SIGKILL of a host to the attachment of its successor. One session must be left each time."""
    taken = []
    with home() as path:
        koru("up")
        host, successor = Host(path), Host(path)
        host.go()
        _, epoch = host.attached()
        for _ in range(PLUGIN_KILLS):
            killed = time.monotonic_ns()
            host.process.send_signal(signal.SIGKILL)
            successor.go()
            at, newer = successor.attached()
            taken.append((at - killed) / 1e6)
            assert newer > epoch, "an epoch went back"
            host.kill()
            host, successor, epoch = successor, Host(path), newer
            with Client.connect(path) as client:
                assert len(client.request("sessions/list", {})["sessions"]) == 1
        host.kill()
        successor.kill()
    return taken


def after_daemon_kills() -> list[float]:
    """Milliseconds from SIGKILL of the daemon, and `koru up` at once, to the attachment of the same plugin."""
    taken = []
    with home() as path:
        pid = koru("up")["pid"]
        host = Host(path)
        host.go()
        _, epoch = host.attached()
        for _ in range(DAEMON_KILLS):
            killed = time.monotonic_ns()
            os.kill(pid, signal.SIGKILL)
            pid = koru("up")["pid"]
            at, newer = host.attached()
            taken.append((at - killed) / 1e6)
            assert newer > epoch, "an epoch went back"
            epoch = newer
        host.kill()
    return taken


def row(measure: str, taken: list[float]) -> dict[str, Any]:
    p50, p99 = statistics.median(taken), statistics.quantiles(taken, n=100, method="inclusive")[98]
    return {
        "measure": f"{measure}, p99 of {len(taken)}",
        "value": round(p99, 1),
        "unit": "ms",
        "against": f"its p50 ({p50:.1f} ms)",
        "ratio": round(p99 / p50, 2),
        "bar": f"<= {BAR_MS:g} ms",
        "met": p99 <= BAR_MS,
    }


def rows() -> list[dict[str, Any]]:
    """See run.py."""
    return [
        row("attached again after a plugin's SIGKILL", after_plugin_kills()),
        row("attached again after the daemon's SIGKILL", after_daemon_kills()),
    ]


if __name__ == "__main__" and sys.argv[1:2] == ["--plugin"]:
    plugin(sys.argv[2])
