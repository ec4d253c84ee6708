"""Roo Code: a folder for each task, with the rows of its chat in one file that is replaced."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from observers import task_folders
from observers.base import Store

ID = "roo_code"
CANNOT_KNOW: tuple[str, ...] = (
    "whether a running task is alive once its window was killed: after 15 minutes without a write it is unknown",
    "for two seconds, whether what is asked waits for a person or is approved by itself",
    "whether an error that was only said ends the turn",
)
EXTENSION = "rooveterinaryinc.roo-cline"


def locate(workspace: str | Path | None = None) -> tuple[Store, ...]:
    """See `Observer.locate`. A store holds the tasks of all folders; asked for one, it shows only that one's."""
    found = task_folders.task_stores(ID, EXTENSION)
    if workspace is None:
        return tuple(found)
    narrowed = (replace(store, workspace=str(workspace)) for store in found)
    return tuple(store for store in narrowed if any(source.workspace for source in _TASKS.sources(store)))


def at(path: Path) -> Store:
    """See `Observer.at`."""
    return task_folders.store_at(ID, path)


def flush_horizon(store: Store) -> float:
    """See `Observer.flush_horizon`."""
    return task_folders.FLUSH_S


def watch_paths(store: Store) -> tuple[Path, ...]:
    """See `Observer.watch_paths`."""
    return task_folders.watched(_TASKS, store)


_TASKS = task_folders.documents()

cursor = _TASKS.activity.cursor
since = _TASKS.activity.since
sessions = _TASKS.activity.sessions
turns = _TASKS.activity.turns
health = _TASKS.activity.health
fingerprint = _TASKS.fingerprint
