"""A session of Cline's newer builds: its messages, and the manifest beside them that says how it stands. No I/O.

Shapes of the command line 3.0.65 as it wrote them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from observers.base import State
from observers.exchange import Exchange, milliseconds
from observers.listing import Source
from observers.transcript import brief

_WRAPPED = re.compile(r"\A\s*<user_input[^>]*>(.*)</user_input>\s*\Z", re.DOTALL)
_LIMIT = re.compile(r"\b429\b|rate.?limit|quota|too many requests", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Manifest:
    """What the manifest of a session says. `hidden`: a sub-agent's."""

    status: str
    prompt: str
    folder: str | None
    started_ms: int | None
    hidden: bool

    @classmethod
    def of(cls, value: object) -> Manifest:
        """KeyError or TypeError for a manifest of another shape."""
        if not isinstance(value, dict):
            raise TypeError("the manifest is not an object")
        folder = value.get("workspace_root") or value.get("cwd")
        hidden = bool(value.get("is_subagent") or value.get("parent_session_id"))
        prompt = value.get("prompt")
        return cls(
            value["status"],
            typed(prompt) if isinstance(prompt, str) else "",
            folder if isinstance(folder, str) else None,
            milliseconds(value.get("started_at")),
            hidden,
        )


def exchanges(value: object, source: Source, manifest: Manifest) -> Iterable[Exchange]:
    """The turns of a session. The first has the session's own id: its prompt is in the manifest before its message."""
    if not isinstance(value, dict) or not isinstance(value["messages"], list):
        raise TypeError("no list of messages")
    found: list[Exchange] = []
    calls: dict[str, str] = {}
    for message in value["messages"]:
        where = f"{source.file}#{message.get('id')}"
        text = _taken(message, calls)
        if message["role"] == "assistant":
            _answer(found, message, text, where)
        elif message["role"] == "user" and text:
            calls.clear()
            if found:
                _followed(found[-1])
            turn = source.key if not found else str(message["id"])
            found.append(Exchange(turn, typed(text), where, written_ms=message.get("ts")))
    if not found and manifest.prompt:
        evidence = f"{source.file}#prompt"
        found.append(Exchange(source.key, manifest.prompt, evidence, written_ms=manifest.started_ms))
    if found and found[-1].state is State.WORKING:
        found[-1].become(*_standing(found[-1], manifest.status, calls))
    return found


def typed(text: str) -> str:
    """What a person typed."""
    wrapped = _WRAPPED.match(text)
    return wrapped[1] if wrapped else text


def _taken(message: dict[str, Any], calls: dict[str, str]) -> str:
    """The text of a message; the tools it calls, or gives the results of, are noted in `calls`."""
    content = message["content"]
    if isinstance(content, str):
        return content
    for part in content:
        if part["type"] == "tool_use":
            calls[part["id"]] = part["name"]
        elif part["type"] == "tool_result":
            calls.pop(part["tool_use_id"], None)
    return "\n\n".join(part["text"] for part in content if part["type"] == "text")


def _answer(found: list[Exchange], message: dict[str, Any], text: str, where: str) -> None:
    if not found:
        return
    found[-1].answer(text, where, message.get("ts"))
    if (message.get("metadata") or {}).get("displayRole") == "error":
        found[-1].become(State.RATE_LIMITED if _LIMIT.search(text) else State.ERROR, brief(text))
    else:
        found[-1].become(State.WORKING)


def _followed(turn: Exchange) -> None:
    if turn.state is State.WORKING:
        said = bool(turn.reply)
        turn.become(State.DONE if said else State.UNKNOWN, None if said else "the next prompt came before an answer")


def _standing(turn: Exchange, status: str, calls: dict[str, str]) -> tuple[State, str | None]:
    """How the newest turn stands by the status of its session, which may still be that of the turn before."""
    tool = next(iter(calls.values()), None)
    match status:
        case "running":
            return State.WORKING, None
        case "pending":
            return State.NEEDS_INPUT, "input" if tool is None else f"approval of {tool}"
        case "idle" | "completed" if turn.replied is not None and tool is None:
            return State.DONE, None
        case "failed":
            return State.ERROR, "failed"
        case "cancelled":
            return State.INTERRUPTED, "cancelled"
        case "idle" | "completed":
            return State.WORKING, None
        case other:
            return State.UNKNOWN, f"status {other!r}"
