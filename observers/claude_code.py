"""Claude Code, in a terminal or in an IDE: a transcript for each session, and a file for each process that runs one."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from observers import claude_transcript
from observers.base import ObserverError, ObserverReason, State, Store
from observers.claude_transcript import ClaudeTalk
from observers.clock import now_ms
from observers.exchange import Exchange
from observers.folders import subfolders
from observers.jsonl import read_whole
from observers.listing import Source
from observers.regular_file import may_be_directory, opened
from observers.running import runs
from observers.session_files import Folder, entries, regular
from observers.transcript import Transcripts
from observers.vscode_data import local_path, same_workspace

ID = "claude_code"
CANNOT_KNOW: tuple[str, ...] = (
    "what a tool that waits for approval is about: its call is written only after the answer",
    "in builds without a file for each process: whether it waits for approval, and whether it still runs",
    "whether an answer was cut off: a connection lost at the end of its tries looks like an end",
    "how the turn ended that a queued prompt was given to",
)
FRESHNESS_S = 900.0
# Measured: 110 ms, a second at most.
FLUSH_S = 2.0
# The process says idle up to this long before the end of the turn is written.
_LAG_MS = 2_000
_HEAD = 1 << 16
_CWD = re.compile(rb'"cwd"\s*:\s*"((?:[^"\\]|\\.)*)"')


@dataclass(frozen=True, slots=True)
class Process:
    """What one process says of its session; `alive` is None where the system does not tell."""

    status: str
    waiting_for: str | None
    updated_ms: int
    alive: bool | None

    @property
    def rests(self) -> bool:
        """Idle for over 2 s, by when the end of its turn is written to the transcript."""
        return self.status == "idle" and now_ms() - self.updated_ms > _LAG_MS

    def __str__(self) -> str:
        return f"{self.status}/{self.waiting_for}/{self.updated_ms}/{self.alive}/{self.rests}"


def locate(workspace: str | Path | None = None) -> tuple[Store, ...]:
    """See `Observer.locate`."""
    if workspace is None:
        return tuple(_store(folder) for root in _roots() for folder in _projects(root))
    wanted = local_path(str(workspace))
    slugs = {re.sub(r"[^A-Za-z0-9]", "-", path.rstrip("/")) for path in (wanted, os.path.realpath(wanted))}
    folders = [root / "projects" / slug for root in _roots() for slug in sorted(slugs)]
    return tuple(store for folder in folders if may_be_directory(folder) and _names(store := _store(folder), wanted))


def at(path: Path) -> Store:
    """See `Observer.at`. Takes a transcript, or a folder of `projects`."""
    path = path.absolute()
    if path.suffix == ".jsonl" and may_be_directory(path.parent):
        return replace(_store(path.parent), path=path)
    if may_be_directory(path) or path.parent.name == "projects" or may_be_directory(path.parent):
        return _store(path)
    hint = "give a folder of ~/.claude/projects, or a transcript in it"
    raise ObserverError(ObserverReason.MISSING, "no transcripts of Claude Code are here", where=str(path), hint=hint)


def flush_horizon(store: Store) -> float:
    """See `Observer.flush_horizon`."""
    return FLUSH_S


def watch_paths(store: Store) -> tuple[Path, ...]:
    """See `Observer.watch_paths`."""
    folder = store.path.parent if store.path.suffix == ".jsonl" else store.path
    return (folder, folder.parent, _registry(store))


def _roots() -> Iterator[Path]:
    named = os.environ.get("CLAUDE_CONFIG_DIR")
    yield from dict.fromkeys(
        [*([Path(named)] if named else []), Path.home() / ".claude", Path.home() / ".config/claude"]
    )


def _projects(root: Path) -> list[Path]:
    try:
        return subfolders(root / "projects")
    except ObserverError:
        # The folder is there and cannot be listed: `health` reports why.
        return [root / "projects"]


def _store(folder: Path) -> Store:
    return Store(ID, folder, _workspace(folder), "claude")


def _workspace(folder: Path) -> str | None:
    """The folder that the newest transcript was begun in; the name of its own folder does not give it back."""
    try:
        logs = [
            (status.st_mtime_ns, entry.path)
            for entry in entries(folder)
            if entry.name.endswith(".jsonl") and (status := regular(entry)) is not None
        ]
        with opened(Path(max(logs)[1])) as descriptor:
            found = _CWD.search(os.read(descriptor, _HEAD))
    except (OSError, ValueError, ObserverError):
        return None
    return found[1].decode("utf-8", "replace").replace("\\\\", "\\") if found else None


def _names(store: Store, workspace: str) -> bool:
    return store.workspace is None or same_workspace(store.workspace, workspace)


def _registry(store: Store) -> Path:
    folder = store.path.parent if store.path.suffix == ".jsonl" else store.path
    return folder.parent.parent / "sessions"


def _processes(store: Store) -> dict[str, Process]:
    """The processes by session. Of two that name one session: the process that is alive, then the newer."""
    found: dict[str, Process] = {}
    try:
        names = [entry.path for entry in entries(_registry(store)) if entry.name.endswith(".json")]
    except ObserverError:
        return {}
    for name in names:
        try:
            value = read_whole(Path(name), delays=())
        except ObserverError:
            continue
        if isinstance(value, dict) and isinstance(session := value.get("sessionId"), str):
            process = _process(value)
            if session not in found or _rank(process) > _rank(found[session]):
                found[session] = process
    return found


def _process(value: dict[str, Any]) -> Process:
    updated = value.get("statusUpdatedAt") or value.get("updatedAt")
    waiting = value.get("waitingFor")
    return Process(
        str(value.get("status") or "unknown"),
        waiting if isinstance(waiting, str) else None,
        updated if isinstance(updated, int) else 0,
        runs(value.get("pid"), value.get("procStart")) if _same_machine(value.get("pidDomain")) else None,
    )


def _same_machine(domain: object) -> bool:
    """False for a process in another namespace, such as a container: its number means another process here."""
    if not isinstance(domain, str) or "pid:[" not in domain:
        return True
    try:
        return domain.endswith(str(Path("/proc/self/ns/pid").readlink()))
    except OSError:
        return True


def _rank(process: Process) -> tuple[bool, int]:
    return bool(process.alive), process.updated_ms


def _marks(store: Store) -> Callable[[Source], Source]:
    processes = _processes(store)

    def mark(source: Source) -> Source:
        process = processes.get(source.key)
        if process is None:
            return source
        stamp = None if source.stamp is None else f"{source.stamp} {process}"
        alive = now_ms() if process.alive and process.status != "idle" else None
        return replace(source, stamp=stamp, alive_ms=alive)

    return mark


def _finish(talk: ClaudeTalk, store: Store, source: Source) -> Iterable[Exchange]:
    """The turns of the transcript. A turn that is not over gets the state that its process tells."""
    turns = claude_transcript.standing(talk)
    process = _processes(store).get(source.key)
    if process is None:
        return turns
    return [_by_process(turn, process) if turn.state is State.WORKING else turn for turn in turns]


def _by_process(turn: Exchange, process: Process) -> Exchange:
    if process.alive is False:
        return replace(turn, state=State.INTERRUPTED, reason="the process that ran it is gone")
    if process.status == "waiting":
        return replace(turn, state=State.NEEDS_INPUT, reason=process.waiting_for or "input")
    if process.rests:
        return replace(turn, state=State.UNKNOWN, reason="its process is idle, but no end was written")
    return turn


_CHATS: Transcripts[ClaudeTalk] = Transcripts(
    Folder(".jsonl", other=r"agent-"), ClaudeTalk, claude_transcript.line, _finish, FRESHNESS_S, _marks
)

cursor = _CHATS.activity.cursor
since = _CHATS.activity.since
sessions = _CHATS.activity.sessions
turns = _CHATS.activity.turns
health = _CHATS.activity.health
fingerprint = _CHATS.fingerprint
