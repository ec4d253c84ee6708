"""What a chat session of VS Code says (prompts, replies, states), in the JSON of both of its formats. No I/O.

Field names and meanings from the VS Code sources (contrib/chat/common/model); states also measured on 1.139.1.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from observers.base import ObserverError, ObserverReason, State, TurnRole
from observers.exchange import encodable, milliseconds

NEWEST_VERSION = 3
_PENDING, _COMPLETE, _CANCELLED, _FAILED, _NEEDS_INPUT = range(5)

# Everything else in a request (context, metadata, edits) can be megabytes and says nothing about the turn.
REQUEST_FIELDS = frozenset(
    {
        *("requestId", "timestamp", "message", "isSystemInitiated", "hiddenFromTranscript", "isHidden"),
        *("requestHiddenFromTranscript", "response", "responseId", "responseTimestamp", "result"),
        *("modelState", "isCanceled"),
    }
)
PART_FIELDS = frozenset(
    {"kind", "value", "content", "name", "inlineReference", "toolId", "isConfirmed", "isUsed", "state"}
)
# Parts of a reply that wait for a person, and what they are called in a reason.
_ASKS = {
    "confirmation": "confirmation",
    "elicitationSerialized": "elicitation",
    "questionCarousel": "question",
    "planReview": "plan review",
}


@dataclass(frozen=True, slots=True)
class Side:
    """One row of a turn before it is known where it was read."""

    turn: str
    role: TurnRole
    text: str
    state: State
    reason: str | None
    written_ms: int | None
    request: dict[str, Any]


def prune_request(request: Any) -> Any:
    """A request without what is never looked at."""
    if not isinstance(request, dict):
        return request
    kept = {name: value for name, value in request.items() if name in REQUEST_FIELDS}
    for name, prune in _PRUNE.items():
        if name in kept:
            kept[name] = prune(kept[name])
    return kept


def prune_field(name: str, value: Any) -> Any:
    """One field of a request without what is never looked at."""
    return _PRUNE[name](value) if name in _PRUNE else value


def _prune_message(message: Any) -> Any:
    return {"text": message.get("text")} if isinstance(message, dict) else message


def _prune_result(result: Any) -> Any:
    return {"errorDetails": result.get("errorDetails")} if isinstance(result, dict) else result


def _prune_parts(parts: Any) -> Any:
    if not isinstance(parts, list):
        return parts
    return [
        {name: value for name, value in part.items() if name in PART_FIELDS} if isinstance(part, dict) else part
        for part in parts
    ]


_PRUNE = {"message": _prune_message, "result": _prune_result, "response": _prune_parts}


def version(session: Any, where: str) -> int:
    """The session's format. ObserverError `schema_changed` for one this reader does not know."""
    found = session.get("version", 1) if isinstance(session, dict) else None
    if not isinstance(found, int) or not 1 <= found <= NEWEST_VERSION:
        message = f"chat sessions of format {found!r}; known are 1 to {NEWEST_VERSION}"
        raise ObserverError(ObserverReason.SCHEMA_CHANGED, message, where=where)
    return found


def sides(session: dict[str, Any], where: str, flat: bool) -> Iterator[Side]:
    """The rows of a session, oldest first, then what is queued. `flat`: the format that cannot tell a running turn."""
    requests = _requests(session.get("requests"), where)
    for number, request in enumerate(requests):
        state, reason = state_of(request, newest=number == len(requests) - 1, flat=flat)
        yield _prompt(request, state, reason)
        if request.get("responseId") is not None or request.get("response"):
            written = milliseconds((request.get("modelState") or {}).get("completedAt")) or milliseconds(
                request.get("responseTimestamp")
            )
            text = reply_text(request.get("response"))
            yield Side(request["requestId"], TurnRole.ASSISTANT, text, state, reason, written, request)
    started = {request["requestId"] for request in requests}
    for pending in session.get("pendingRequests") or ():
        request = _request(pending.get("request") if isinstance(pending, dict) else None, where)
        if request["requestId"] not in started:
            yield _prompt(request, State.QUEUED, str(pending.get("kind") or "queued"))


