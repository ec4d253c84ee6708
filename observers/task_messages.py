"""A task of Cline, Roo Code or a relative from its `ui_messages.json`. No I/O.

Kinds of rows from the products' sources (shared/ExtensionMessage.ts, packages/types/src/message.ts).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from hashlib import blake2b
from typing import Any

from observers.base import State
from observers.clock import now_ms
from observers.exchange import Exchange
from observers.listing import Source
from observers.transcript import brief

# Until then an ask may be for a call that the product approves by itself.
SETTLED_MS = 2_000
_PROMPTS = frozenset({"task", "user_feedback"})
_REPLIES = frozenset({"text", "completion_result", "plan_mode_respond", "act_mode_respond", "followup"})
_OVER = frozenset({"completion_result", "resume_completed_task"})
_FAILED = frozenset({"api_req_failed", "mistake_limit_reached", "auto_approval_max_req_reached"})
_ASKS = frozenset(
    {
        *("followup", "plan_mode_respond", "act_mode_respond", "command", "tool", "use_mcp_server", "new_task"),
        *("browser_action_launch", "use_subagents", "condense", "summarize_task", "report_bug"),
    }
)
_SAID = frozenset({"error", "api_req_retry_delayed", "api_req_rate_limit_wait"})
_LIMIT = re.compile(r"\b429\b|rate.?limit|quota|too many requests", re.IGNORECASE)


def exchanges(value: object, source: Source) -> Iterable[Exchange]:
    """The turns of a task. TypeError, KeyError or ValueError for rows of another shape."""
    if not isinstance(value, list):
        raise TypeError("not a list of rows")
    found: list[Exchange] = []
    for number, row in enumerate(value):
        kind = row["say"] if row["type"] == "say" else row["ask"] if row["type"] == "ask" else None
        if kind is None:
            raise ValueError(f"a row of type {row['type']!r}")
        if row["type"] == "say" and kind in _PROMPTS:
            if found:
                _followed(found[-1])
            found.append(_prompt(row, source))
        elif found:
            _take(found[-1], kind, row, f"{source.file}#{number}")
    if found and found[-1].state is State.NEEDS_INPUT and now_ms() - source.modified_ms < SETTLED_MS:
        found[-1].become(State.WORKING)
    return found


def _prompt(row: dict[str, Any], source: Source) -> Exchange:
    text, written = row.get("text") or "", row["ts"]
    mark = blake2b(text.encode("utf-8", "replace"), digest_size=4).hexdigest()
    return Exchange(f"{written}-{mark}", text, f"{source.file}#{written}", written_ms=int(written))


def _take(turn: Exchange, kind: str, row: dict[str, Any], where: str) -> None:
    text = row.get("text") or ""
    if kind in _REPLIES and text and not row.get("partial"):
        said = _said(text)
        if said not in turn.reply[-1:]:
            turn.answer(said, where, int(row["ts"]))
    state, reason = _state(kind, row, text)
    turn.become(state, reason)


def _state(kind: str, row: dict[str, Any], text: str) -> tuple[State, str | None]:
    if row.get("partial"):
        return State.WORKING, None
    if kind in _OVER:
        return State.DONE, None
    if row["type"] == "say":
        return _said_state(kind, text)
    if kind in _ASKS:
        return State.NEEDS_INPUT, kind
    if kind in _FAILED:
        return State.RATE_LIMITED if _LIMIT.search(text) else State.ERROR, brief(text) or kind
    if kind == "resume_task":
        return State.INTERRUPTED, "the task was left"
    return (State.WORKING, None) if kind == "command_output" else (State.UNKNOWN, f"asks for {kind}")


def _said_state(kind: str, text: str) -> tuple[State, str | None]:
    if kind in _SAID:
        return State.WORKING, brief(text) or kind
    if kind == "api_req_started":
        cancelled = _field(text, "cancelReason")
        if cancelled == "user_cancelled":
            return State.INTERRUPTED, "cancelled"
        if cancelled:
            return State.ERROR, brief(_field(text, "streamingFailedMessage")) or cancelled
    return State.WORKING, None


def _said(text: str) -> str:
    """The words of a reply; some kinds wrap them in an object."""
    return _field(text, "response") or _field(text, "question") or text


def _field(text: str, name: str) -> str | None:
    if not text.startswith("{"):
        return None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    found = value.get(name) if isinstance(value, dict) else None
    return found if isinstance(found, str) else None


def _followed(turn: Exchange) -> None:
    """Another prompt came. A turn that waited for a reply of the person is done; of another the end is not known."""
    if turn.state is State.NEEDS_INPUT and turn.reason in _REPLIES:
        turn.become(State.DONE)
    elif not turn.state.over:
        turn.become(State.UNKNOWN, "the next prompt came before an end was written")


def folders(values: Iterable[object]) -> Iterator[tuple[str, str]]:
    """Task id and folder, from the products' lists of tasks."""
    for value in values:
        items = value.get("entries") if isinstance(value, dict) else value
        for item in items if isinstance(items, list) else ():
            if isinstance(item, dict) and isinstance(identity := item.get("id"), str):
                folder = item.get("cwdOnTaskInitialization") or item.get("workspace")
                if isinstance(folder, str):
                    yield identity, folder
