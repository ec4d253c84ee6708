"""The agent threads of Zed: one SQLite database, each thread a JSON value, compressed in newer builds."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from observers import data_home, session_database, zed_threads
from observers.activity import Activity
from observers.base import Store, Turn
from observers.exchange import rows, shaped
from observers.folders import may_exist
from observers.listing import Source
from observers.session_database import SessionDatabase

ID = "zed"
CANNOT_KNOW: tuple[str, ...] = (
    "whether a turn runs, ended, failed or was cancelled: the thread is kept without a state",
    "when a prompt was sent: only threads have times, so of a copied thread every prompt with a new id counts as new",
    "what an agent of another maker does in Zed: that agent keeps its own store",
    "whether a tool runs or waits for approval",
)

FRESHNESS_S = 900.0
# An answer that is still streamed may not be written before it ends.
FLUSH_S = 60.0

_NAME = "threads.db"


def locate(workspace: str | Path | None = None) -> tuple[Store, ...]:
    """See `Observer.locate`."""
    path = _folder() / _NAME
    return session_database.locate(ID, _DATABASE, [path] if may_exist(path) else [], workspace)


def at(path: Path) -> Store:
    """See `Observer.at`. Takes the database or its folder."""
    return Store(ID, session_database.place(path, _NAME, _NAME, f"give Zed's folder of threads, such as {_folder()}"))


def flush_horizon(_store: Store) -> float:
    """See `Observer.flush_horizon`."""
    return FLUSH_S


def watch_paths(store: Store) -> tuple[Path, ...]:
    """See `Observer.watch_paths`."""
    return session_database.watch_paths(store)


def fingerprint(store: Store) -> str:
    """See `Observer.fingerprint`: a digest of the declaration that is relied on."""
    return _DATABASE.fingerprint(store.path, *zed_threads.TABLES)


def _folder() -> Path:
    native = data_home.native()
    return native / ("Zed" if native != data_home.folder() else "zed") / "threads"


def _read(store: Store, source: Source) -> Sequence[Turn]:
    with shaped(str(store.path)):
        found = zed_threads.exchanges(_DATABASE.contents(store, source), f"{store.path}#{source.key}")
    return rows(store, source.key, found)


_DATABASE = SessionDatabase("threads", zed_threads.entries, zed_threads.ids, zed_threads.contents)
_ACTIVITY = Activity(_DATABASE.sources, _DATABASE.scan, _read, FRESHNESS_S)

cursor = _ACTIVITY.cursor
since = _ACTIVITY.since
sessions = _ACTIVITY.sessions
turns = _ACTIVITY.turns
health = _ACTIVITY.health
