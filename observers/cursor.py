"""Cursor's chats: the composers in its global database, and the transcripts its agents write under `~/.cursor`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from observers import clock, cursor_composers, cursor_transcript, session_database, vscode_data
from observers.activity import Activities, Activity
from observers.base import ObserverError, ObserverReason, Store, Turn
from observers.exchange import rows, shaped
from observers.folders import may_exist, subfolders
from observers.listing import Source
from observers.regular_file import may_be_directory
from observers.session_database import SessionDatabase
from observers.session_files import SessionFiles, file_of

ID = "cursor"
CANNOT_KNOW: tuple[str, ...] = (
    "whether a tool runs or waits for approval, unless the product's own flag says that it waits",
    "in the database: how any turn but the newest ended",
    "whether a running turn is alive once its window was killed: after 15 minutes without a write it counts as unknown",
    "in builds before September 2025: which prompts are new in a chat that rested for a day, for they have no time",
    "in the transcripts: when a line was written, and two chats apart that begin with the same words",
    "in the transcripts: which folder they belong to, where two folders differ in punctuation only",
)

# The longest gap that was reported within a live run is 826 s.
FRESHNESS_S = 900.0
FLUSH_S = 15.0
# A turn that ends is written as aborted and, within two seconds, as completed.
SETTLE_MS = 5_000

_NAME = "state.vscdb"


def locate(workspace: str | Path | None = None) -> tuple[Store, ...]:
    """See `Observer.locate`."""
    users = [user for product, user in vscode_data.user_directories() if product in {"cursor", "cursor-server"}]
    databases = [path for user in users if may_exist(path := user / "globalStorage" / _NAME)]
    composers = session_database.locate(ID, _DATABASE, databases, workspace)
    slug = None if workspace is None else _slug(vscode_data.local_path(str(workspace)))
    try:
        found = subfolders(_projects())
    except ObserverError:
        # The folder is there and cannot be listed: `health` reports why.
        return (*composers, Store(ID, _projects(), None, "cursor"))
    logs = [folder / cursor_transcript.FOLDER for folder in found if slug in {None, folder.name}]
    return (*composers, *(Store(ID, path, None, "cursor") for path in logs if may_be_directory(path)))


def at(path: Path) -> Store:
    """See `Observer.at`. Takes the database, a workspaceStorage of its own, a project's folder and a transcript."""
    path = path.absolute()
    for folder in (path, *path.parents):
        if folder.name == cursor_transcript.FOLDER:
            return Store(ID, folder, None, "cursor")
    if may_be_directory(path / cursor_transcript.FOLDER):
        return Store(ID, path / cursor_transcript.FOLDER, None, "cursor")
    storage = vscode_data.storage_above(path)
    if storage is None:
        hint = "give Cursor's globalStorage, a folder of its workspaceStorage, or a project under ~/.cursor/projects"
        raise ObserverError(ObserverReason.MISSING, "no chat store of Cursor is here", where=str(path), hint=hint)
    if storage.name == "globalStorage":
        return Store(ID, storage / _NAME, None, "cursor")
    workspace = vscode_data.workspace_of(storage)
    return Store(ID, storage.parent.parent / "globalStorage" / _NAME, workspace, "cursor")


def flush_horizon(_store: Store) -> float:
    """See `Observer.flush_horizon`."""
    return FLUSH_S


def watch_paths(store: Store) -> tuple[Path, ...]:
    """See `Observer.watch_paths`. A transcript's own folder is made with it, so those that exist are watched too."""
    if _is_log(store):
        newest = sorted(_FILES.sources(store), key=lambda source: source.modified_ms)[-session_database.NEWEST :]
        return (store.path, store.path.parent, *(file_of(source).parent for source in newest))
    return session_database.watch_paths(store)


def fingerprint(store: Store) -> str:
    """See `Observer.fingerprint`: `jsonl`, or a digest of the declarations that are relied on."""
    if _is_log(store):
        return "jsonl" if _FILES.sources(store) else "empty"
    return _DATABASE.fingerprint(store.path, *cursor_composers.TABLES)


def _projects() -> Path:
    return Path.home() / ".cursor" / "projects"


def _slug(path: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "-", path).strip("-")


def _is_log(store: Store) -> bool:
    return store.path.name == cursor_transcript.FOLDER


def _activity(store: Store) -> Activity:
    return _LOGS if _is_log(store) else _COMPOSERS


def _sources(store: Store) -> tuple[Source, ...]:
    now = clock.now_ms()
    found = _DATABASE.sources(store)
    return tuple(replace(source, stamp=None) if _unsettled(source, now) else source for source in found)


def _unsettled(source: Source, now: int) -> bool:
    return abs(now - source.modified_ms) < SETTLE_MS


def _read(store: Store, source: Source) -> Sequence[Turn]:
    settled = not _unsettled(source, clock.now_ms())
    with shaped(str(store.path)):
        found = cursor_composers.exchanges(_DATABASE.contents(store, source), str(store.path), settled)
    return rows(store, source.key, found)


def _scan_log(_store: Store, source: Source) -> Sequence[str]:
    return cursor_transcript.LOGS.read(file_of(source), lambda log: [turn.turn for turn in log.turns])


def _read_log(store: Store, source: Source) -> Sequence[Turn]:
    return cursor_transcript.LOGS.read(file_of(source), lambda log: rows(store, source.key, log.turns))


_DATABASE = SessionDatabase(
    "composerHeaders", cursor_composers.entries, cursor_composers.ids, cursor_composers.contents
)
_COMPOSERS = Activity(_sources, _DATABASE.scan, _read, FRESHNESS_S, dated=True)
_FILES = SessionFiles(cursor_transcript.CursorLayout())
_LOGS = Activity(_FILES.sources, _scan_log, _read_log, FRESHNESS_S, one=_FILES.one)

_ACTIVITIES = Activities(_activity)

cursor = _ACTIVITIES.cursor
since = _ACTIVITIES.since
sessions = _ACTIVITIES.sessions
turns = _ACTIVITIES.turns
health = _ACTIVITIES.health
