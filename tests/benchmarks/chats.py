"""Chats of the machine: from the write to the fact in a client of the daemon, ten thousand sessions by the command
line, what watching costs the writer, and whether the daemon grows.

The ways to see a write take turns on the same machine in the same run: the daemon's event, and a poll of the same fact
in a SQLite store opened with mode=ro. `KORU_SOAK_S` is the length of the soak (60 s; 600 for the long one).
"""

import contextlib
import json
import os
import resource
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bridge.client import Client

WRITES = 400
PACE_S = 0.01
BAR_FACT_P50_MS = 5.0
BAR_WRITER = 0.9
ROUNDS = 10
ROUND_S = 0.5
SESSIONS = 10_000
OLD_S = 3 * 24 * 3600
SOAK_S = float(os.environ.get("KORU_SOAK_S", "60"))
BAR_GROWTH_MB = 16.0
BAR_FIRST_PAGE = 12.0

WRITER = """
import json, os, sys, time
number, end, file = 0, 0.0, open(sys.argv[1], "ab", buffering=0)
print("ready", flush=True)
sys.stdin.readline()
end = time.monotonic() + float(sys.argv[2])
while time.monotonic() < end:
    number += 1
    entry = {"kind": 1, "k": ["requests", 0, "modelState"], "v": {"value": number % 2, "completedAt": 1}}
    file.write(json.dumps(entry).encode() + b"\\n")
print(number, flush=True)
"""


def request(number: int) -> dict[str, Any]:
    """One prompt as VS Code keeps it."""
    at = time.time_ns() // 1_000_000
    message = {"text": f"prompt {number}", "parts": []}
    return {"requestId": f"r{number}", "timestamp": at, "message": message, "response": [], "modelState": {"value": 0}}


def entries(*values: dict[str, Any]) -> bytes:
    return b"".join(json.dumps(value).encode("utf-8") + b"\n" for value in values)


def new_chat(file: Path) -> None:
    file.write_bytes(entries({"kind": 0, "v": {"version": 3, "requests": [request(0)], "pendingRequests": []}}))


@contextmanager
def machine() -> Iterator[tuple[Path, dict[str, str]]]:
    """A home with a folder for the chats of VS Code, and its environment."""
    with tempfile.TemporaryDirectory(prefix="koru-bench-") as name:
        home = Path(name)
        (home / "run").mkdir(mode=0o700)
        chats = home / ".config" / "Code" / "User" / "workspaceStorage" / "w1" / "chatSessions"
        chats.mkdir(parents=True)
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("KORU_", "XDG_"))}
        yield chats, {**kept, "HOME": name, "XDG_RUNTIME_DIR": f"{name}/run", "PYTHONSAFEPATH": "1"}


@contextmanager
def daemon(environment: dict[str, str]) -> Iterator[Client]:
    """A client that is told of chats by a daemon of its own, once that has looked at everything."""
    koru = [sys.executable, "-P", "-m", "bridge.cli"]
    quiet: dict[str, Any] = {"env": environment, "stdout": subprocess.DEVNULL, "cwd": environment["HOME"]}
    subprocess.run([*koru, "up"], check=True, **quiet)
    try:
        with Client.connect(Path(environment["XDG_RUNTIME_DIR"]) / "koru" / "bridge.sock", timeout=30) as client:
            client.request("events/subscribe", {"chats": True}, timeout=30)
            client.request("chats/list", {}, timeout=30)
            yield client
    finally:
        subprocess.run([*koru, "down", "--force"], check=True, **quiet)


def pid(client: Client) -> int:
    return int(client.request("daemon/status", {}, timeout=30)["pid"])


