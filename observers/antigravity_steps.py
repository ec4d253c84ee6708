"""What a conversation of Antigravity says in its two readable forms: a transcript, and a database of steps.

Fields and numbers as readers of the stores report them for version 1.1; none of it was seen on the product. Both forms
give a turn the same id, for a conversation may get its transcript late.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

from observers import wire_format
from observers.base import ObserverError, ObserverReason, State
from observers.exchange import RUNS_OR_WAITS, Exchange, milliseconds
from observers.session_database import Contents
from observers.sqlite_snapshot import Snapshot
from observers.transcript import Talk, brief, ended
from observers.wire_format import NotAMessage

_REQUEST = re.compile(r"<USER_REQUEST>\s*(.*?)\s*</USER_REQUEST>", re.DOTALL)
_ASKS = {"ask_question", "ask_permission"}
_USER, _MODEL, _MODEL_ERROR = 14, 15, 17
_ACTIVE, _DONE, _WAITS, _FAILED = {1, 2}, 3, 4, 7
_ERROR_OR_CANCELLED = {5, 6}
_LATER = "a later prompt follows, and no end was written"


@dataclass(slots=True)
class AntigravitySteps(Talk):
    """A conversation with what each step of its newest turn said: a step may be written again."""

    said: dict[object, str] = field(default_factory=dict)

    def ask(self, text: str, index: object, at_ms: int | None, where: str) -> None:
        """A person's prompt."""
        request = _REQUEST.search(text)
        said = request.group(1) if request else text.strip()
        seconds = None if at_ms is None else at_ms // 1000
        identity = blake2b(repr((index, seconds, said)).encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
        if self.newest is not None and self.newest.turn != identity:
            ended(self.newest, State.UNKNOWN, _LATER)
        self.said.clear()
        self.begin(identity, said, where, at_ms)

    def say(self, text: str, index: object, at_ms: int | None, where: str) -> Exchange | None:
        """What the model said in one step; the exchange it answers."""
        newest = self.newest
        if newest is not None:
            self.said[index] = text
            newest.reply = [said for said in self.said.values() if said]
            newest.answer("", where, at_ms)
        return newest


def line(talk: AntigravitySteps, entry: dict[str, Any], where: str) -> None:
    """Applies one line of a transcript."""
    kind, status = entry["type"], entry.get("status")
    talk.known += 1
    content = entry.get("content")
    text = content if isinstance(content, str) else ""
    index, at_ms = entry.get("step_index"), milliseconds(entry.get("created_at"))
    if kind == "USER_INPUT":
        talk.ask(text, index, at_ms, where)
        return
    if entry.get("source") == "SYSTEM":
        return
    answered = kind == "PLANNER_RESPONSE"
    turn = talk.say(text, index, at_ms, where) if answered else talk.newest
    if turn is None:
        return
    if kind == "ASK_QUESTION" and status != "DONE":
        turn.become(State.NEEDS_INPUT, "question")
    elif status == "ERROR":
        # A tool that failed is answered by the model; a model that failed is not.
        turn.become(*((State.ERROR, brief(text)) if answered else (State.WORKING, None)))
    elif answered:
        turn.become(*_after_response(entry.get("tool_calls"), status))
    else:
        turn.become(State.WORKING)


def _after_response(calls: object, status: object) -> tuple[State, str | None]:
    names = [str(call.get("name")) for call in calls if isinstance(call, dict)] if isinstance(calls, list) else []
    if asked := _ASKS.intersection(names):
        return State.NEEDS_INPUT, min(asked).removeprefix("ask_")
    if names:
        return State.UNKNOWN, RUNS_OR_WAITS
    return (State.WORKING, None) if status == "RUNNING" else (State.DONE, None)


def contents(snapshot: Snapshot, _key: str) -> Contents:
    """The steps of a conversation as (index, type, status, payload)."""
    table = snapshot.table("steps")
    found = [
        (row["idx"], row["step_type"], row["status"], row["step_payload"])
        for row in table.rows(["idx", "step_type", "status", "step_payload"])
    ]
    return Contents(tuple(found))


def exchanges(found: Contents, where: str) -> Sequence[Exchange]:
    """The turns of a conversation, by its steps."""
    talk = AntigravitySteps()
    for index, kind, status, payload in found.rows:
        evidence = f"{where}#{index!r}"
        if not isinstance(kind, int) or not isinstance(status, int) or not isinstance(payload, bytes | None):
            raise ObserverError(ObserverReason.SCHEMA_CHANGED, "a step of another shape", where=evidence)
        try:
            _step(talk, (index, kind, status), payload or b"", evidence)
        except NotAMessage as error:
            raise ObserverError(
                ObserverReason.CORRUPT, f"a step that cannot be decoded: {error}", where=evidence
            ) from error
    return list(talk.exchanges.values())


def _step(talk: AntigravitySteps, step: tuple[object, int, int], payload: bytes, where: str) -> None:
    index, kind, status = step
    seconds = wire_format.first(payload, 5, 1, 1)
    at_ms = seconds * 1000 if isinstance(seconds, int) else None
    if kind == _USER:
        said = wire_format.text(payload, 19, 2) or wire_format.text(payload, 19, 3, 1)
        if said is None:
            raise ObserverError(ObserverReason.SCHEMA_CHANGED, "a prompt without its text", where=where)
        talk.ask(said, index, at_ms, where)
        return
    turn = talk.newest
    calls = False
    if kind == _MODEL:
        calls = wire_format.first(payload, 20, 7) is not None
        turn = talk.say(wire_format.text(payload, 20, 1) or "", index, at_ms, where)
    if turn is not None:
        message = brief(wire_format.text(payload, 24, 3, 1)) if kind == _MODEL_ERROR else None
        turn.become(*_state(kind, status, calls, message))


def _state(kind: int, status: int, calls: bool, message: str | None) -> tuple[State, str | None]:
    if status == _WAITS:
        return State.NEEDS_INPUT, "a step waits for the user"
    if status == _FAILED or message is not None:
        return State.ERROR, message
    if status in _ERROR_OR_CANCELLED:
        return State.UNKNOWN, "a step failed or was cancelled: the store tells no difference"
    if status in _ACTIVE:
        return State.WORKING, None
    if status != _DONE:
        return State.UNKNOWN, f"a step of status {status}"
    return (State.DONE, None) if kind == _MODEL and not calls else (State.WORKING, None)
