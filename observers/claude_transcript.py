"""A session of Claude Code from its transcript. No I/O.

Shapes of 2.1.330 as it wrote them, and of what older builds are reported to have written.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from observers.base import State, TurnRole
from observers.exchange import Exchange, milliseconds
from observers.transcript import Talk, brief, ended

# Kinds of lines that say nothing about turns.
ASIDE = frozenset(
    {
        *(
            "summary",
            "progress",
            "file-history-snapshot",
            "file-history-delta",
            "last-prompt",
            "mode",
            "permission-mode",
            "cost-state",
        ),
        *("api-request", "api-request-shape", "api-request-blob", "tools-used", "atis-latch", "custom-title"),
        *("ai-title", "agent-name", "agent-setting", "pr-link", "tag", "bridge-session", "relocated"),
    }
)
_ENDS = frozenset({"end_turn", "stop_sequence", "max_tokens", "refusal"})
_QUESTIONS = {"AskUserQuestion": "question", "ExitPlanMode": "plan review"}
_INTERRUPTED = "[Request interrupted by user"
_LOCAL_OUTPUT = ("<local-command-stdout>", "<local-command-stderr>", "<bash-stdout>", "<bash-stderr>")
_NOT_SAID = ("<task-notification>", "<system-reminder>", "<local-command-caveat>", "Caveat: The messages below")
_TAG = re.compile(r"</?[a-z-]+>")
_RESET_AT = re.compile(r"\|(\d{10})\b")
_RESET_TIME = re.compile(r"resets (?:at )?(\d{1,2})(?::(\d\d))?\s*([ap]m)(?: \(([\w/+-]+)\))?", re.IGNORECASE)


@dataclass(slots=True)
class ClaudeTalk(Talk):
    """`owners`: the turn that each line belongs to, by the line's id. `asked`: open questions, by tool call."""

    owners: dict[str, str] = field(default_factory=dict)
    asked: dict[str, tuple[str, str]] = field(default_factory=dict)
    waiting: list[Exchange] = field(default_factory=list)


def line(talk: ClaudeTalk, entry: dict[str, Any], where: str) -> None:
    """Takes in one line of the transcript."""
    kind = entry["type"]
    if not isinstance(kind, str):
        raise TypeError(f"type is {kind!r}")
    take = _TAKE.get(kind)
    if take is None:
        if kind not in ASIDE:
            talk.strange.add(kind)
        return
    talk.known += 1
    if entry.get("isSidechain"):
        return
    take(talk, entry, where)
    owner = talk.owners.get(entry.get("parentUuid") or "")
    if (own := entry.get("uuid")) and owner is not None:
        talk.owners.setdefault(own, owner)


def _user(talk: ClaudeTalk, entry: dict[str, Any], where: str) -> None:
    content = entry["message"]["content"]
    parts = [{"type": "text", "text": content}] if isinstance(content, str) else content
    results = [part for part in parts if part["type"] == "tool_result"]
    for result in results:
        talk.asked.pop(result["tool_use_id"], None)
    text = "\n".join(part["text"] for part in parts if part["type"] == "text")
    turn = _turn(talk, entry)
    if text.startswith(_INTERRUPTED):
        talk.asked.clear()
        if turn is not None:
            ended(turn, State.INTERRUPTED, brief(text.strip("[]")))
    elif text.startswith(_LOCAL_OUTPUT):
        if turn is not None:
            turn.answer(_TAG.sub("", text).strip(), where, milliseconds(entry.get("timestamp")))
            ended(turn, State.DONE)
    elif not results and not entry.get("isMeta") and not entry.get("isCompactSummary"):
        _prompt(talk, entry, _typed(text), where)


def _prompt(talk: ClaudeTalk, entry: dict[str, Any], text: str, where: str) -> None:
    turn, written = entry["uuid"], milliseconds(entry["timestamp"])
    talk.note(turn)
    queued = _from_queue(talk, text)
    if (last := talk.newest) is not None and last is not queued and last.state is State.WORKING:
        last.become(State.UNKNOWN, "the next turn began before this one had an end")
    if queued is not None:
        # It keeps the id under which it was first seen.
        talk.exchanges[queued.turn] = talk.exchanges.pop(queued.turn, queued)
        queued.become(State.WORKING)
        turn = queued.turn
    else:
        talk.begin(turn, text, where, written, TurnRole.SYSTEM if text.startswith(_NOT_SAID) else TurnRole.USER)
    talk.owners[entry["uuid"]] = turn