def state_of(request: dict[str, Any], *, newest: bool, flat: bool) -> tuple[State, str | None]:
    """The state of a turn and the reason for it."""
    error = _error(request)
    match (request.get("modelState") or {}).get("value"):
        case None:
            return _state_without_model(request, error)
        case 0:
            return State.WORKING, None
        case 1 if error is not None:
            # Older builds kept failures as complete.
            return error
        case 1:
            # A participant that asks for confirmation ends its turn; the answer comes as a new request.
            asks = newest and any(_unanswered(part) == "confirmation" for part in _parts(request))
            return (State.NEEDS_INPUT, "confirmation") if asks else (State.DONE, None)
        case 2 if flat and request.get("result") is None:
            return State.UNKNOWN, "this format saves a running turn as cancelled"
        case 2:
            return State.INTERRUPTED, "cancelled"
        case 3:
            return error or (State.ERROR, None)
        case 4:
            asked = (_unanswered(part) for part in reversed(_parts(request)))
            return State.NEEDS_INPUT, next(filter(None, asked), "input")
        case other:
            return State.UNKNOWN, f"modelState {other!r}"


def _state_without_model(request: dict[str, Any], error: tuple[State, str | None] | None) -> tuple[State, str | None]:
    """Builds before `modelState` marked a turn by `isCanceled` and by having a result."""
    if request.get("isCanceled"):
        return State.INTERRUPTED, "cancelled"
    if error is not None:
        return error
    if request.get("result") is not None:
        return State.DONE, None
    return State.UNKNOWN, "the store does not say how the turn ended"


def _error(request: dict[str, Any]) -> tuple[State, str | None] | None:
    details = (request.get("result") or {}).get("errorDetails")
    if not isinstance(details, dict):
        return None
    message = clean(details.get("message")) or None
    if details.get("code") == "canceled":
        return State.INTERRUPTED, message
    limited = details.get("isRateLimited") or details.get("isQuotaExceeded")
    return (State.RATE_LIMITED if limited else State.ERROR), message


def _parts(request: dict[str, Any]) -> list[Any]:
    response = request.get("response")
    return response if isinstance(response, list) else []


def _unanswered(part: Any) -> str | None:
    """What a part of a reply asks for, None when it asks for nothing or was answered."""
    if not isinstance(part, dict):
        return None
    if part.get("kind") == "toolInvocationSerialized":
        return f"tool {part.get('toolId')}" if part.get("isConfirmed") is None else None
    answered = part.get("isUsed") or part.get("state") not in {None, "pending"}
    return None if answered else _ASKS.get(str(part.get("kind")))


def reply_text(parts: Any) -> str:
    """The reply as a person reads it: its Markdown, with references by name; no thinking, no tool calls."""
    if isinstance(parts, str):
        return clean(parts)
    return "".join(_part_text(part) for part in parts) if isinstance(parts, list) else ""


def _part_text(part: Any) -> str:
    if isinstance(part, str):
        return clean(part)
    if not isinstance(part, dict):
        return ""
    match part.get("kind"):
        case None:
            return clean(part.get("value"))
        case "markdownContent" | "markdownVuln":
            content = part.get("content")
            return clean(content.get("value")) if isinstance(content, dict) else clean(content)
        case "inlineReference":
            return _reference_name(part)
        case _:
            return ""


def _reference_name(part: dict[str, Any]) -> str:
    reference = part.get("inlineReference")
    if part.get("name") or not isinstance(reference, dict):
        return clean(part.get("name"))
    location = reference.get("uri") if isinstance(reference.get("uri"), dict) else reference
    path = location.get("path") if isinstance(location, dict) else None
    return clean(reference.get("name")) or clean(path).rpartition("/")[2]


def clean(text: Any) -> str:
    """Text that can be encoded. Anything but text is empty."""
    return encodable(text) if isinstance(text, str) else ""


def _prompt(request: dict[str, Any], state: State, reason: str | None) -> Side:
    message = request["message"]
    text = clean(message if isinstance(message, str) else message.get("text"))
    hidden = ("isSystemInitiated", "hiddenFromTranscript", "requestHiddenFromTranscript", "isHidden")
    role = TurnRole.SYSTEM if any(request.get(name) for name in hidden) else TurnRole.USER
    return Side(request["requestId"], role, text, state, reason, milliseconds(request.get("timestamp")), request)


def _requests(requests: Any, where: str) -> Sequence[dict[str, Any]]:
    if not isinstance(requests, list):
        raise ObserverError(ObserverReason.SCHEMA_CHANGED, "a chat session without a list of requests", where=where)
    return [_request(request, where) for request in requests]


def _request(request: Any, where: str) -> dict[str, Any]:
    if isinstance(request, dict) and isinstance(request.get("requestId"), str):
        message = request.get("message")
        if isinstance(message, str) or (isinstance(message, dict) and isinstance(message.get("text"), str)):
            return request
    raise ObserverError(ObserverReason.SCHEMA_CHANGED, "a request without an id or a message", where=where)
