"""A session of Codex from its rollout. No I/O.

Shapes of 0.169.0 as it wrote them (items), and of what its sources say of older builds (events).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from typing import Any

from observers.base import State
from observers.exchange import RUNS_OR_WAITS, Exchange, milliseconds
from observers.transcript import Talk, brief, ended

KINDS = frozenset({"session_meta", "event_msg", "response_item", "turn_context", "compacted"})
ASIDE = frozenset({"world_state", "token_usage_record"})
_CALLS = frozenset({"function_call", "custom_tool_call", "local_shell_call"})
_LIMIT_WORDS = ("usage_limit", "rate_limit", "quota", "'http_status_code': 429")


@dataclass(slots=True)
class RolloutTalk(Talk):
    """`calls`: tool calls without a result, as (name, may ask for approval). `items`: this build writes items."""

    current: str | None = None
    members: dict[str, list[str]] = field(default_factory=dict)
    calls: dict[str, tuple[str, bool]] = field(default_factory=dict)
    policy: str | None = None
    items: bool = False
    chain: str = ""
    resets_ms: int | None = None


def line(talk: RolloutTalk, entry: dict[str, Any], where: str) -> None:
    """Takes in one line of the rollout."""
    kind = entry["type"]
    if kind not in KINDS:
        if kind not in ASIDE:
            talk.strange.add(str(kind))
        return
    payload = entry["payload"]
    talk.known += 1
    written = milliseconds(entry["timestamp"])
    if kind == "turn_context":
        talk.policy = payload.get("approval_policy")
    elif kind == "response_item":
        _response_item(talk, payload)
    elif kind == "event_msg":
        _event(talk, payload, where, written)


def _event(talk: RolloutTalk, event: dict[str, Any], where: str, written: int | None) -> None:
    if (take := _EVENTS.get(event["type"])) is not None:
        take(talk, event, where, written)


def _started(talk: RolloutTalk, event: dict[str, Any], where: str, written: int | None) -> None:
    talk.current = event.get("turn_id")
    talk.calls.clear()


def _message(talk: RolloutTalk, event: dict[str, Any], where: str, written: int | None) -> None:
    # Builds that write items write the same as an item.
    if talk.items:
        return
    if event["type"] == "user_message":
        _prompt(talk, event["message"], talk.current, None, where, written)
    else:
        _answer(talk, event["message"], talk.current, where, written)


def _tokens(talk: RolloutTalk, event: dict[str, Any], where: str, written: int | None) -> None:
    talk.resets_ms = _resets(event.get("rate_limits"), written)


def _aborted(talk: RolloutTalk, event: dict[str, Any], where: str, written: int | None) -> None:
    _end(talk, event.get("turn_id"), State.INTERRUPTED, str(event.get("reason") or "interrupted"))


def _error(talk: RolloutTalk, event: dict[str, Any], where: str, written: int | None) -> None:
    _end(talk, None, *_failure(event))


def _rolled_back(talk: RolloutTalk, event: dict[str, Any], where: str, written: int | None) -> None:
    count = int(event["num_turns"])
    for turn in list(talk.members)[-count:] if count > 0 else ():
        for member in talk.members.pop(turn):
            talk.drop(member)


def _item(talk: RolloutTalk, event: dict[str, Any], where: str, written: int | None) -> None:
    item, turn = event["item"], event.get("turn_id") or talk.current
    text = "".join(part.get("text") or "" for part in item.get("content") or () if isinstance(part, dict))
    if item["type"] == "UserMessage":
        newest = talk.newest
        again = not talk.items and newest is not None and newest.text == text and not newest.state.over
        talk.items = True
        if not again:
            _prompt(talk, text, turn, item.get("id"), where, written)
    elif item["type"] == "AgentMessage" and talk.items:
        _answer(talk, text, turn, where, written)


def _prompt(talk: RolloutTalk, text: str, turn: str | None, item: str | None, where: str, written: int | None) -> None:
    """A prompt. One that comes while a turn runs belongs to that turn, and ends with it."""
    talk.chain = blake2b(f"{talk.chain}\0{text}".encode("utf-8", "replace"), digest_size=12).hexdigest()
    turn = turn or talk.chain
    members = talk.members.setdefault(turn, [])
    identity = turn if not members else item or talk.chain
    talk.begin(identity, text, where, written)
    members.append(identity)


def _answer(talk: RolloutTalk, text: str, turn: str | None, where: str, written: int | None) -> None:
    members = talk.members.get(turn or "") or ([] if talk.newest is None else [talk.newest.turn])
    if members and (exchange := talk.exchanges.get(members[-1])) is not None:
        exchange.answer(text, where, written)


def _complete(talk: RolloutTalk, event: dict[str, Any], where: str, written: int | None) -> None:
    """The end of a turn. A turn that failed completes, too, with an error."""
    turn = event.get("turn_id")
    if isinstance(error := event.get("error"), dict):
        _end(talk, turn, *_failure(error))
        return
    for exchange in _running(talk, turn)[-1:]:
        if exchange.replied is None and event.get("last_agent_message"):
            exchange.answer(event["last_agent_message"], where, written)
    _end(talk, turn, State.DONE, None)


def _running(talk: RolloutTalk, turn: str | None) -> list[Exchange]:
    """The prompts of one turn that are not over; of the newest turn, where none is named."""
    members = talk.members.get(turn) if turn else next(reversed(talk.members.values()), None)
    found = (talk.exchanges.get(member) for member in members or ())
    return [exchange for exchange in found if exchange is not None and not exchange.state.over]


def _end(talk: RolloutTalk, turn: str | None, state: State, reason: str | None) -> None:
    for exchange in _running(talk, turn):
        ended(exchange, state, reason)
        exchange.resets_ms = talk.resets_ms if state is State.RATE_LIMITED else None


def _failure(error: dict[str, Any]) -> tuple[State, str | None]:
    said = str(error.get("codex_error_info")) + str(error.get("message"))
    limited = any(word in said for word in _LIMIT_WORDS)
    return State.RATE_LIMITED if limited else State.ERROR, brief(error.get("message"))


def _resets(limits: Any, written: int | None) -> int | None:
    """When the limit that was reached ends; None when none is reached."""
    if not isinstance(limits, dict):
        return None
    windows = [limits.get(name) for name in ("primary", "secondary")]
    full = [w for w in windows if isinstance(w, dict) and (w.get("used_percent") or 0) >= 100]
    if not full and limits.get("rate_limit_reached_type"):
        full = [w for w in windows if isinstance(w, dict)]
    ends = [end for window in full if (end := _end_of(window, written)) is not None]
    return max(ends, default=None)


def _end_of(window: dict[str, Any], written: int | None) -> int | None:
    at: Any = window.get("resets_at")
    if isinstance(at, int | float):
        return round(at * 1000)
    left: Any = window.get("resets_in_seconds")
    return None if written is None or not isinstance(left, int | float) else written + round(left * 1000)


def _response_item(talk: RolloutTalk, item: dict[str, Any]) -> None:
    kind = item["type"]
    if kind in _CALLS:
        said = str(item.get("arguments") or item.get("input") or item.get("action") or "")
        talk.calls[str(item.get("call_id"))] = str(item.get("name") or kind), _may_ask(talk.policy, item, said)
    elif kind.endswith("_output"):
        talk.calls.pop(str(item.get("call_id")), None)


def _may_ask(policy: str | None, item: dict[str, Any], said: str) -> bool:
    if policy == "never":
        return False
    return policy != "on-request" or "require_escalated" in said or item.get("name") == "apply_patch"


def standing(talk: RolloutTalk) -> Iterable[Exchange]:
    """The exchanges, of which the newest may wait for a person."""
    newest = talk.newest
    asks, reason = None, None
    if any(name == "request_user_input" for name, _ in talk.calls.values()):
        asks, reason = State.NEEDS_INPUT, "question"
    elif any(may for _, may in talk.calls.values()):
        asks, reason = State.UNKNOWN, RUNS_OR_WAITS
    for exchange in talk.exchanges.values():
        if exchange.state is not State.WORKING:
            yield exchange
        elif exchange is newest or exchange.turn in talk.members.get(talk.current or "", ()):
            yield exchange if asks is None else replace(exchange, state=asks, reason=reason)
        else:
            yield replace(exchange, state=State.UNKNOWN, reason="a later turn began before this one had an end")


_EVENTS = {
    "task_started": _started,
    "turn_started": _started,
    "user_message": _message,
    "agent_message": _message,
    "item_completed": _item,
    "token_count": _tokens,
    "task_complete": _complete,
    "turn_complete": _complete,
    "turn_aborted": _aborted,
    "error": _error,
    "thread_rolled_back": _rolled_back,
}
