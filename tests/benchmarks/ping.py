"""Ping round trip of a peer and of the daemon, against bare asyncio echoes of NDJSON lines, in the same run.

All servers run in processes of their own and take turns, so that a noisy moment hits them alike. The bar is on the
harder baseline: the echo that sends a line back as it came, without reading what it says.
"""

import argparse
import asyncio
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import anyio

if TYPE_CHECKING:
    from tests.daemon import Process

BAR = 1.5
ROUNDS = 40
PINGS = 250
WARM_UP = 25
PATIENCE = 30.0
# asyncio reads into 256 KiB; in a small process glibc maps and unmaps that for every read, which would flatter us.
FAIR = {"MALLOC_MMAP_THRESHOLD_": str(1 << 22), "MALLOC_TRIM_THRESHOLD_": str(1 << 24)}
INITIALIZE = (
    b'{"jsonrpc":"2.0","id":0,"method":"initialize","params":'
    b'{"role":"client","name":"bench","version":"1","protocol":{"min":1,"max":1}}}\n'
)


def echo(line: bytes) -> bytes:
    return line


def parse(line: bytes) -> bytes:
    message = json.loads(line)
    return json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": {}}).encode("utf-8") + b"\n"


async def bare(path: str, answer: Callable[[bytes], bytes]) -> None:
    """What a few lines of asyncio do."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            writer.write(answer(line))
            await writer.drain()
        writer.close()

    async with await asyncio.start_unix_server(serve, path) as server:
        await server.serve_forever()


async def peer(path: str) -> None:
    # The bare servers shall not carry what they do without.
    from bridge.protocol.jsonrpc.peer import Peer

    async def serve(stream: anyio.abc.ByteStream) -> None:
        await Peer(stream, {}, name="bench").serve()

    async with await anyio.create_unix_listener(path) as listener:
        await listener.serve(serve)


def serve(kind: str, path: str) -> None:
    servers = {"echo": lambda: bare(path, echo), "parsed echo": lambda: bare(path, parse), "peer": lambda: peer(path)}
    asyncio.run(servers[kind]())


@contextmanager
def stopped(process: "Process") -> Iterator[None]:
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def connected(path: Path) -> socket.socket:
    deadline = time.monotonic() + PATIENCE
    while True:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.connect(str(path))
        except (FileNotFoundError, ConnectionRefusedError):
            connection.close()
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            connection.settimeout(PATIENCE)
            return connection


@contextmanager
def server(kind: str, folder: Path) -> Iterator[socket.socket]:
    path = folder / f"{kind.replace(' ', '-')}.sock"
    process = subprocess.Popen([sys.executable, "-P", __file__, "--serve", kind, str(path)], env=os.environ | FAIR)
    with stopped(process), connected(path) as connection:
        yield connection


@contextmanager
def daemon(folder: Path) -> Iterator[socket.socket]:
    """The real one, in a home of its own, past `initialize`."""
    (folder / "run").mkdir(mode=0o700)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("KORU_", "XDG_"))}
    homes = {"HOME": ".", "XDG_RUNTIME_DIR": "run", "XDG_STATE_HOME": "state", "XDG_CONFIG_HOME": "config"}
    environment = kept | FAIR | {name: str(folder / part) for name, part in homes.items()}
    # The servers run this file by its path, and see no other of the tests.
    from tests.daemon import PLAIN, launch

    process = launch(environment, folder, command=PLAIN)
    with stopped(process), connected(folder / "run" / "koru" / "bridge.sock") as connection:
        connection.sendall(INITIALIZE)
        answer = connection.recv(65_536)
        if b'"result"' not in answer:
            raise RuntimeError(f"the daemon did not initialize: {answer!r}")
        yield connection


def round_trip(connection: socket.socket, number: int) -> float:
    """Microseconds from the first byte out to the last byte in."""
    line = b'{"jsonrpc":"2.0","id":%d,"method":"ping","params":{}}\n' % number
    started = time.perf_counter_ns()
    connection.sendall(line)
    answer = connection.recv(65_536)
    taken = time.perf_counter_ns() - started
    if not answer.endswith(b"}\n") or b'"id":%d' % number not in answer.replace(b" ", b"") or b"error" in answer:
        raise RuntimeError(f"not the answer to ping {number}: {answer!r}")
    return taken / 1000


def measure() -> dict[str, dict[str, float]]:
    """p50 and p99 in microseconds, and the ratio of the p50 to that of the echo, by server."""
    with tempfile.TemporaryDirectory(prefix="koru-bench-") as name, ExitStack() as stack:
        folder = Path(name)
        connections = {kind: stack.enter_context(server(kind, folder)) for kind in ("echo", "parsed echo", "peer")}
        connections["daemon"] = stack.enter_context(daemon(folder))
        taken: dict[str, list[float]] = {kind: [] for kind in connections}
        for number in range(ROUNDS):
            kinds = list(connections)
            first = number % len(kinds)
            for kind in kinds[first:] + kinds[:first]:
                connection = connections[kind]
                trips = [round_trip(connection, ping) for ping in range(1, PINGS + 1)]
                taken[kind] += trips[WARM_UP:]
    baseline = statistics.median(taken["echo"])
    return {
        kind: {
            "p50_us": round(statistics.median(trips), 1),
            "p99_us": round(statistics.quantiles(trips, n=100)[98], 1),
            "ratio": round(statistics.median(trips) / baseline, 2),
        }
        for kind, trips in taken.items()
    }


def rows() -> list[dict[str, object]]:
    """See run.py."""
    found = measure()["daemon"]
    return [
        {
            "measure": "ping round trip of the daemon, p50",
            "value": found["p50_us"],
            "unit": "us",
            "against": "bare asyncio echo",
            "ratio": found["ratio"],
            "bar": f"<= {BAR} x",
            "met": found["ratio"] <= BAR,
        }
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description="Ping round trip against bare asyncio echoes.")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--serve", nargs=2, metavar=("KIND", "PATH"), help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.serve:
        serve(*chosen.serve)
        return 0
    rows = measure()
    met = rows["daemon"]["ratio"] <= BAR
    if chosen.json:
        print(json.dumps({"measure": "ping", "bar": BAR, "met": met, "servers": rows}))
        return int(not met)
    for kind, row in rows.items():
        print(f"{kind:12} p50 {row['p50_us']:8.1f} us   p99 {row['p99_us']:8.1f} us   {row['ratio']:.2f} x echo")
    print(f"bar: daemon at most {BAR} x echo: {'met' if met else 'MISSED'}")
    return int(not met)


if __name__ == "__main__":
    sys.exit(main())
