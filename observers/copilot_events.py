"""Events that agents of GitHub Copilot write, one a line: what they say of turns. No I/O.

Names of events from the sources of Copilot Chat, and from reports about the command line and JetBrains.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Any

from observers.base import State, Store
from observers.exchange import RUNS_OR_WAITS, Exchange, milliseconds
from observers.listing import Source
from observers.transcript import Talk, brief, ended

_KNOWN = re.compile(
    r"(session|user|assistant|tool|permission|user_input|elicitation|model|hook|subagent|skill|system)\."
)
_LIMIT = re.compile(r"429|rate.?limit|quota", re.IGNORECASE)
_ASKS = {
    "permission.requested": "permission",
    "user_input.requested": "question",
    "elicitation.requested": "elicitation",
}
_ANSWERS = {name.replace("requested", "completed") for name in _ASKS}


@dataclass(slots=True)
class EventTalk(Talk):
    """`asked`: open questions. `wanted`: calls that were asked for, and did not start. `more`: the model goes on."""

    asked: dict[str, str] = field(default_factory=dict)
    wanted: set[str] = field(default_factory=set)
    more: bool = False


def line(talk: EventTalk, entry: dict[str, Any], where: str) -> None:
    """Takes in one event. Events of sub-agents change no turn."""
    kind = entry["type"]
    if not _KNOWN.match(kind) and kind not in {"abort", "result"}:
        talk.strange.add(kind)
        return
    talk.known += 1
    data = entry.get("data")
    if entry.get("agentId") or not isinstance(data, dict):
        return
    if kind == "user.message":
        _prompt(talk, entry, data["content"], where)
    elif kind in _ASKS:
        asked = data.get("permissionRequest") or {}
        talk.asked[str(data.get("requestId"))] = brief(asked.get("kind")) or _ASKS[kind]
    elif kind in _ANSWERS:
        talk.asked.pop(str(data.get("requestId")), None)
    elif (turn := talk.newest) is not None and (take := _TAKE.get(kind)) is not None:
        take(talk, turn, data, where, milliseconds(entry.get("timestamp")))


def _prompt(talk: EventTalk, entry: dict[str, Any], text: str, where: str) -> None:
    if (before := talk.newest) is not None and before.state is State.WORKING:
        before.become(State.UNKNOWN, "a later turn began before this one had an end")
    talk.asked.clear()
    talk.wanted.clear()
    talk.more = False
    talk.begin(entry["id"], text, where, milliseconds(entry["timestamp"]))


def _begun(talk: EventTalk, turn: Exchange, data: dict[str, Any], where: str, written: int | None) -> None:
    # Not the end it looked like: the same turn goes on.
    if turn.state is State.DONE:
        turn.become(State.WORKING)
    talk.more = False


def _said(talk: EventTalk, turn: Exchange, data: dict[str, Any], where: str, written: int | None) -> None:
    text = data.get("content") or data.get("text") or ""
    turn.answer(text if isinstance(text, str) else "", where, written)
    wanted = data.get("toolRequests") or []
    talk.more = bool(wanted)
    talk.wanted.update(str(call.get("toolCallId")) for call in wanted)


def _called(talk: EventTalk, turn: Exchange, data: dict[str, Any], where: str, written: int | None) -> None:
    talk.more = True
    talk.wanted.discard(str(data.get("toolCallId")))


def _ended(talk: EventTalk, turn: Exchange, data: dict[str, Any], where: str, written: int | None) -> None:
    # There is one for each time the model was asked; the last is the one without a call.
    if not talk.more and turn.replied is not None:
        ended(turn, State.DONE)


def _failed(talk: EventTalk, turn: Exchange, data: dict[str, Any], where: str, written: int | None) -> None:
    said = f"{data.get('errorType')} {data.get('statusCode')} {data.get('message')}"
    ended(turn, State.RATE_LIMITED if _LIMIT.search(said) else State.ERROR, brief(data.get("message")))


def _stopped(talk: EventTalk, turn: Exchange, data: dict[str, Any], where: str, written: int | None) -> None:
    ended(turn, State.INTERRUPTED, brief(data.get("reason")) or "the session was ended")


def standing(talk: EventTalk, store: Store, source: Source) -> list[Exchange]:
    """The exchanges, of which the newest may wait for a person."""
    found = list(talk.exchanges.values())
    if found and found[-1].state is State.WORKING:
        if talk.asked:
            found[-1] = replace(found[-1], state=State.NEEDS_INPUT, reason=next(iter(talk.asked.values())))
        elif talk.wanted:
            found[-1] = replace(found[-1], state=State.UNKNOWN, reason=RUNS_OR_WAITS)
    return found


_TAKE = {
    "assistant.turn_start": _begun,
    "assistant.message": _said,
    "tool.execution_start": _called,
    "tool.execution_complete": _called,
    "assistant.turn_end": _ended,
    "session.error": _failed,
    "abort": _stopped,
    "session.shutdown": _stopped,
}
