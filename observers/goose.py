"""The chat store of goose: one SQLite database, `sessions.db`, for all folders."""

from __future__ import annotations

import os
from pathlib import Path

from observers import data_home, goose_messages, session_database
from observers.activity import Activity
from observers.base import Store
from observers.folders import may_exist
from observers.session_database import SessionDatabase

ID = "goose"
CANNOT_KNOW: tuple[str, ...] = (
    "whether a tool runs or waits for approval",
    "whether a turn ended in an error: the error is shown and not kept",
    "that a turn was cancelled before its first answer",
    "two equal prompts of one second apart, in versions whose messages have no id",
)

FRESHNESS_S = 900.0
FLUSH_S = 5.0

_NAME = "sessions.db"


def locate(workspace: str | Path | None = None) -> tuple[Store, ...]:
    """See `Observer.locate`."""
    path = _folder() / _NAME
    return session_database.locate(ID, _DATABASE, [path] if may_exist(path) else [], workspace)


def at(path: Path) -> Store:
    """See `Observer.at`. Takes the database or its folder."""
    return Store(ID, session_database.place(path, _NAME, _NAME, f"give goose's data folder, such as {_folder()}"))


def flush_horizon(_store: Store) -> float:
    """See `Observer.flush_horizon`."""
    return FLUSH_S


def watch_paths(store: Store) -> tuple[Path, ...]:
    """See `Observer.watch_paths`."""
    return session_database.watch_paths(store)


def fingerprint(store: Store) -> str:
    """See `Observer.fingerprint`: a digest of the declarations that are relied on."""
    return _DATABASE.fingerprint(store.path, *goose_messages.TABLES)


def _folder() -> Path:
    root = os.environ.get("GOOSE_PATH_ROOT")
    return (Path(root) / "data" if root else data_home.folder() / "goose") / "sessions"


_DATABASE = SessionDatabase("sessions", goose_messages.entries, goose_messages.ids, goose_messages.contents)
_READ = session_database.reading(_DATABASE, goose_messages.exchanges)
_ACTIVITY = Activity(_DATABASE.sources, _DATABASE.scan, _READ, FRESHNESS_S, dated=True)

cursor = _ACTIVITY.cursor
since = _ACTIVITY.since
sessions = _ACTIVITY.sessions
turns = _ACTIVITY.turns
health = _ACTIVITY.health
