"""The chat store of Kilo Code from 7.2 on: the tables of opencode in a database of its own, `kilo.db`."""

from __future__ import annotations

import os
from pathlib import Path

from observers import data_home, opencode_messages, session_database
from observers.activity import Activity
from observers.base import Store
from observers.folders import may_exist
from observers.session_database import SessionDatabase

ID = "kilo"
CANNOT_KNOW: tuple[str, ...] = (
    *opencode_messages.CANNOT_KNOW,
    "chats of versions before 7.2, which kept them in the editor's globalStorage",
)

FRESHNESS_S = 900.0
FLUSH_S = 5.0

_NAME = "kilo.db"


def locate(workspace: str | Path | None = None) -> tuple[Store, ...]:
    """See `Observer.locate`."""
    named = os.environ.get("KILO_DB")
    paths = (
        [Path(named)]
        if named and Path(named).is_absolute()
        else session_database.databases(_folder(), _NAME, "kilo*.db")
    )
    return session_database.locate(ID, _DATABASE, [path for path in paths if may_exist(path)], workspace)


def at(path: Path) -> Store:
    """See `Observer.at`. Takes the database or its folder."""
    return Store(ID, session_database.place(path, _NAME, "kilo*.db", f"give Kilo's data folder, such as {_folder()}"))


def flush_horizon(_store: Store) -> float:
    """See `Observer.flush_horizon`."""
    return FLUSH_S


def watch_paths(store: Store) -> tuple[Path, ...]:
    """See `Observer.watch_paths`."""
    return session_database.watch_paths(store)


def fingerprint(store: Store) -> str:
    """See `Observer.fingerprint`: a digest of the declarations that are relied on."""
    return _DATABASE.fingerprint(store.path, *opencode_messages.TABLES)


def _folder() -> Path:
    named = os.environ.get("KILO_DATA_DIR")
    return Path(named) if named else data_home.folder() / "kilo"


_DATABASE = SessionDatabase("session", opencode_messages.entries, opencode_messages.ids, opencode_messages.contents)
_READ = session_database.reading(_DATABASE, opencode_messages.exchanges)
_ACTIVITY = Activity(_DATABASE.sources, _DATABASE.scan, _READ, FRESHNESS_S, dated=True)

cursor = _ACTIVITY.cursor
since = _ACTIVITY.since
sessions = _ACTIVITY.sessions
turns = _ACTIVITY.turns
health = _ACTIVITY.health
