"""What the message tables of opencode, and of the products built on it, say about turns.

Tables and states from the product's sources; states after errors, cancels and kills measured on 1.18.33.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from observers.base import ObserverError, ObserverReason, State, TurnRole
from observers.exchange import RUNS_OR_WAITS, Exchange, milliseconds
from observers.jsonl import parse_cell
from observers.session_database import ChatEntry, Contents, Span
from observers.sqlite_snapshot import Snapshot, Value

TABLES = ("session", "message", "part")
CANNOT_KNOW: tuple[str, ...] = (
    "whether a tool runs or waits for approval: permissions are kept in memory only",
    "whether a running turn is alive once its program was killed: after 15 minutes without a write it is unknown",
    "that a request failed, until the product gives up: it tries again, or waits as long as it is told, in silence",
)
_NO_OBJECT = "a row that is not an object"
_MESSAGE, _PART = "message", "part"
_REFUSED = re.compile(r"rejected permission to use this specific tool call\.\s*\Z")


def entries(snapshot: Snapshot, _path: Path, span: Span) -> list[ChatEntry]:
    """The sessions that a person talks to: those of sub-agents have a parent."""
    columns = ["id", "parent_id", "directory", "time_updated"]
    found = []
    for row in snapshot.table("session").rows(columns, first=span.first, last=span.last):
        if row["parent_id"] is None:
            updated = milliseconds(row["time_updated"]) or 0
            directory = row["directory"]
            found.append(
                ChatEntry(_id(row["id"]), str(updated), updated, directory if isinstance(directory, str) else None)
            )
    return found


def ids(snapshot: Snapshot, session: str) -> list[str]:
    """The ids of all messages of a session."""
    return [_id(row["id"]) for row in snapshot.table("message").find({"session_id": session}, ["id"])]


def contents(snapshot: Snapshot, session: str) -> Contents:
    """The messages of a session, then their parts, as (table, id, id of the message, JSON)."""
    found: list[tuple[Value, ...]] = []
    newest = 0
    for row in snapshot.table("message").find({"session_id": session}, ["id", "time_created", "time_updated", "data"]):
        found.append((_MESSAGE, _id(row["id"]), None, row["data"]))
        newest = max(newest, milliseconds(row["time_updated"]) or 0)
    for row in snapshot.table("part").find({"session_id": session}, ["id", "message_id", "time_updated", "data"]):
        found.append((_PART, _id(row["id"]), _id(row["message_id"]), row["data"]))
        newest = max(newest, milliseconds(row["time_updated"]) or 0)
    if not found and "session_message" in snapshot.tables:
        elsewhere = snapshot.table("session_message").get({"session_id": session}, ["session_id"])
        if elsewhere is not None:
            raise ObserverError(
                ObserverReason.SCHEMA_CHANGED, "its messages are in another table, session_message", where=session
            )
    return Contents(tuple(found), newest)


def exchanges(found: Contents, where: str) -> list[Exchange]:
    """The turns of a session, oldest first. ObserverError `corrupt` or `schema_changed`."""
    messages = [
        (_id(row[1]), parse_cell(row[3], dict, _NO_OBJECT, f"{where}#{_id(row[1])}"))
        for row in found.rows
        if row[0] == _MESSAGE
    ]
    parts: dict[str, list[tuple[str, dict[str, Any]]]] = {identity: [] for identity, _ in messages}
    for row in found.rows:
        if row[0] == _PART and _id(row[2]) in parts:
            parts[_id(row[2])].append((_id(row[1]), parse_cell(row[3], dict, _NO_OBJECT, f"{where}#{_id(row[1])}")))
    turns: dict[str, Exchange] = {}
    for identity, message in messages:
        said = [part for _, part in sorted(parts[identity], key=lambda pair: pair[0])]
        if message.get("role") == "user":
            # Its text is written after it: a message without any part is not a prompt yet.
            if said:
                turns[identity] = _prompt(identity, message, said, where)
        elif message.get("role") == "assistant":
            parent = message.get("parentID")
            turn = turns.get(parent) if isinstance(parent, str) else next(reversed(turns.values()), None)
            if turn is not None:
                _answer(turn, message, said, f"{where}#{identity}")
        else:
            problem = f"a message of an unknown role {message.get('role')!r}"
            raise ObserverError(ObserverReason.SCHEMA_CHANGED, problem, where=f"{where}#{identity}")
    _settle(list(turns.values()))
    return list(turns.values())


def _settle(turns: list[Exchange]) -> None:
    """Only one turn of a session runs at a time: what came before it is over, what comes after it waits."""
    answered = [number for number, turn in enumerate(turns) if turn.replied is not None]
    for number, turn in enumerate(turns):
        if turn.state is not State.WORKING:
            continue
        if answered and number < answered[-1]:
            turn.become(State.UNKNOWN, "a later turn was answered, and nothing says how this one ended")
        elif turn.replied is None and number and turns[number - 1].state is State.WORKING:
            turn.become(State.QUEUED)


def _prompt(identity: str, message: dict[str, Any], parts: list[dict[str, Any]], where: str) -> Exchange:
    texts = [part for part in parts if part.get("type") == "text" and isinstance(part.get("text"), str)]
    spoken = [part["text"] for part in texts if not part.get("synthetic") and not part.get("ignored")]
    made_up = not spoken and any(part.get("synthetic") for part in texts)
    text = "\n\n".join(spoken if spoken else [part["text"] for part in texts])
    role = TurnRole.SYSTEM if made_up or any(part.get("type") == "compaction" for part in parts) else TurnRole.USER
    return Exchange(identity, text, f"{where}#{identity}", role, written_ms=_time(message, "created"))


def _answer(turn: Exchange, message: dict[str, Any], parts: list[dict[str, Any]], evidence: str) -> None:
    text = "".join(part["text"] for part in parts if part.get("type") == "text" and isinstance(part.get("text"), str))
    turn.answer(text, evidence, _time(message, "completed") or _time(message, "created"))
    error = message.get("error")
    if isinstance(error, dict):
        turn.become(*_failed(error))
        turn.resets_ms = _resets_ms(error, turn.replied_ms) if turn.state is State.RATE_LIMITED else None
    elif _time(message, "completed") is not None:
        turn.become(*_completed(message, parts))
    else:
        turn.become(*_running(parts))


def _completed(message: dict[str, Any], parts: list[dict[str, Any]]) -> tuple[State, str | None]:
    """How a turn stands after one step. A tool that is refused ends it, unless words for the agent come with that."""
    if message.get("finish") not in {None, "tool-calls", "unknown"}:
        return State.DONE, None
    states = ((part.get("tool"), part.get("state")) for part in parts if part.get("type") == "tool")
    for tool, state in states:
        if isinstance(state, dict) and state.get("status") == "error" and _REFUSED.search(str(state.get("error"))):
            return State.INTERRUPTED, f"{tool} was not allowed"
    return State.WORKING, None


def _running(parts: list[dict[str, Any]]) -> tuple[State, str | None]:
    for part in reversed(parts):
        state = part.get("state")
        if part.get("type") == "tool" and isinstance(state, dict) and state.get("status") in {"pending", "running"}:
            asks = part.get("tool") == "question" and state["status"] == "running"
            return (State.NEEDS_INPUT, "question") if asks else (State.UNKNOWN, RUNS_OR_WAITS)
        if part.get("type") == "retry":
            return State.WORKING, f"tried again: {_message(part.get('error'))}"
    return State.WORKING, None


def _failed(error: dict[str, Any]) -> tuple[State, str | None]:
    if error.get("name") == "MessageAbortedError":
        return State.INTERRUPTED, "cancelled"
    data = error.get("data")
    limited = isinstance(data, dict) and data.get("statusCode") == 429
    return State.RATE_LIMITED if limited else State.ERROR, _message(error)


def _message(error: object) -> str:
    if not isinstance(error, dict):
        return "an error without a message"
    data = error.get("data")
    said = data.get("message") if isinstance(data, dict) else None
    return str(said or error.get("message") or error.get("name") or "an error without a message")


def _resets_ms(error: dict[str, Any], at_ms: int | None) -> int | None:
    """When the server said to come back: its header is a number of seconds."""
    headers = error["data"].get("responseHeaders")
    after = headers.get("retry-after") if isinstance(headers, dict) else None
    if at_ms is None or not isinstance(after, str) or not after.isdecimal():
        return None
    return at_ms + int(after) * 1000


def _time(message: dict[str, Any], name: str) -> int | None:
    times = message.get("time")
    return milliseconds(times.get(name)) if isinstance(times, dict) else None


def _id(value: Value) -> str:
    return value if isinstance(value, str) else repr(value)
