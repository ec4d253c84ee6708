"""The chat store of VS Code and the products built on it: one log (or, in older builds, one JSON file) a session."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from observers import session_files, vscode_data, vscode_log, vscode_session
from observers.activity import Activity, Source
from observers.base import ObserverError, ObserverReason, State, Store, Turn, TurnRole
from observers.clock import now_ms
from observers.exchange import encodable
from observers.jsonl import read_whole
from observers.regular_file import may_be_directory
from observers.session_files import Folder, SessionFiles, file_of

ID = "vscode_chat"
CANNOT_KNOW: tuple[str, ...] = (
    "whether a running turn is alive once its window was killed: after 15 minutes without a write it counts as unknown",
    "in the one-file format of older builds: whether a turn runs, waits for an answer or was cut off",
    "which folder a session belongs to in builds for the browser, which keep no workspace.json",
    "anything newer than the last flush; a window closed before it loses the turn",
)

FRESHNESS_S = 900.0
# The product's timers are 5 s in the browser and 60 s on the desktop; then it waits for the next idle moment.
BROWSER_FLUSH_S = 8.0
DESKTOP_FLUSH_S = 65.0

_EMPTY_WINDOWS = "emptyWindowChatSessions"
# The log wins where both formats are there, as in the product.
_SUFFIXES = (".jsonl", ".json")
_NEWEST = 8
_REQUEST_ID = re.compile(rb'"requestId"\s*:\s*"([^"\\]{1,200})"')


def locate(workspace: str | Path | None = None) -> tuple[Store, ...]:
    """See `Observer.locate`."""
    found = (store for product, user in vscode_data.user_directories() for store in _stores(product, user))
    if workspace is not None:
        return tuple(store for store in found if vscode_data.same_workspace(store.workspace, workspace))
    return tuple(store for store in found if may_be_directory(store.path))


def at(path: Path) -> Store:
    """See `Observer.at`. Takes a session's file, `workspaceStorage/<id>`, `globalStorage`, and anything in those."""
    path = path.absolute()
    storage = vscode_data.storage_above(path)
    if path.suffix in _SUFFIXES and may_be_directory(path.parent):
        place = path
    elif storage is not None and may_be_directory(storage.parent.parent):
        place = storage / (_EMPTY_WINDOWS if storage.name == "globalStorage" else "chatSessions")
    elif may_be_directory(path):
        place = path
    else:
        hint = "give a folder of workspaceStorage, a globalStorage, or a session's file"
        raise ObserverError(ObserverReason.MISSING, "no chat store of VS Code is here", where=str(path), hint=hint)
    workspace = None if storage is None else vscode_data.workspace_of(storage)
    return Store(ID, place, workspace, vscode_data.product_of(place))


def flush_horizon(store: Store) -> float:
    """See `Observer.flush_horizon`."""
    storage = vscode_data.storage_above(store.path)
    browser = storage is not None and vscode_data.is_browser_build(storage)
    return BROWSER_FLUSH_S if browser else DESKTOP_FLUSH_S


def watch_paths(store: Store) -> tuple[Path, ...]:
    """See `Observer.watch_paths`. The parent tells when the folder of the sessions is made."""
    folder = store.path.parent if store.path.suffix in _SUFFIXES else store.path
    return (folder, folder.parent)


def fingerprint(store: Store) -> str:
    """See `Observer.fingerprint`: for example `jsonl/3`; `empty` without a session."""
    newest = _FILES.sources(store)[-_NEWEST:]
    return " ".join(sorted({_format(file_of(source)) for source in newest})) or "empty"


def _stores(product: str, user: Path) -> Iterator[Store]:
    yield Store(ID, user / "globalStorage" / _EMPTY_WINDOWS, None, product)
    yield from vscode_data.workspace_stores(ID, product, user, "chatSessions", present=False)


def _scan(store: Store, source: Source) -> Iterator[str]:
    # The ids of queued and of removed requests count as known, too.
    return session_files.scan(file_of(source), _REQUEST_ID)


def _read(store: Store, source: Source) -> Sequence[Turn]:
    path = file_of(source)
    if path.suffix == ".jsonl":
        return vscode_log.LOGS.read(path, lambda chat: _turns(store, source.key, path, chat))
    session = read_whole(path)
    vscode_session.version(session, str(path))
    return _turns(store, source.key, path, vscode_log.LoggedChat(session), flat=True)


def _turns(store: Store, key: str, path: Path, chat: vscode_log.LoggedChat, *, flat: bool = False) -> tuple[Turn, ...]:
    if chat.session is None:
        return ()
    try:
        sides = tuple(vscode_session.sides(chat.session, str(path), flat))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        message = f"a field has another shape: {error}"
        raise ObserverError(ObserverReason.SCHEMA_CHANGED, message, where=str(path)) from error
    rows = tuple(_row(store, key, path, side) for side in sides)
    return tuple(_without_end(row) for row in rows) if chat.headless else rows


def _row(store: Store, key: str, path: Path, side: vscode_session.Side) -> Turn:
    offset: Any = side.request.get(vscode_log.LAST if side.role is TurnRole.ASSISTANT else vscode_log.FIRST)
    return Turn(
        store=store,
        session=key,
        turn=encodable(side.turn),
        role=side.role,
        text=side.text,
        state=side.state,
        observed_ms=now_ms(),
        evidence=f"{path}#{side.turn}" if offset is None else f"{path}@{offset}",
        reason=None if side.reason is None else encodable(side.reason),
        written_ms=side.written_ms,
    )


def _without_end(row: Turn) -> Turn:
    return row if row.state.over else replace(row, state=State.UNKNOWN, reason="the log lost its first entry")


def _format(path: Path) -> str:
    if path.suffix == ".jsonl":
        return f"jsonl/{vscode_log.LOGS.read(path, vscode_log.version)}"
    return f"json/{vscode_session.version(read_whole(path), str(path))}"


_FILES = SessionFiles(Folder(*_SUFFIXES))
_ACTIVITY = Activity(_FILES.sources, _scan, _read, FRESHNESS_S, one=_FILES.one)

cursor = _ACTIVITY.cursor
since = _ACTIVITY.since
sessions = _ACTIVITY.sessions
turns = _ACTIVITY.turns
health = _ACTIVITY.health
