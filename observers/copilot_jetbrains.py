"""Copilot in JetBrains IDEs: a folder for each conversation, with its events in one or more numbered logs."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from observers import copilot_events
from observers.base import ObserverError, ObserverReason, Store
from observers.copilot_events import EventTalk
from observers.folders import may_exist, status_of
from observers.regular_file import may_be_directory
from observers.session_files import entries, file_of, regular
from observers.transcript import Transcripts

ID = "copilot_jetbrains"
CANNOT_KNOW: tuple[str, ...] = (
    "which folder a conversation is about",
    "whether a tool that was asked for runs or waits for approval, where no permission is written",
    "how a turn went on whose end is in the next log of its conversation",
    "that a turn failed, in builds that write no event for it",
)
FRESHNESS_S = 900.0
FLUSH_S = 10.0
_PARTITION = re.compile(r"partition-(\d+)\.jsonl$")
_NEWEST = 8


class Partitions:
    """`<conversation>/partition-<n>.jsonl`; a key is `<conversation>/<n>`."""

    def files(self, store: Store) -> Iterator[tuple[str, int, str, os.stat_result]]:
        if _is_conversation(store.path):
            yield from self._logs(store.path)
            return
        for entry in entries(store.path):
            try:
                yield from self._logs(Path(entry.path))
            except ObserverError as problem:
                # Listed all the same: reading this conversation raises the problem, and the others are listed.
                if problem.reason is not ObserverReason.MISSING and (status := status_of(entry)) is not None:
                    yield f"{entry.name}/1", 0, f"{entry.path}{os.sep}partition-1.jsonl", status

    def _logs(self, folder: Path) -> Iterator[tuple[str, int, str, os.stat_result]]:
        for entry in entries(folder):
            if _PARTITION.match(entry.name) and (status := regular(entry)) is not None:
                yield self._named(Path(entry.path)), 0, entry.path, status

    def key(self, store: Store, path: Path) -> str | None:
        return self._named(path) if _PARTITION.match(path.name) and path.is_relative_to(store.path) else None

    @staticmethod
    def _named(path: Path) -> str:
        found = _PARTITION.match(path.name)
        return f"{path.parent.name}/{found[1] if found else path.stem}"


def locate(workspace: str | Path | None = None) -> tuple[Store, ...]:
    """See `Observer.locate`. None for a folder: the store names none."""
    folder = Path(os.environ.get("COPILOT_HOME") or Path.home() / ".copilot") / "jb"
    return (Store(ID, folder, None, "copilot"),) if workspace is None and may_be_directory(folder) else ()


def at(path: Path) -> Store:
    """See `Observer.at`. Takes `jb`, the folder above it, a conversation, or a log in one."""
    path = path.absolute()
    if _PARTITION.match(path.name) and may_be_directory(path.parent):
        path = path.parent
    elif path.name != "jb" and may_be_directory(path / "jb"):
        path = path / "jb"
    elif not may_be_directory(path) and not may_be_directory(path.parent):
        hint = "give ~/.copilot/jb, or a conversation in it"
        raise ObserverError(ObserverReason.MISSING, "no conversations of Copilot are here", where=str(path), hint=hint)
    return Store(ID, path, None, "copilot")


def flush_horizon(store: Store) -> float:
    """See `Observer.flush_horizon`."""
    return FLUSH_S


def watch_paths(store: Store) -> tuple[Path, ...]:
    """See `Observer.watch_paths`. The folder of the conversations, and the newest of them."""
    try:
        newest = [file_of(source).parent for source in _CHATS.sources(store)[-_NEWEST:]]
    except ObserverError:
        newest = []
    return tuple(dict.fromkeys([store.path, *newest]))


def _is_conversation(path: Path) -> bool:
    return may_exist(path / "partition-1.jsonl") or may_exist(path / "partition-0.jsonl")


_CHATS: Transcripts[EventTalk] = Transcripts(
    Partitions(), EventTalk, copilot_events.line, copilot_events.standing, FRESHNESS_S
)

cursor = _CHATS.activity.cursor
since = _CHATS.activity.since
sessions = _CHATS.activity.sessions
turns = _CHATS.activity.turns
health = _CHATS.activity.health
fingerprint = _CHATS.fingerprint
