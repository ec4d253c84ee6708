"""What the message tables of goose say about turns. Tables and kinds of content from the product's sources."""

from __future__ import annotations

from hashlib import blake2b
from pathlib import Path
from typing import Any

from observers.base import ObserverError, ObserverReason, State, TurnRole
from observers.exchange import RUNS_OR_WAITS, Exchange, milliseconds
from observers.jsonl import parse_cell
from observers.session_database import ChatEntry, Contents, Span
from observers.sqlite_snapshot import Snapshot, Value

TABLES = ("sessions", "messages")
# The kinds of sessions that no person types into.
_NOT_TYPED = {"sub_agent", "subagent", "scheduled", "hidden"}
_SECONDS_END = 100_000_000_000


def entries(snapshot: Snapshot, _path: Path, span: Span) -> list[ChatEntry]:
    """The sessions that a person types into."""
    table = snapshot.table("sessions")
    kinds = ["session_type"] if "session_type" in table.columns else []
    found = []
    for row in table.rows(["id", "working_dir", "updated_at", *kinds], first=span.first, last=span.last):
        if not kinds or row["session_type"] not in _NOT_TYPED:
            folder = row["working_dir"]
            modified = milliseconds(row["updated_at"]) or 0
            found.append(
                ChatEntry(
                    str(row["id"]), repr(row["updated_at"]), modified, folder if isinstance(folder, str) else None
                )
            )
    return found


def ids(snapshot: Snapshot, session: str) -> list[str]:
    """The ids of all messages of a session."""
    return [_id(row) for row in _messages(snapshot, session)]


def contents(snapshot: Snapshot, session: str) -> Contents:
    """The messages of a session as (id, role, content, milliseconds, metadata)."""
    found = [
        (_id(row), row["role"], row["content_json"], _time(row["created_timestamp"]), row.get("metadata_json"))
        for row in _messages(snapshot, session)
    ]
    return Contents(tuple(found), max((row[3] or 0 for row in found), default=0))


def _messages(snapshot: Snapshot, session: str) -> list[dict[str, Value]]:
    table = snapshot.table("messages")
    more = [name for name in ("message_id", "metadata_json") if name in table.columns]
    wanted = ["id", "role", "content_json", "created_timestamp", *more]
    return sorted(table.find({"session_id": session}, wanted), key=lambda row: _number(row["id"]) or 0)


def _id(row: dict[str, Value]) -> str:
    """The product's own id; else a digest of role, time and content, because a compaction writes all rows anew."""
    named = row.get("message_id")
    if isinstance(named, str) and named:
        return named
    return blake2b(
        repr((row["role"], row["created_timestamp"], row["content_json"])).encode(), digest_size=8
    ).hexdigest()


def _number(value: Value) -> int | None:
    return value if isinstance(value, int) else None


def _time(value: Value) -> int | None:
    """Older versions write seconds, newer ones milliseconds."""
    number = _number(value)
    return milliseconds(number * 1000 if number is not None and number < _SECONDS_END else number)


def exchanges(stored: Contents, where: str) -> list[Exchange]:
    """The turns of a session, oldest first. ObserverError `corrupt` or `schema_changed`."""
    found: list[Exchange] = []
    for identity, role, content, time, metadata in stored.rows:
        evidence = f"{where}#{identity!s}"
        parts = parse_cell(content, list, "a message that is no list", evidence)
        told = {} if metadata is None else parse_cell(metadata, dict, "a message that is no dict", evidence)
        shown = told.get("userVisible", True)
        at_ms = _number(time)
        if role == "user":
            _say(found, str(identity), parts, shown is not False, evidence, at_ms)
        elif role == "assistant":
            _answer(found, parts, evidence, at_ms)
        else:
            raise ObserverError(ObserverReason.SCHEMA_CHANGED, f"a message of an unknown role {role!r}", where=evidence)
    return found


def _say(found: list[Exchange], identity: str, parts: list[Any], shown: bool, evidence: str, at_ms: int | None) -> None:
    if any(_kind(part) == "toolResponse" for part in parts):
        if found:
            found[-1].become(State.WORKING)
        return
    if found and found[-1].state is not State.DONE:
        found[-1].become(State.UNKNOWN, "a later prompt follows, and no end was written")
    role = TurnRole.USER if shown else TurnRole.SYSTEM
    found.append(Exchange(identity, _text(parts), evidence, role, written_ms=at_ms))


def _answer(found: list[Exchange], parts: list[Any], evidence: str, at_ms: int | None) -> None:
    if not found:
        return
    kinds = {_kind(part) for part in parts}
    found[-1].answer(_text(parts), evidence, at_ms)
    if kinds & {"toolConfirmationRequest", "actionRequired"}:
        found[-1].become(State.NEEDS_INPUT, "approval")
    elif kinds & {"toolRequest", "frontendToolRequest"}:
        found[-1].become(State.UNKNOWN, RUNS_OR_WAITS)
    else:
        found[-1].become(State.DONE)


def _kind(part: object) -> str | None:
    kind = part.get("type") if isinstance(part, dict) else None
    return kind if isinstance(kind, str) else None


def _text(parts: list[Any]) -> str:
    return "\n".join(str(part.get("text") or "") for part in parts if _kind(part) == "text")