def _assistant(talk: ClaudeTalk, entry: dict[str, Any], where: str) -> None:
    turn = _turn(talk, entry)
    if turn is None:
        return
    message = entry["message"]
    text = "\n\n".join(part["text"] for part in message["content"] if part["type"] == "text")
    for part in message["content"]:
        if part["type"] == "tool_use" and part["name"] in _QUESTIONS:
            talk.asked[part["id"]] = turn.turn, _QUESTIONS[part["name"]]
    written = milliseconds(entry["timestamp"])
    turn.answer(text, where, written)
    if entry.get("isApiErrorMessage"):
        limited = entry.get("error") == "rate_limit" or entry.get("apiErrorStatus") == 429
        turn.become(State.RATE_LIMITED if limited else State.ERROR, brief(text))
        turn.resets_ms = resets(text, written) if limited else None
    elif message.get("stop_reason") in _ENDS:
        turn.become(State.DONE, "refused" if message["stop_reason"] == "refusal" else None)
    elif turn.state is not State.INTERRUPTED:
        turn.become(State.WORKING)


def _system(talk: ClaudeTalk, entry: dict[str, Any], where: str) -> None:
    turn = _turn(talk, entry)
    if turn is None:
        return
    if entry.get("subtype") == "turn_duration":
        ended(turn, State.DONE)
    elif entry.get("subtype") == "api_error" and turn.state is State.WORKING:
        error: Any = entry.get("error")
        said = error.get("formatted") if isinstance(error, dict) else None
        turn.become(State.WORKING, brief(f"tries again after: {said or 'an API error'}"))


def _queue(talk: ClaudeTalk, entry: dict[str, Any], where: str) -> None:
    match entry["operation"]:
        case "enqueue" if isinstance(entry.get("content"), str):
            text = _typed(entry["content"])
            if not text.startswith(_NOT_SAID):
                queued = talk.begin(f"queue/{entry['timestamp']}", text, where, milliseconds(entry["timestamp"]))
                queued.become(State.QUEUED, "queued")
                talk.waiting.append(queued)
        case "remove" | "popAll":
            # Taken back by the user, or given to the running turn; then an attachment follows.
            for queued in talk.waiting:
                talk.drop(queued.turn)


def _attachment(talk: ClaudeTalk, entry: dict[str, Any], where: str) -> None:
    attached = entry["attachment"]
    if attached.get("type") != "queued_command" or not isinstance(attached.get("prompt"), str):
        return
    queued = _from_queue(talk, _typed(attached["prompt"]))
    running = _turn(talk, entry)
    if queued is not None and running is not None:
        # It steers the turn that runs, and ends with it; its own end is not told.
        talk.exchanges[queued.turn] = queued
        queued.become(State.UNKNOWN, "given to the turn that was running")


def _from_queue(talk: ClaudeTalk, text: str) -> Exchange | None:
    for queued in talk.waiting:
        if queued.text == text:
            talk.waiting.remove(queued)
            return queued
    return None


def _turn(talk: ClaudeTalk, entry: dict[str, Any]) -> Exchange | None:
    """The turn that a line belongs to: by the line before it, else the newest that began."""
    owner = talk.owners.get(entry.get("parentUuid") or "")
    if owner is not None:
        return talk.exchanges.get(owner)
    begun = (turn for turn in reversed(talk.exchanges.values()) if turn.state is not State.QUEUED)
    return next(begun, None)


def _typed(text: str) -> str:
    """What a person typed, out of what the product made of a command."""
    if "<command-name>" in text:
        name = text.partition("<command-name>")[2].partition("</command-name>")[0].strip()
        arguments = text.partition("<command-args>")[2].partition("</command-args>")[0].strip()
        return f"{name} {arguments}".strip()
    if text.startswith("<bash-input>"):
        return f"!{_TAG.sub('', text)}"
    return text


def resets(text: str, written_ms: int | None) -> int | None:
    """When a limit ends, from its message: the next time of day it names, or seconds since 1970 after a bar."""
    if (stamp := _RESET_AT.search(text)) is not None:
        return int(stamp[1]) * 1000
    if (named := _RESET_TIME.search(text)) is None or written_ms is None:
        return None
    try:
        zone = ZoneInfo(named[4]) if named[4] else UTC
        now = datetime.fromtimestamp(written_ms / 1000, zone)
        hour = int(named[1]) % 12 + (12 if named[3].lower() == "pm" else 0)
        moment = now.replace(hour=hour, minute=int(named[2] or 0), second=0, microsecond=0)
    except (ValueError, KeyError, OSError):
        return None
    return round((moment if moment > now else moment + timedelta(days=1)).timestamp() * 1000)


def standing(talk: ClaudeTalk) -> list[Exchange]:
    """The exchanges as the transcript alone tells them."""
    asked = dict(talk.asked.values())
    return [
        replace(turn, state=State.NEEDS_INPUT, reason=asked[turn.turn])
        if turn.turn in asked and turn.state is State.WORKING
        else turn
        for turn in talk.exchanges.values()
    ]


_TAKE = {
    "user": _user,
    "assistant": _assistant,
    "system": _system,
    "queue-operation": _queue,
    "attachment": _attachment,
}
