"""From the write in a chat's store to the fact of the drive that it proves, beside many old sessions; and the first
anchor among ten thousand of them.

The baseline of a fact is the least that anybody can do: be told by the system that the file was written, read its last
line, and parse it. That of an anchor is to ask the system for the time of each file.
"""

import json
import os
import queue
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Collection
from functools import partial
from pathlib import Path
from typing import Any, cast

import anyio
from anyio import to_thread
from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer as Watching

from bridge.daemon.changes import Changes
from bridge.daemon.drives.surfaces import Surfaces
from bridge.daemon.drives.witnesses import Witnesses
from bridge.daemon.socket.epochs import Epochs
from bridge.daemon.socket.sessions import Sessions
from bridge.drive.evidence import Fact
from bridge.drive.match import text_sha
from bridge.drive.record import DriveRecord
from bridge.drive.steps import Anchor
from bridge.protocol.messages.chat import ChatTarget
from bridge.protocol.messages.drive import DriveStartParams
from bridge.protocol.messages.surfaces import SurfaceSelector
from observers import claude_code, vscode_chat
from observers.base import Cursor, Delta, Observer, Store

DRIVES = 40
SESSIONS = (1, 4000)
BAR_FACT_MS = 5.0
ANCHORED = 10_000
TURNS = 15
# Seconds a file may be old and still count as written today, and no longer.
TODAY_S, LONG_AGO_S = 3600, 3 * 24 * 3600
# The watchers of the system are set up by then; nothing tells.
SETTLE_S = 0.05
LIMIT_S = 30


def vscode_session(number: int) -> bytes:
    state = {"value": 1}
    requests = [
        {
            "requestId": f"r-{number}-{turn}",
            "timestamp": 1_700_000_000_000,
            "message": {"text": "p"},
            "modelState": state,
        }
        for turn in range(TURNS)
    ]
    return json.dumps({"kind": 0, "v": {"version": 3, "sessionId": str(number), "requests": requests}}).encode() + b"\n"


def vscode_prompt(number: int, text: str) -> bytes:
    now = time.time_ns() // 1_000_000
    request = {"requestId": f"new-{number}", "timestamp": now, "message": {"text": text}, "modelState": {"value": 0}}
    return json.dumps({"kind": 2, "k": ["requests"], "v": [request]}).encode() + b"\n"


def claude_session(number: int) -> bytes:
    lines = [
        {
            "type": "user",
            "uuid": f"u-{number}-{turn}",
            "timestamp": "2026-01-01T00:00:00Z",
            "message": {"role": "user", "content": "p" * 200},
        }
        for turn in range(TURNS)
    ]
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)


def fill(folder: Path, count: int, session: Callable[[int], bytes], age_s: float) -> None:
    folder.mkdir(parents=True)
    moment = time.time() - age_s
    for number in range(count):
        path = folder / f"{number:06}.jsonl"
        path.write_bytes(session(number))
        os.utime(path, (moment, moment))


def record(number: int, text: str) -> DriveRecord:
    params = DriveStartParams(drive_id=f"bench-{number}", text=text, selector=SurfaceSelector(), target=ChatTarget())
    return DriveRecord(params.drive_id, params, text_sha(text), len(text), "", "bench", 0, [], state="acting")


class Looked:
    """The observer, and a word when a look is over: a write during the first one is not what is measured."""

    def __init__(self) -> None:
        self.over = threading.Event()

    def __getattr__(self, name: str) -> Any:
        return getattr(vscode_chat, name)

    def since(self, store: Store, cursor: Cursor, touched: Collection[Path] | None = None) -> Delta:
        delta = vscode_chat.since(store, cursor, touched)
        self.over.set()
        return delta


async def fact(stores: Witnesses, looked: Looked, store: Store, number: int) -> float:
    """Milliseconds from the write to the report that the prompt was submitted."""
    looked.over.clear()
    text = f"prompt {number} of {os.getpid()}"
    anchor = Anchor("vscode_chat", (await to_thread.run_sync(vscode_chat.cursor, store)).dump())
    told = anyio.Event()
    at = 0

    def report(found: Fact) -> None:
        nonlocal at
        if found.kind == "submitted":
            at = time.perf_counter_ns()
            told.set()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(stores.follow, record(number, text), anchor, report)
        await to_thread.run_sync(looked.over.wait, LIMIT_S)
        await anyio.sleep(SETTLE_S)
        line = vscode_prompt(number, text)
        with (store.path / "000000.jsonl").open("ab", buffering=0) as file:
            began = time.perf_counter_ns()
            file.write(line)
        with anyio.fail_after(LIMIT_S):
            await told.wait()
        tasks.cancel_scope.cancel()
    return (at - began) / 1e6


