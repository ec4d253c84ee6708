"""Gemini CLI: a log of records for each session, in a folder for each project."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from observers.base import ObserverError, ObserverReason, State, Store
from observers.exchange import Exchange, milliseconds
from observers.folders import subfolders
from observers.jsonl import read_whole
from observers.listing import Source
from observers.regular_file import may_be_directory, opened
from observers.session_files import Folder
from observers.transcript import Talk, Transcripts, brief, ended
from observers.vscode_data import local_path, same_workspace

ID = "gemini_cli"
CANNOT_KNOW: tuple[str, ...] = (
    "whether the newest answer is the last: a tool that runs or waits for approval is written when it is over",
    "how a turn ended whose process was killed",
    "sessions that the product deleted because they ended in an error",
)
FRESHNESS_S = 900.0
_PATH_MOST = 1 << 14
# Measured: 8 to 45 ms.
FLUSH_S = 2.0
MAYBE_MORE = "it answered; a tool that runs or waits for approval looks the same"
_NOT_SAID = ("<session_context>", "<system-reminder>")
# Marks a prompt that a later list of messages lacks.
_TAKEN = "@taken"
_KINDS = frozenset({"user", "gemini", "info", "warning", "error"})


@dataclass(slots=True)
class GeminiTalk(Talk):
    """The records by id, in order, each with where its newest version is. A later one of an id replaces it."""

    records: dict[str, tuple[str, dict[str, Any]]] = field(default_factory=dict)


def locate(workspace: str | Path | None = None) -> tuple[Store, ...]:
    """See `Observer.locate`."""
    root = _root()
    named = {short: folder for folder, short in _projects(root).items()}
    try:
        folders = subfolders(root / "tmp")
    except ObserverError:
        # The folder is there and cannot be listed: `health` reports why.
        return (Store(ID, root / "tmp", None, "gemini"),) if workspace is None else ()
    stores = [Store(ID, folder / "chats", _folder(folder, named), "gemini") for folder in folders]
    if workspace is not None:
        return tuple(store for store in stores if same_workspace(store.workspace, local_path(str(workspace))))
    return tuple(store for store in stores if may_be_directory(store.path))


def at(path: Path) -> Store:
    """See `Observer.at`. Takes a project's folder in `tmp`, its `chats`, or a session's file."""
    path = path.absolute()
    if path.suffix in {".jsonl", ".json"} and may_be_directory(path.parent):
        chats = path.parent
    elif path.name == "chats" or may_be_directory(path):
        chats = path if path.name == "chats" else path / "chats"
        path = chats
    else:
        hint = "give a folder of ~/.gemini/tmp, or a session's file"
        raise ObserverError(ObserverReason.MISSING, "no chats of Gemini CLI are here", where=str(path), hint=hint)
    named = {short: folder for folder, short in _projects(chats.parent.parent.parent).items()}
    return Store(ID, path, _folder(chats.parent, named), "gemini")


def flush_horizon(store: Store) -> float:
    """See `Observer.flush_horizon`."""
    return FLUSH_S


def watch_paths(store: Store) -> tuple[Path, ...]:
    """See `Observer.watch_paths`."""
    folder = store.path.parent if store.path.suffix in {".jsonl", ".json"} else store.path
    return (folder, folder.parent)


def _root() -> Path:
    return Path(os.environ.get("GEMINI_CLI_HOME") or Path.home()) / ".gemini"


def _projects(root: Path) -> dict[str, str]:
    try:
        value = read_whole(root / "projects.json", delays=())
    except ObserverError:
        return {}
    found = value.get("projects") if isinstance(value, dict) else None
    return (
        {folder: short for folder, short in found.items() if isinstance(short, str)} if isinstance(found, dict) else {}
    )


def _folder(project: Path, named: dict[str, str]) -> str | None:
    """The folder a project is about: from the list of projects, else from the note in its own folder."""
    if project.name in named:
        return named[project.name]
    try:
        with opened(project / ".project_root") as descriptor:
            return os.read(descriptor, _PATH_MOST).decode("utf-8").strip() or None
    except (ObserverError, OSError, UnicodeDecodeError):
        return None


def _line(talk: GeminiTalk, entry: dict[str, Any], where: str) -> None:
    if isinstance(changes := entry.get("$set"), dict):
        talk.known += 1
        if isinstance(changes.get("messages"), list):
            _replace(talk, changes["messages"], where)
    elif "$rewindTo" in entry:
        talk.known += 1
        _rewind(talk, entry["$rewindTo"])
    elif "id" in entry:
        _put(talk, entry, where)
    elif "sessionId" in entry:
        # The header, once more each time the session is resumed.
        talk.known += 1
    else:
        talk.strange.add(f"record of {', '.join(sorted(entry))[:60]}")


def _replace(talk: GeminiTalk, records: list[dict[str, Any]], where: str) -> None:
    """Take a new list of all messages. A prompt without an answer that it lacks failed: the product takes it out."""
    kept = {record["id"] for record in records}
    unanswered = {}
    for name, (place, record) in talk.records.items():
        if record["type"] == "user" and _said(record):
            unanswered[name] = place, {**record, _TAKEN: True}
        elif record["type"] == "gemini":
            unanswered = {name: found for name, found in unanswered.items() if _TAKEN in talk.records[name][1]}
    talk.records = {name: found for name, found in unanswered.items() if name not in kept}
    for record in records:
        _put(talk, record, where)


def _put(talk: GeminiTalk, record: dict[str, Any], where: str) -> None:
    if record["type"] not in _KINDS:
        talk.strange.add(str(record["type"]))
        return
    talk.known += 1
    _text(record["content"])
    talk.records[record["id"]] = where, record
    if record["type"] == "user":
        talk.note(record["id"])


def _rewind(talk: GeminiTalk, identity: object) -> None:
    names = list(talk.records)
    if identity in names:
        for name in names[names.index(str(identity)) :]:
            del talk.records[name]


def _exchanges(talk: GeminiTalk, store: Store, source: Source) -> Iterable[Exchange]:
    """The records put together to turns. A turn that another prompt follows is over where its answer allows it."""
    told = Talk()
    for where, record in talk.records.values():
        written, text = milliseconds(record.get("timestamp")), _text(record["content"])
        if record["type"] == "user":
            if _said(record):
                if (before := told.newest) is not None:
                    _followed(before)
                turn = told.begin(record["id"], text, where, written)
                if _TAKEN in record:
                    turn.become(State.ERROR, "it failed, and the product took it back")
        elif (last := told.newest) is not None:
            _part(last, record, text, where, written)
    return told.exchanges.values()


def _followed(turn: Exchange) -> None:
    """Another prompt came: an answer that could have been the last was the last."""
    if turn.reason == MAYBE_MORE:
        turn.become(State.DONE)
    elif turn.state is State.WORKING:
        turn.become(State.UNKNOWN, "a later turn began before this one had an end")


def _part(turn: Exchange, record: dict[str, Any], text: str, where: str, written: int | None) -> None:
    match record["type"]:
        case "gemini":
            turn.answer(text, where, written)
            if record.get("toolCalls"):
                # Calls are written when they are over, so the model goes on.
                turn.become(State.WORKING)
            elif text:
                turn.become(State.UNKNOWN, MAYBE_MORE)
            else:
                turn.become(State.UNKNOWN, "a tool runs or waits for approval")
        case "error":
            limited = re.search(r"\b429\b|quota|rate limit|RESOURCE_EXHAUSTED", text, re.IGNORECASE)
            turn.become(State.RATE_LIMITED if limited else State.ERROR, brief(text))
        case "info" if "cancelled" in text.lower():
            turn.become(State.WORKING)
            ended(turn, State.INTERRUPTED, brief(text))


def _said(record: dict[str, Any]) -> bool:
    """A person's prompt: neither the product's own context nor the result of a tool."""
    text = _text(record["content"])
    return bool(text) and not text.startswith(_NOT_SAID)


def _text(content: Any) -> str:
    """The text of a record; its other parts are the results of tools."""
    if isinstance(content, str):
        return content
    if isinstance(content, dict):
        content = [content]
    return "".join(part if isinstance(part, str) else part.get("text") or "" for part in content)


_CHATS: Transcripts[GeminiTalk] = Transcripts(
    Folder(".jsonl", other=r"(?!session-)"), GeminiTalk, _line, _exchanges, FRESHNESS_S
)

cursor = _CHATS.activity.cursor
since = _CHATS.activity.since
sessions = _CHATS.activity.sessions
turns = _CHATS.activity.turns
health = _CHATS.activity.health
fingerprint = _CHATS.fingerprint
