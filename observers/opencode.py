"""The chat store of opencode: one SQLite database for all folders, `opencode.db` or `opencode-<channel>.db`."""

from __future__ import annotations

from pathlib import Path

from observers import data_home, opencode_messages, session_database
from observers.activity import Activity
from observers.base import Store
from observers.session_database import SessionDatabase

ID = "opencode"
CANNOT_KNOW = opencode_messages.CANNOT_KNOW

FRESHNESS_S = 900.0
# A prompt is written one to two seconds before its request is sent.
FLUSH_S = 5.0

_FOLDER = "opencode"
_NAME = "opencode.db"


def locate(workspace: str | Path | None = None) -> tuple[Store, ...]:
    """See `Observer.locate`."""
    folder = data_home.folder() / _FOLDER
    return session_database.locate(ID, _DATABASE, session_database.databases(folder, _NAME, "opencode*.db"), workspace)


def at(path: Path) -> Store:
    """See `Observer.at`. Takes the database or its folder."""
    hint = f"give opencode's data folder, such as {data_home.folder() / _FOLDER}"
    return Store(ID, session_database.place(path, _NAME, "opencode*.db", hint))


def flush_horizon(_store: Store) -> float:
    """See `Observer.flush_horizon`."""
    return FLUSH_S


def watch_paths(store: Store) -> tuple[Path, ...]:
    """See `Observer.watch_paths`."""
    return session_database.watch_paths(store)


def fingerprint(store: Store) -> str:
    """See `Observer.fingerprint`: a digest of the declarations that are relied on."""
    return _DATABASE.fingerprint(store.path, *opencode_messages.TABLES)


_DATABASE = SessionDatabase("session", opencode_messages.entries, opencode_messages.ids, opencode_messages.contents)
_READ = session_database.reading(_DATABASE, opencode_messages.exchanges)
_ACTIVITY = Activity(_DATABASE.sources, _DATABASE.scan, _READ, FRESHNESS_S, dated=True)

cursor = _ACTIVITY.cursor
since = _ACTIVITY.since
sessions = _ACTIVITY.sessions
turns = _ACTIVITY.turns
health = _ACTIVITY.health
