"""The folders in which extensions of the Cline family keep their tasks, and which workspace a task is about."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from observers import task_messages, vscode_data
from observers.base import ObserverError, ObserverReason, Store
from observers.clock import now_ms
from observers.file_stamp import FileStamp
from observers.jsonl import read_whole
from observers.listing import Source
from observers.regular_file import may_be_directory
from observers.session_document import Documents
from observers.session_files import FolderEach
from observers.task_messages import SETTLED_MS

FRESHNESS_S = 900.0
# Each message is written when it is shown. A call that is approved by itself is written as an ask for a moment first.
FLUSH_S = 4.0
FILE = "ui_messages.json"
_NEWEST = 8


class TaskLists:
    """The products' own lists of tasks, read again when they changed."""

    def __init__(self) -> None:
        self._known: dict[Path, tuple[FileStamp, dict[str, str]]] = {}
        self._lock = threading.Lock()

    def of(self, tasks: Path) -> dict[str, str]:
        """Folder by task id; empty where no list can be read."""
        found: dict[str, str] = {}
        for path in (tasks.parent / "state" / "taskHistory.json", tasks / "_index.json"):
            found.update(self._read(path))
        return found

    def _read(self, path: Path) -> dict[str, str]:
        try:
            stamp = FileStamp.of(path.stat())
            with self._lock:
                kept = self._known.get(path)
            if kept is None or kept[0] != stamp:
                kept = stamp, dict(task_messages.folders([read_whole(path)]))
                with self._lock:
                    self._known[path] = kept
        except (OSError, ObserverError):
            return {}
        return kept[1]


_LISTED = TaskLists()


def documents() -> Documents:
    """The reader of one product's tasks."""
    return Documents(FolderEach(FILE), task_messages.exchanges, FRESHNESS_S, marks=_marks, dated=True)


def _marks(store: Store) -> Callable[[Source], Source]:
    tasks = store.path.parent.parent if store.path.name == FILE else store.path
    folders = _LISTED.of(tasks)
    young = now_ms() - SETTLED_MS

    def mark(source: Source) -> Source:
        # An ask of the last 2 s may be one that the product approves by itself, so the session has no stamp until then.
        stamp = None if source.modified_ms > young else source.stamp
        return replace(source, stamp=stamp, workspace=folders.get(source.key))

    return mark


def task_stores(observer: str, extension: str, others: Iterable[Path] = ()) -> Iterator[Store]:
    """The stores of one extension, in every product it may be installed in."""
    for product, user in vscode_data.user_directories():
        tasks = user / "globalStorage" / extension / "tasks"
        if may_be_directory(tasks):
            yield Store(observer, tasks, None, product)
    for tasks in others:
        if may_be_directory(tasks):
            yield Store(observer, tasks)


def store_at(observer: str, path: Path) -> Store:
    """See `Observer.at`. Takes the folder `tasks`, what holds it, a task's folder, or its file."""
    path = path.absolute()
    if path.name == FILE and may_be_directory(path.parent):
        return Store(observer, path, None, vscode_data.product_of(path))
    for folder in (path, path.parent, path / "tasks"):
        if folder.name == "tasks" and may_be_directory(folder.parent):
            return Store(observer, folder, None, vscode_data.product_of(folder))
    hint = "give the folder tasks of the extension's globalStorage, or a task's ui_messages.json"
    raise ObserverError(ObserverReason.MISSING, "no tasks are here", where=str(path), hint=hint)


def watched(documents: Documents, store: Store) -> tuple[Path, ...]:
    """See `Observer.watch_paths`. The folder of the tasks, and those of the newest."""
    if store.path.name == FILE:
        return (store.path.parent,)
    try:
        newest = documents.sources(store)[-_NEWEST:]
    except ObserverError:
        newest = ()
    return (store.path, *(store.path / source.key for source in newest))
