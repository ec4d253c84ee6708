"""A chat session of VS Code from its log of operations, kept as small as its turns need."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from observers import vscode_session
from observers.base import ObserverError, ObserverReason
from observers.jsonl import Folds, parse
from observers.mutation_log import Kind, Unresolved, apply

# Where in the log a request first appeared and what last changed it, kept in the request itself.
FIRST, LAST = "@first", "@last"
KINDS = frozenset(Kind)


@dataclass(slots=True)
class LoggedChat:
    """`headless`: the log lost its first entry, so only the requests that were pushed later are known."""

    session: Any = None
    headless: bool = False


def fold(chat: LoggedChat, offset: int, line: bytes, path: Path) -> None:
    """Applies one line. ObserverError `schema_changed` for what is not known here, `corrupt` for what cannot be."""
    where = f"{path}@{offset}"
    entry = parse(line, where)
    kind = entry.get("kind") if isinstance(entry, dict) else None
    if not isinstance(entry, dict) or not isinstance(kind, int) or kind not in KINDS:
        raise ObserverError(ObserverReason.SCHEMA_CHANGED, f"a log entry of unknown kind: {line[:40]!r}", where=where)
    if entry["kind"] == Kind.INITIAL:
        vscode_session.version(entry.get("v"), where)
        chat.headless = False
    elif chat.session is None:
        chat.session, chat.headless = {"requests": []}, True
    try:
        pruned = _pushed_only(entry) if chat.headless else _pruned(entry)
        if pruned is None:
            return
        chat.session = apply(chat.session, pruned)
        _mark(chat.session, pruned, offset)
    except Unresolved as error:
        raise ObserverError(
            ObserverReason.CORRUPT, f"an entry does not fit what is before it: {error}", where=where
        ) from error
    except (AttributeError, TypeError, KeyError) as error:
        raise ObserverError(
            ObserverReason.SCHEMA_CHANGED, f"an entry has another shape: {error}", where=where
        ) from error


def version(chat: LoggedChat) -> str:
    """The format of the session, as in its first entry."""
    return "headless" if chat.headless or chat.session is None else str(chat.session.get("version") or 1)


def _pushed_only(entry: dict[str, Any]) -> dict[str, Any] | None:
    # Without the first entry no index can be trusted: the requests before it are missing.
    if entry["kind"] != Kind.PUSH or entry.get("k") != ["requests"]:
        return None
    return _pruned({**entry, "i": None})


def _pruned(entry: dict[str, Any]) -> dict[str, Any] | None:
    """The entry without what is never looked at; None when nothing is left of it."""
    value: Any = entry.get("v")
    if entry["kind"] == Kind.INITIAL:
        kept = {name: value[name] for name in ("version", "pendingRequests") if name in value}
        return {"kind": Kind.INITIAL, "v": {**kept, "requests": _requests(value.get("requests"))}}
    match entry.get("k"):
        case ["requests"]:
            return {**entry, "v": _requests(value)}
        case ["requests", int()]:
            return {**entry, "v": vscode_session.prune_request(value)}
        case ["requests", int(), str(name), *rest] if name in vscode_session.REQUEST_FIELDS:
            return entry if rest else {**entry, "v": vscode_session.prune_field(name, value)}
        case ["pendingRequests", *_]:
            return entry
        case list():
            return None
        case _:
            raise Unresolved("an entry without a path")


def _requests(requests: Any) -> Any:
    if not isinstance(requests, list):
        return requests
    return [vscode_session.prune_request(request) for request in requests]


def _mark(session: Any, entry: dict[str, Any], offset: int) -> None:
    path = entry.get("k") or ["requests"]
    if path[0] != "requests" or not isinstance(session.get("requests"), list):
        return
    if len(path) > 1:
        request = session["requests"][path[1]]
        request[LAST] = offset
        request.setdefault(FIRST, offset)
        return
    # What is new stands at the end: a long chat is not walked through for each of its entries.
    for request in reversed(session["requests"]):
        if isinstance(request, dict):
            if FIRST in request:
                return
            request[FIRST] = request[LAST] = offset


LOGS: Folds[LoggedChat] = Folds(LoggedChat, fold)
