"""Copilot Chat's own transcripts in VS Code and the products built on it: a log of events for each session."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from observers import copilot_events, vscode_data
from observers.base import ObserverError, ObserverReason, Store
from observers.copilot_events import EventTalk
from observers.regular_file import may_be_directory
from observers.session_files import Folder
from observers.transcript import Transcripts

ID = "copilot_transcripts"
CANNOT_KNOW: tuple[str, ...] = (
    "anything that is still held in memory: some builds write only before a hook, at a summary and at the end",
    "whether a tool that was asked for runs or waits for approval",
    "that a turn failed or was cancelled, in builds that write no event for it",
)
FRESHNESS_S = 900.0
# Where no hook makes the product write, it writes at the end of the session: a shorter silence tells nothing.
FLUSH_S = 600.0
_PARTS = ("GitHub.copilot-chat", "transcripts")


def locate(workspace: str | Path | None = None) -> tuple[Store, ...]:
    """See `Observer.locate`."""
    found = (store for product, user in vscode_data.user_directories() for store in _stores(product, user))
    if workspace is None:
        return tuple(found)
    return tuple(store for store in found if vscode_data.same_workspace(store.workspace, workspace))


def at(path: Path) -> Store:
    """See `Observer.at`. Takes `transcripts`, the `workspaceStorage/<id>` above it, or a session's file."""
    path = path.absolute()
    storage = vscode_data.storage_above(path)
    if path.suffix != ".jsonl" or not may_be_directory(path.parent):
        if storage is not None and may_be_directory(storage.parent.parent):
            path = storage.joinpath(*_PARTS)
        elif not may_be_directory(path):
            hint = "give a folder of workspaceStorage, its GitHub.copilot-chat/transcripts, or a session's file"
            raise ObserverError(
                ObserverReason.MISSING, "no transcripts of Copilot are here", where=str(path), hint=hint
            )
    workspace = None if storage is None else vscode_data.workspace_of(storage)
    return Store(ID, path, workspace, vscode_data.product_of(path))


def flush_horizon(store: Store) -> float:
    """See `Observer.flush_horizon`."""
    return FLUSH_S


def watch_paths(store: Store) -> tuple[Path, ...]:
    """See `Observer.watch_paths`."""
    folder = store.path.parent if store.path.suffix == ".jsonl" else store.path
    return (folder, folder.parent)


def _stores(product: str, user: Path) -> Iterator[Store]:
    return vscode_data.workspace_stores(ID, product, user, *_PARTS, present=True)


_CHATS: Transcripts[EventTalk] = Transcripts(
    Folder(".jsonl"), EventTalk, copilot_events.line, copilot_events.standing, FRESHNESS_S
)

cursor = _CHATS.activity.cursor
since = _CHATS.activity.since
sessions = _CHATS.activity.sessions
turns = _CHATS.activity.turns
health = _CHATS.activity.health
fingerprint = _CHATS.fingerprint
