"""What Zed's table of threads says about turns: each thread is one JSON value, compressed in newer builds.

The table and the shape of a thread from the product's sources.
"""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path
from typing import Any

import zstandard

from observers.base import ObserverError, ObserverReason, State
from observers.exchange import RUNS_OR_WAITS, Exchange, milliseconds
from observers.session_database import ChatEntry, Contents, Span
from observers.sqlite_snapshot import Snapshot, Value

TABLES = ("threads",)
_MOST_BYTES = 256 << 20
_CHUNK = 1 << 20


def entries(snapshot: Snapshot, _path: Path, span: Span) -> list[ChatEntry]:
    """The threads that a person types into."""
    table = snapshot.table("threads")
    more = [name for name in ("parent_id", "folder_paths") if name in table.columns]
    found = []
    for row in table.rows(["id", "updated_at", *more], first=span.first, last=span.last):
        # A thread with a parent is a sub-agent's.
        if row.get("parent_id") is None:
            modified = milliseconds(row["updated_at"]) or 0
            found.append(ChatEntry(str(row["id"]), repr(row["updated_at"]), modified, _first(row.get("folder_paths"))))
    return found


def _first(paths: Value) -> str | None:
    """The first folder of a thread; they are kept one a line."""
    return paths.split("\n")[0] or None if isinstance(paths, str) else None


def contents(snapshot: Snapshot, thread: str) -> Contents:
    """A thread as (kind, data)."""
    row = snapshot.table("threads").get({"id": thread}, ["data_type", "data", "updated_at"])
    if row is None:
        return Contents(())
    return Contents(((row["data_type"], row["data"]),), milliseconds(row["updated_at"]) or 0)


def ids(snapshot: Snapshot, thread: str) -> list[str]:
    """The ids of all prompts of a thread."""
    return [turn.turn for turn in exchanges(contents(snapshot, thread), thread)]


def exchanges(found: Contents, where: str) -> list[Exchange]:
    """The turns of a thread, oldest first. ObserverError."""
    turns: list[Exchange] = []
    for kind, data in found.rows:
        thread = _thread(kind, data, where)
        for message in _list(thread.get("messages"), where):
            name, body = _message(message, where)
            if name == "User":
                identity = str(body.get("id"))
                turns.append(Exchange(identity, _text(body), f"{where}/{identity}"))
                turns[-1].become(State.UNKNOWN, "no answer is kept yet")
            elif name == "Agent" and turns:
                turns[-1].answer(_text(body), turns[-1].evidence)
                turns[-1].become(State.UNKNOWN, _reason(body))
    return turns


def _reason(body: dict[str, Any]) -> str:
    results = body.get("tool_results") or {}
    for part in body.get("content") or ():
        use = part.get("ToolUse") if isinstance(part, dict) else None
        if isinstance(use, dict) and use.get("id") not in results:
            return RUNS_OR_WAITS
    return "the store keeps no state of a turn"


def _thread(kind: Value, data: Value, where: str) -> dict[str, Any]:
    if kind not in {"json", "zstd"} or not isinstance(data, bytes | str):
        raise ObserverError(ObserverReason.SCHEMA_CHANGED, f"a thread of an unknown kind {kind!r}", where=where)
    raw = data.encode() if isinstance(data, str) else data
    try:
        value = json.loads(_unpacked(raw, where) if kind == "zstd" else raw)
    except (zstandard.ZstdError, ValueError, RecursionError) as error:
        raise ObserverError(ObserverReason.CORRUPT, f"not {kind}: {str(error)[:120]}", where=where) from error
    if not isinstance(value, dict):
        raise ObserverError(ObserverReason.SCHEMA_CHANGED, "a thread that is not an object", where=where)
    return value


def _unpacked(data: bytes, where: str) -> bytes:
    """What was compressed, up to a bound: a few bytes can stand for gigabytes."""
    found = bytearray()
    with zstandard.ZstdDecompressor().stream_reader(BytesIO(data), read_across_frames=True) as reader:
        while chunk := reader.read(_CHUNK):
            found += chunk
            if len(found) > _MOST_BYTES:
                raise ObserverError(ObserverReason.TOO_LARGE, f"a thread of more than {_MOST_BYTES} bytes", where=where)
    return bytes(found)


def _list(value: object, where: str) -> list[Any]:
    if not isinstance(value, list):
        raise ObserverError(ObserverReason.SCHEMA_CHANGED, "a thread without a list of messages", where=where)
    return value


def _message(message: object, where: str) -> tuple[str, dict[str, Any]]:
    """Kind and body. A thread that is taken up again holds the bare word Resume."""
    if isinstance(message, dict) and len(message) == 1:
        ((name, body),) = message.items()
        if name in {"User", "Agent"} and isinstance(body, dict):
            return name, body
    if isinstance(message, str) or (isinstance(message, dict) and set(message) <= {"Resume"}):
        return "Resume", {}
    raise ObserverError(ObserverReason.SCHEMA_CHANGED, "a message of another shape", where=where)


def _text(body: dict[str, Any]) -> str:
    parts = body.get("content") or ()
    return "\n\n".join(str(part["Text"]) for part in parts if isinstance(part, dict) and "Text" in part)
