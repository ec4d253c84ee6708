"""What Cursor's database says about its composers: which there are, their prompts and replies, and their states.

Keys and shapes as readers of the store report them for versions up to 3.12; none of it was seen on the product.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from observers import vscode_data
from observers.base import ObserverError, ObserverReason, State
from observers.exchange import RUNS_OR_WAITS, Exchange, milliseconds
from observers.jsonl import parse_cell
from observers.session_database import ChatEntry, Contents, Span
from observers.sqlite_snapshot import Snapshot, Table, Value

TABLES = ("cursorDiskKV", "composerHeaders")

_LISTED = "composer.composerHeaders"
_USER, _ASSISTANT = 1, 2
_TOOL = 15
# Two states are written one after the other when a turn ends, up to two seconds apart.
_UNSETTLED = "its end was written a moment ago"
_OVER_TOOL = {"completed", "cancelled", "error", "rejected"}


def entries(snapshot: Snapshot, path: Path, span: Span) -> list[ChatEntry]:
    """The composers that a person talks to."""
    if "composerHeaders" in snapshot.tables:
        return list(_from_table(snapshot.table("composerHeaders"), path, span))
    listed = {entry.key: entry for entry in _from_list(snapshot, path)}
    # The list is written late: what it lacks is there by its key.
    for row in _keys(snapshot, "composerData:"):
        key = str(row["key"]).partition(":")[2]
        kept = listed.get(key)
        modified, workspace = (kept.modified_ms, kept.workspace) if kept else (0, None)
        listed[key] = ChatEntry(key, f"{row['rowid']!r}", modified, workspace)
    return [entry for entry in listed.values() if entry.stamp]


def ids(snapshot: Snapshot, composer: str) -> list[str]:
    """The ids of all bubbles of a composer."""
    prefix = f"bubbleId:{composer}:"
    return [str(row["key"])[len(prefix) :] for row in _keys(snapshot, prefix)]


def contents(snapshot: Snapshot, composer: str) -> Contents:
    """First (status, busy, pending), then one row a bubble: (id, type, text, time, tool, state of the tool)."""
    disk = snapshot.table("cursorDiskKV")
    row = disk.get({"key": f"composerData:{composer}"}, ["value"])
    if row is None or row["value"] is None:
        return Contents(())
    data = _object(row["value"], f"composerData:{composer}")
    bubbles = list(_bubbles(disk, composer, data))
    header = _header(snapshot, composer)
    busy = bool(data.get("generatingBubbleIds")) or data.get("isContinuationInProgress") is True
    pending = "approval" if header.get("hasBlockingPendingActions") is True else None
    if pending is None and header.get("hasPendingPlan") is True:
        pending = "plan"
    status = data.get("status")
    times = [data.get("lastUpdatedAt"), header.get("conversationCheckpointLastUpdatedAt"), *(row[3] for row in bubbles)]
    newest = max((milliseconds(time) or 0 for time in times), default=0)
    return Contents(((status if isinstance(status, str) else None, int(busy), pending), *bubbles), newest)


def exchanges(found: Contents, where: str, settled: bool) -> list[Exchange]:
    """The turns of a composer, oldest first."""
    if not found.rows:
        return []
    turns: list[Exchange] = []
    last: tuple[Value, ...] = ()
    for row in found.rows[1:]:
        identity, kind, text, time = row[:4]
        evidence = f"{where}#{identity!s}"
        if kind == _USER:
            turns.append(Exchange(str(identity), str(text), evidence, written_ms=milliseconds(time)))
        elif turns:
            turns[-1].answer("" if row[4] is not None else str(text), evidence, milliseconds(time))
        last = row
    for turn in turns[:-1]:
        ended = State.DONE if turn.replied is not None else State.UNKNOWN
        turn.become(ended, "a later prompt follows; the store keeps the end of the newest turn only")
    if turns:
        turns[-1].become(*_state(found.rows[0], last, settled))
    return turns


def _state(composer: tuple[Value, ...], last: tuple[Value, ...], settled: bool) -> tuple[State, str | None]:
    status, busy, pending = composer
    if pending is not None:
        return State.NEEDS_INPUT, str(pending)
    if busy or status == "generating":
        return State.WORKING, None
    if last[1] == _USER:
        # The status may still be that of the turn before.
        return State.UNKNOWN, f"no reply yet, and status {status!r} may be of the turn before"
    if last[4] is not None and last[5] not in _OVER_TOOL:
        return State.UNKNOWN, RUNS_OR_WAITS
    if status in {"completed", "aborted"} and not settled:
        return State.UNKNOWN, _UNSETTLED
    if status == "aborted":
        return State.INTERRUPTED, "aborted"
    if status == "completed":
        return (State.DONE, None) if last[4] is None else (State.UNKNOWN, "completed, but its last step is a tool call")
    return State.UNKNOWN, f"status {status!r}"


def _from_table(table: Table, path: Path, span: Span) -> Iterator[ChatEntry]:
    stamps = [name for name in ("lastUpdatedAt", "checkpointAt") if name in table.columns]
    columns = ["composerId", "workspaceId", "createdAt", "isSubagent", *stamps]
    for row in table.rows(columns, first=span.first, last=span.last):
        if not row["isSubagent"]:
            modified = max(milliseconds(row[name]) or 0 for name in ("createdAt", *stamps))
            stamp = ":".join(repr(row[name]) for name in stamps)
            yield ChatEntry(str(row["composerId"]), stamp, modified, _folder(path, row["workspaceId"]))


def _from_list(snapshot: Snapshot, path: Path) -> Iterator[ChatEntry]:
    """Entries without a stamp: they count only if their composer is there."""
    row = snapshot.table("ItemTable").get({"key": _LISTED}, ["value"]) if "ItemTable" in snapshot.tables else None
    listed = _object(row["value"], _LISTED).get("allComposers") if row is not None and row["value"] else None
    for header in listed if isinstance(listed, list) else ():
        if isinstance(header, dict) and not header.get("subagentInfo") and isinstance(header.get("composerId"), str):
            named = header.get("workspaceIdentifier")
            folder = _folder(path, named.get("id")) if isinstance(named, dict) else None
            modified = milliseconds(header.get("lastUpdatedAt")) or milliseconds(header.get("createdAt")) or 0
            yield ChatEntry(header["composerId"], "", modified, folder)


def _bubbles(disk: Table, composer: str, data: dict[str, Any]) -> Iterator[tuple[Value, ...]]:
    headers = data.get("fullConversationHeadersOnly")
    if not isinstance(headers, list):
        headers = data.get("conversation")
    if not isinstance(headers, list):
        raise _changed("a composer without a list of bubbles", f"composerData:{composer}")
    for header in headers:
        if not isinstance(header, dict) or not isinstance(header.get("bubbleId"), str):
            raise _changed("a bubble without an id", f"composerData:{composer}")
        key = f"bubbleId:{composer}:{header['bubbleId']}"
        row = disk.get({"key": key}, ["value"]) if "text" not in header else None
        bubble = _object(row["value"], key) if row is not None and row["value"] is not None else header
        # The list may be written before its bubbles are: a prompt without its text is not there yet.
        if "text" in bubble or bubble is not header:
            yield _bubble(header["bubbleId"], bubble, key)


def _bubble(identity: str, bubble: dict[str, Any], key: str) -> tuple[Value, ...]:
    kind, text = bubble.get("type"), bubble.get("text")
    if kind not in {_USER, _ASSISTANT} or not isinstance(text, str | None):
        raise _changed(f"a bubble of another shape, type {kind!r}", key)
    tool = bubble.get("toolFormerData")
    is_tool = bubble.get("capabilityType") == _TOOL or isinstance(tool, dict)
    details = tool if isinstance(tool, dict) else {}
    status = str(details.get("status")) if is_tool else None
    time = milliseconds(bubble.get("createdAt"))
    return identity, kind, text or "", time, str(details.get("name") or "tool") if is_tool else None, status


def _header(snapshot: Snapshot, composer: str) -> dict[str, Any]:
    if "composerHeaders" not in snapshot.tables:
        return {}
    row = snapshot.table("composerHeaders").get({"composerId": composer}, ["value"])
    return _object(row["value"], f"composerHeaders:{composer}") if row is not None and row["value"] else {}


def _keys(snapshot: Snapshot, prefix: str) -> Iterator[dict[str, Value]]:
    return snapshot.table("cursorDiskKV").starting_with("key", prefix, ["key", "rowid"])


@lru_cache(maxsize=4096)
def _folder(database: Path, workspace: Value) -> str | None:
    if not isinstance(workspace, str) or not workspace or "/" in workspace or "\\" in workspace:
        return None
    return vscode_data.workspace_of(database.parent.parent / "workspaceStorage" / workspace)


def _object(value: Value, where: str) -> dict[str, Any]:
    return parse_cell(value, dict, "a value that is not an object", where)


def _changed(message: str, where: str) -> ObserverError:
    return ObserverError(ObserverReason.SCHEMA_CHANGED, message, where=where)