async def facts(folder: Path) -> list[float]:
    changes = Changes()
    looked = Looked()
    try:
        stores = Witnesses(
            {"vscode_chat": cast("Observer", looked)}, Surfaces(Sessions(Epochs(1, 1000)), list), changes, print, print
        )
        return [await fact(stores, looked, vscode_chat.at(folder), number) for number in range(DRIVES)]
    finally:
        changes.stop()


class _Bare(FileSystemEventHandler):
    def __init__(self) -> None:
        self.seen: queue.SimpleQueue[int] = queue.SimpleQueue()

    def on_modified(self, event: FileSystemEvent) -> None:
        if not event.is_directory:
            path = Path(os.fsdecode(event.src_path))
            json.loads(path.read_bytes().rstrip(b"\n").rpartition(b"\n")[2])
            self.seen.put(time.perf_counter_ns())


def bare(folder: Path) -> list[float]:
    """Milliseconds from the write until a bare watcher has parsed the line."""
    folder.mkdir(parents=True)
    log, handler, watching = folder / "log.jsonl", _Bare(), Watching()
    log.touch()
    watching.schedule(handler, str(folder))
    watching.start()
    taken = []
    try:
        for number in range(DRIVES):
            time.sleep(SETTLE_S)
            while not handler.seen.empty():
                handler.seen.get()
            with log.open("ab", buffering=0) as file:
                began = time.perf_counter_ns()
                file.write(vscode_prompt(number, "prompt"))
            taken.append((handler.seen.get(timeout=LIMIT_S) - began) / 1e6)
    finally:
        watching.stop()
        watching.join()
    return taken


def first_anchor(observer: Observer, folder: Path) -> tuple[float, float]:
    """Seconds for the first anchor, and for the times of the same files."""
    began = time.perf_counter()
    for entry in os.scandir(folder):
        entry.stat()
    listed = time.perf_counter() - began
    began = time.perf_counter()
    observer.cursor(observer.at(folder))
    return time.perf_counter() - began, listed


def anchor_row(
    observer: Observer, session: Callable[[int], bytes], age_s: float, what: str, root: Path
) -> dict[str, Any]:
    folder = root / "User/workspaceStorage/bench/chatSessions"
    fill(folder, ANCHORED, session, age_s)
    taken, listed = first_anchor(observer, folder)
    return {
        "measure": f"first anchor among {ANCHORED} sessions of {observer.ID} {what}",
        "value": round(taken, 2),
        "unit": "s",
        "against": f"the time of each file: {listed:.2f} s",
        "ratio": round(taken / listed, 1),
        "bar": "<= 5 s",
        "met": taken <= 5.0,
    }


def fact_rows(root: Path) -> list[dict[str, Any]]:
    baseline = statistics.median(bare(root / "bare"))
    found = []
    for count in SESSIONS:
        folder = root / str(count) / "User/workspaceStorage/bench/chatSessions"
        fill(folder, count, vscode_session, LONG_AGO_S)
        taken = sorted(anyio.run(partial(facts, folder)))
        p50, p99 = statistics.median(taken), statistics.quantiles(taken, n=100)[98]
        found.append(
            {
                "measure": f"store write to a drive's fact, {count} session{'s' if count > 1 else ''}, p50",
                "value": round(p50, 2),
                "unit": "ms",
                "p99": round(p99, 2),
                "against": f"a bare watcher that parses the line: {baseline:.2f} ms",
                "ratio": round(p50 / baseline, 1),
                "bar": f"<= {BAR_FACT_MS:g} ms",
                "met": p50 <= BAR_FACT_MS,
            }
        )
    return found


def rows() -> list[dict[str, Any]]:
    """See run.py."""
    with tempfile.TemporaryDirectory(prefix="koru-bench-") as name:
        root = Path(name)
        return [
            *fact_rows(root),
            anchor_row(claude_code, claude_session, LONG_AGO_S, "at rest", root / "rest"),
            anchor_row(vscode_chat, vscode_session, TODAY_S, "written today", root / "today"),
        ]