def facts(chats: Path, client: Client) -> list[float]:
    """Milliseconds from before a write to its event in the client; each write changes the state of one chat."""
    file = chats / "bench.jsonl"
    new_chat(file)
    heard = client.notifications(60)
    next(heard)
    taken: list[float] = []
    with file.open("ab", buffering=0) as log:
        for number in range(WRITES):
            value = {"value": (number + 1) % 2, "completedAt": 1}
            line = entries({"kind": 1, "k": ["requests", 0, "modelState"], "v": value})
            time.sleep(PACE_S)
            begun = time.perf_counter_ns()
            log.write(line)
            while next(heard)[1]["state"] != ("done", "working")[number % 2]:
                pass
            taken.append((time.perf_counter_ns() - begun) / 1e6)
    return taken[WRITES // 10 :]


def facts_read_only(folder: Path) -> list[float]:
    """The same for a fact in SQLite, by who polls with mode=ro as fast as it can while another thread writes."""
    store = folder / "baseline.db"
    with contextlib.closing(sqlite3.connect(store, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=wal")
        connection.execute("CREATE TABLE fact(id INTEGER PRIMARY KEY, number INTEGER)")
        connection.execute("INSERT INTO fact VALUES(1, 0)")
    written: dict[int, int] = {}
    seen = threading.Semaphore(0)

    def write() -> None:
        with contextlib.closing(sqlite3.connect(store, isolation_level=None)) as connection:
            for number in range(1, WRITES + 1):
                time.sleep(PACE_S)
                written[number] = time.perf_counter_ns()
                connection.execute("UPDATE fact SET number = ?", (number,))
                seen.acquire()

    thread = threading.Thread(target=write)
    thread.start()
    taken: list[float] = []
    last = 0
    while last < WRITES:
        with contextlib.closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as connection:
            (number,) = connection.execute("SELECT number FROM fact").fetchone()
        if number != last:
            taken.append((time.perf_counter_ns() - written[number]) / 1e6)
            last = number
            seen.release()
    thread.join()
    return taken[WRITES // 10 :]


def written(file: Path) -> int:
    """Lines a writer manages in one round, as fast as it can."""
    new_chat(file)
    command = [sys.executable, "-c", WRITER, str(file), str(ROUND_S)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None and process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.stdin.write("\n")
        process.stdin.flush()
        return int(process.stdout.readline())


def throughput(chats: Path, elsewhere: Path) -> tuple[float, float]:
    """Lines a second of a writer in the watched folder and in one nobody watches, in turn: the medians."""
    watched, alone = [], []
    for number in range(ROUNDS):
        watched.append(written(chats / f"busy{number % 2}.jsonl"))
        alone.append(written(elsewhere / f"busy{number % 2}.jsonl"))
    return statistics.median(watched) / ROUND_S, statistics.median(alone) / ROUND_S


def resident_mb(process: int) -> float:
    pages = int(Path(f"/proc/{process}/statm").read_text("ascii").split()[1])
    return pages * resource.getpagesize() / (1 << 20)


def soak(chats: Path, client: Client) -> float:
    """Megabytes the daemon grows by between the first sixth of the soak and its end, beside chats that come and go."""
    process, begun = pid(client), time.monotonic()
    warm, number = 0.0, 0
    while (passed := time.monotonic() - begun) < SOAK_S:
        if not warm and passed > SOAK_S / 6:
            warm = resident_mb(process)
        number += 1
        file = chats / f"soak{number % 200}.jsonl"
        new_chat(file)
        with file.open("ab", buffering=0) as log:
            for turn in range(1, 8):
                log.write(entries({"kind": 2, "k": ["requests"], "v": [request(number * 10 + turn)]}))
                time.sleep(0.002)
        if number % 10 == 0:
            (chats / f"soak{(number * 7) % 200}.jsonl").unlink(missing_ok=True)
        for _ in client.notifications(0.001):
            pass
    client.request("chats/list", {}, timeout=60)
    return resident_mb(process) - warm


def many(chats: Path) -> None:
    """Ten thousand sessions that have been at rest for days."""
    at = time.time() - OLD_S
    for number in range(SESSIONS):
        file = chats / f"{number:05}.jsonl"
        new_chat(file)
        os.utime(file, (at - number, at - number))


def command(environment: dict[str, str], *words: str) -> tuple[float, str]:
    """Milliseconds of one command, start to finish, and what it printed."""
    begun = time.perf_counter_ns()
    done = subprocess.run(
        [sys.executable, "-P", "-m", "bridge.cli", *words], env=environment, capture_output=True, text=True, check=True
    )
    return (time.perf_counter_ns() - begun) / 1e6, done.stdout


def scans(chats: Path, environment: dict[str, str]) -> dict[str, float]:
    """Milliseconds: the first page and a search of everything, beside the same commands where there is no chat."""
    _, printed = command(environment, "history", "list", "--json", "--path", str(chats))
    empty = min(command(environment, "history", "--help")[0] for _ in range(3))
    many(chats)
    page, printed = min(command(environment, "history", "list", "--json") for _ in range(3))
    assert len(printed.splitlines()) == 50
    search, printed = command(environment, "history", "search", "prompt", "--json", "--limit", "0")
    assert len(printed.splitlines()) == SESSIONS
    once, _ = min(command(environment, "watch", "--once", "--json") for _ in range(3))
    return {"empty": empty, "page": page, "search": search, "watch": once}


def rows() -> list[dict[str, Any]]:
    """See run.py."""
    with machine() as (chats, environment), tempfile.TemporaryDirectory(prefix="koru-bench-") as elsewhere:
        with daemon(environment) as client:
            taken = facts(chats, client)
        baseline = facts_read_only(Path(elsewhere))
        with daemon(environment) as client:
            watched, alone = throughput(chats, Path(elsewhere))
        with daemon(environment) as client:
            grown = soak(chats, client)
    with machine() as (chats, environment):
        scanned = scans(chats, environment)
    return [*_latency(taken, baseline), *_cost(watched, alone, grown), *_scanned(scanned)]


def _row(measure: str, value: float, unit: str, ratio: float, against: str, bar: str, *, met: bool) -> dict[str, Any]:
    return {
        "measure": measure,
        "value": value,
        "unit": unit,
        "against": against,
        "ratio": round(ratio, 2),
        "bar": bar,
        "met": met,
    }


def _latency(taken: list[float], baseline: list[float]) -> list[dict[str, Any]]:
    p50, p99 = statistics.median(taken), statistics.quantiles(taken, n=100)[98]
    base50, base99 = statistics.median(baseline), statistics.quantiles(baseline, n=100)[98]
    against = "busy poll by sqlite3 mode=ro"
    met = p50 <= BAR_FACT_P50_MS
    bar = f"<= {BAR_FACT_P50_MS:g} ms"
    return [
        _row("store write to fact in a client, p50", round(p50, 2), "ms", p50 / base50, against, bar, met=met),
        _row("store write to fact in a client, p99", round(p99, 2), "ms", p99 / base99, against, "", met=True),
    ]


def _cost(watched: float, alone: float, grown: float) -> list[dict[str, Any]]:
    ratio = watched / alone
    bar, grows = f">= {BAR_WRITER:g} x", f"<= {BAR_GROWTH_MB:g} MB"
    measure = f"daemon's growth, {SOAK_S:g} s of chats that come, go and are written to"
    return [
        _row(
            "writer beside the watch", round(watched), "lines/s", ratio, "nobody watches", bar, met=ratio >= BAR_WRITER
        ),
        _row(measure, round(grown, 1), "MB", 1.0, "after its first sixth", grows, met=grown <= BAR_GROWTH_MB),
    ]


def _scanned(scanned: dict[str, float]) -> list[dict[str, Any]]:
    empty = scanned["empty"]
    against, ratio = f"koru history --help ({empty:.0f} ms)", scanned["page"] / empty
    met, bar = ratio <= BAR_FIRST_PAGE, f"<= {BAR_FIRST_PAGE:g} x"
    names = {"search": "search of all", "watch": "koru watch --once"}
    more = [
        _row(
            f"{SESSIONS:,} sessions, {title}", round(scanned[name]), "ms", scanned[name] / empty, against, "", met=True
        )
        for name, title in names.items()
    ]
    page = _row(
        f"{SESSIONS:,} sessions, first page of the list", round(scanned["page"]), "ms", ratio, against, bar, met=met
    )
    return [page, *more]
