"""Codex, in a terminal, an IDE or its own window: a rollout for each thread, in a folder for each day."""

from __future__ import annotations

import os
import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from observers import codex_rollout
from observers.base import ObserverError, ObserverReason, State, Store
from observers.codex_rollout import RolloutTalk
from observers.exchange import Exchange
from observers.folders import leads_to_folder
from observers.jsonl import open_log, parse
from observers.listing import Source
from observers.regular_file import may_be_directory, refusal
from observers.session_files import entries, file_of, regular
from observers.transcript import Transcripts
from observers.vscode_data import same_workspace

ID = "codex"
CANNOT_KNOW: tuple[str, ...] = (
    "whether a tool runs or waits for approval, where the approval policy lets it ask",
    "the text of an answer that was interrupted",
    "where nobody tells who holds a lock: whether a running turn is alive once its process was killed",
    "in older builds: that a turn failed, when its process wrote no end",
)
FRESHNESS_S = 900.0
# Measured: 8 ms to the end of a turn; a prompt is written before it is sent.
FLUSH_S = 2.0

_LOCKS = "thread-writer-locks"
# The file that a lock is on, as its number on its disk.
_HELD = re.compile(r"FLOCK .*? [0-9a-f]+:[0-9a-f]+:(\d+) ")
# The process namespace of the whole machine: in any other, locks of processes outside are not shown.
_ALL_SEEN = Path("pid:[4026531836]")
_NAME = re.compile(r"rollout-.*?-([0-9a-f]{8}-[0-9a-f-]{27})\.jsonl(\.zst)?$")
_ARCHIVE = "archived_sessions"
_HEAD_LINE = 8 << 20
_KEPT_HEADS = 100_000
_NEWEST = 8


@dataclass(frozen=True, slots=True)
class Head:
    """What the first line of a rollout says: its folder, and whether it is a sub-agent's."""

    folder: str | None
    hidden: bool


class Days:
    """`sessions/<year>/<month>/<day>/rollout-*.jsonl`, or `.jsonl.zst`, and the archive. Of one thread, a file in
    `sessions` wins over one in the archive, and there a plain file over a compressed one."""

    def files(self, store: Store) -> Iterator[tuple[str, int, str, os.stat_result]]:
        if store.path.suffix in {".jsonl", ".zst"}:
            try:
                yield _key(store.path.name) or store.path.stem, 0, str(store.path), store.path.stat()
            except OSError as error:
                raise refusal(error, store.path) from error
            return
        for folder in _folders(store.path):
            for entry in entries(folder):
                found = _NAME.match(entry.name)
                if found and (status := regular(entry)) is not None:
                    rank = (1 if found[2] else 0) + (2 if folder.name == _ARCHIVE else 0)
                    yield found[1], rank, entry.path, status

    def key(self, store: Store, path: Path) -> str | None:
        return _key(path.name) if path.suffix == ".jsonl" and path.is_relative_to(store.path) else None


def locate(workspace: str | Path | None = None) -> tuple[Store, ...]:
    """See `Observer.locate`. One store holds the threads of all folders; asked for one, it shows only that one's."""
    root = _root()
    if not may_be_directory(root / "sessions") and not may_be_directory(root / _ARCHIVE):
        return ()
    if workspace is None:
        return (Store(ID, root, None, "codex"),)
    store = Store(ID, root, str(workspace), "codex")
    return (store,) if _CHATS.sources(store) else ()


def at(path: Path) -> Store:
    """See `Observer.at`. Takes the folder `.codex`, anything in its `sessions`, or a rollout."""
    path = path.absolute()
    if _key(path.name) and may_be_directory(path.parent):
        return Store(ID, path, None, "codex")
    for folder in (path, *path.parents):
        if folder.name in {"sessions", _ARCHIVE} and may_be_directory(folder.parent):
            return Store(ID, folder.parent, None, "codex")
    if may_be_directory(path) or may_be_directory(path.parent):
        return Store(ID, path, None, "codex")
    hint = "give the folder .codex, or a rollout in its sessions"
    raise ObserverError(ObserverReason.MISSING, "no rollouts of Codex are here", where=str(path), hint=hint)


def flush_horizon(store: Store) -> float:
    """See `Observer.flush_horizon`."""
    return FLUSH_S


