"""A small reader of VS Code's chat files for these tests: it shares no code with the observer that they may check."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

RUNNING, COMPLETE, CANCELLED, FAILED, NEEDS_INPUT = range(5)


@dataclass(frozen=True, slots=True)
class StoredTurn:
    """session: the file's session id. state: one of the numbers above, None if the file has none yet."""

    session: str
    prompt: str
    reply: str
    state: int | None


def stored_turns(files: Iterable[Path]) -> list[StoredTurn]:
    """Every turn of these files, in their order."""
    return [_turn(path.stem, request) for path in files for request in _replay(path).get("requests", [])]


def _turn(session: str, request: dict[str, Any]) -> StoredTurn:
    parts = [part["value"] for part in request.get("response", []) if isinstance(part.get("value"), str)]
    return StoredTurn(session, request["message"]["text"], "".join(parts), request.get("modelState", {}).get("value"))


def _replay(path: Path) -> dict[str, Any]:
    root: dict[str, Any] = {"v": {}}
    # A line without its end is still being written.
    entries = [json.loads(line) for line in _read(path).split(b"\n")[:-1]]
    # VS Code sometimes begins a log without the entry that makes the chat. What is changed in it then means nothing;
    # the turns that are pushed later are whole.
    headless = bool(entries) and entries[0]["kind"] != 0
    for entry in entries:
        if not headless or (entry["kind"], entry.get("k")) == (2, ["requests"]):
            _apply(root, entry)
    state: dict[str, Any] = root["v"]
    return state


def _read(path: Path) -> bytes:
    """Nothing from a file that is gone: VS Code keeps some 25 chats of a folder and removes the oldest."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""


def _apply(root: dict[str, Any], entry: dict[str, Any]) -> None:
    path: list[str | int] = ["v", *entry.get("k", [])]
    holder: Any = root
    for step in path[:-1]:
        holder = holder[step]
    last = path[-1]
    match entry["kind"]:
        case 0 | 1:
            holder[last] = entry.get("v")
        case 2:
            values = holder.setdefault(last, [])
            del values[entry.get("i", len(values)) :]
            values.extend(entry.get("v", []))
        case 3:
            holder.pop(last, None)
        case kind:
            raise ValueError(f"{kind} is no kind of entry known here")
