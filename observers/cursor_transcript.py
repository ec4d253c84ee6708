"""Cursor's agent transcripts: one log a composer, `<id>/<id>.jsonl`, with neither ids nor times of its own."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from observers.base import ObserverError, ObserverReason, State, Store
from observers.exchange import RUNS_OR_WAITS, Chain, Exchange, milliseconds
from observers.jsonl import Folds, parse
from observers.session_files import entries, regular_in

FOLDER = "agent-transcripts"
_QUERY = re.compile(r"<user_query>\s*(.*?)\s*</user_query>", re.DOTALL)
_TIMESTAMP = re.compile(r"<timestamp>\s*(.*?)\s*</timestamp>", re.DOTALL)
_ENDS = {"success": State.DONE, "error": State.ERROR, "aborted": State.INTERRUPTED, "cancelled": State.INTERRUPTED}


class CursorLayout:
    """Each log in a folder of its own name; what sub-agents do is kept below it and does not count."""

    def files(self, store: Store) -> Iterator[tuple[str, int, str, os.stat_result]]:
        """See `session_files.Layout`."""
        for entry in entries(store.path):
            path = f"{entry.path}{os.sep}{entry.name}.jsonl"
            if (status := regular_in(entry, path)) is not None:
                yield entry.name, 0, path, status

    def key(self, store: Store, path: Path) -> str | None:
        """See `session_files.Layout`."""
        own = path.suffix == ".jsonl" and path.stem == path.parent.name and path.parent.parent == store.path
        return path.stem if own else None


@dataclass(slots=True)
class Transcript:
    turns: list[Exchange] = field(default_factory=list)
    chain: Chain = field(default_factory=Chain)


def fold(log: Transcript, offset: int, line: bytes, path: Path) -> None:
    """Applies one line. ObserverError `corrupt` or `schema_changed`."""
    evidence = f"{path}@{offset}"
    entry = parse(line, evidence)
    identity = log.chain.add(line)
    if not isinstance(entry, dict) or not (entry.get("role") or entry.get("type")):
        raise ObserverError(ObserverReason.SCHEMA_CHANGED, f"a line of another shape: {line[:40]!r}", where=evidence)
    message = entry.get("message")
    content = message.get("content") if isinstance(message, dict) else None
    if entry.get("type") == "turn_ended":
        _end(log.turns, entry)
    elif entry.get("role") == "user":
        _say(log.turns, _text(content), identity, evidence)
    elif entry.get("role") == "assistant" and log.turns:
        parts = content if isinstance(content, list) else []
        log.turns[-1].answer(_text(content), evidence)
        runs = any(isinstance(part, dict) and part.get("type") == "tool_use" for part in parts)
        log.turns[-1].become(State.UNKNOWN if runs else State.WORKING, RUNS_OR_WAITS if runs else None)


LOGS: Folds[Transcript] = Folds(Transcript, fold)


def _say(turns: list[Exchange], text: str, identity: str, evidence: str) -> None:
    if not text:
        # The results of tools come in the user's place.
        if turns and not turns[-1].state.over:
            turns[-1].become(State.WORKING)
        return
    if turns and not turns[-1].state.over:
        turns[-1].become(State.UNKNOWN, "a later prompt follows, and no end was written")
    time = _TIMESTAMP.search(text)
    query = _QUERY.search(text)
    said = query.group(1) if query else _TIMESTAMP.sub("", text).strip()
    turns.append(Exchange(identity, said, evidence, written_ms=milliseconds(time.group(1)) if time else None))


def _end(turns: list[Exchange], entry: dict[str, Any]) -> None:
    if turns:
        status = str(entry.get("status"))
        error = entry.get("error")
        reason = str(error) if error else None if status == "success" else status
        turns[-1].become(_ENDS.get(status, State.UNKNOWN), reason)


def _text(content: object) -> str:
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    texts = [part.get("text") for part in parts if isinstance(part, dict) and part.get("type") == "text"]
    return "\n\n".join(text for text in texts if isinstance(text, str))