def watch_paths(store: Store) -> tuple[Path, ...]:
    """See `Observer.watch_paths`. The newest days, those of the newest threads, and what is above them."""
    if store.path.suffix in {".jsonl", ".zst"}:
        return (store.path.parent,)
    sessions = store.path / "sessions"
    try:
        newest = [file_of(source).parent for source in _CHATS.sources(store)[-_NEWEST:]]
    except ObserverError:
        newest = []
    days = [folder for folder in newest if folder.is_relative_to(sessions)]
    return tuple(dict.fromkeys([sessions, *newest, *(up for day in days for up in (day.parent, day.parent.parent))]))


def _root() -> Path:
    return Path(os.environ.get("CODEX_HOME") or Path.home() / ".codex")


def _key(name: str) -> str | None:
    found = _NAME.match(name)
    return found[1] if found else None


def _folders(root: Path) -> Iterator[Path]:
    if not may_be_directory(root / "sessions") and not may_be_directory(root) and not may_be_directory(root.parent):
        raise ObserverError(ObserverReason.MISSING, "there is nothing at this path", where=str(root))
    yield root / _ARCHIVE
    level = [root / "sessions"]
    for _ in range(3):
        level = [Path(entry.path) for folder in level for entry in entries(folder) if leads_to_folder(entry)]
    yield from level


class _Heads:
    """The first lines of rollouts, which never change."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, Head] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, source: Source) -> Head:
        """A rollout as it is listed; a rollout that cannot be read is listed too, so that reading it says why."""
        with self._lock:
            known = self._known.get(source.key)
        if known is not None:
            return known
        try:
            known = _head(file_of(source))
        except ObserverError:
            return Head(None, hidden=False)
        with self._lock:
            self._known[source.key] = known
            while len(self._known) > _KEPT_HEADS:
                self._known.popitem(last=False)
        return known


def _head(path: Path) -> Head:
    with open_log(path, max_line=_HEAD_LINE) as log:
        for offset, line in log:
            entry = parse(line, f"{path}@{offset}")
            meta = entry.get("payload") if isinstance(entry, dict) else None
            if not isinstance(meta, dict):
                break
            source, folder = meta.get("source"), meta.get("cwd")
            hidden = (isinstance(source, dict) and "subagent" in source) or meta.get("thread_source") == "subagent"
            return Head(folder if isinstance(folder, str) else None, hidden)
    raise ObserverError(ObserverReason.CORRUPT, "no first line", where=str(path))


def _marks(store: Store) -> Callable[[Source], Source | None]:
    left = _left_behind(store)

    def mark(source: Source) -> Source | None:
        head = _HEADS.of(source)
        elsewhere = store.workspace is not None and not same_workspace(head.folder, store.workspace)
        if head.hidden or elsewhere:
            return None
        stamp = f"{source.stamp} left" if source.stamp is not None and source.key in left else source.stamp
        return replace(source, stamp=stamp, workspace=head.folder)

    return mark


def _left_behind(store: Store) -> frozenset[str]:
    """The threads whose process died: their lock file is still there and not held. Seen without taking the lock."""
    try:
        if Path("/proc/self/ns/pid").readlink() != _ALL_SEEN:
            return frozenset()
        locks = {regular(entry): entry.name for entry in entries(_home(store) / _LOCKS) if entry.name.endswith(".lock")}
        held = set(_HELD.findall(Path("/proc/locks").read_text("ascii"))) if locks else set()
    except (OSError, ObserverError):
        return frozenset()
    free = ((status, name) for status, name in locks.items() if status is not None and str(status.st_ino) not in held)
    return frozenset(name.removesuffix(".lock") for _, name in free)


def _home(store: Store) -> Path:
    if store.path.suffix not in {".jsonl", ".zst"}:
        return store.path
    return next((up.parent for up in store.path.parents if up.name in {"sessions", _ARCHIVE}), store.path.parent)


def _finish(talk: RolloutTalk, store: Store, source: Source) -> Iterator[Exchange]:
    gone = source.stamp is not None and source.stamp.endswith(" left")
    for exchange in codex_rollout.standing(talk):
        if gone and not exchange.state.over:
            yield replace(exchange, state=State.INTERRUPTED, reason="the process that ran it is gone")
        else:
            yield exchange


_HEADS = _Heads()
_CHATS: Transcripts[RolloutTalk] = Transcripts(Days(), RolloutTalk, codex_rollout.line, _finish, FRESHNESS_S, _marks)

cursor = _CHATS.activity.cursor
since = _CHATS.activity.since
sessions = _CHATS.activity.sessions
turns = _CHATS.activity.turns
health = _CHATS.activity.health
fingerprint = _CHATS.fingerprint
