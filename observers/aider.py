"""aider: one Markdown file in each folder it is used in, to which every chat there is appended."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from pathlib import Path
from typing import Any

from observers.base import ObserverError, ObserverReason, State, Store
from observers.exchange import Exchange
from observers.listing import Source
from observers.regular_file import may_be_directory, refusal
from observers.transcript import Talk, Transcripts, brief
from observers.vscode_data import local_path

ID = "aider"
CANNOT_KNOW: tuple[str, ...] = (
    "whether an answer is whole: no end is written",
    "a prompt before anything follows it: its last line cannot be told from one before it",
    "whether it waits for a yes or a no",
    "when a prompt was sent: only the start of a chat has a time",
    "folders it was used in that nobody names: there is no list of them",
)
FRESHNESS_S = 900.0
# A prompt is known to be whole when something follows it: the answer, which aider writes when the answer is complete.
FLUSH_S = 120.0
NAME = ".aider.chat.history.md"
_KEY = "chat"
NO_END = "this store has no word for an end"
_STARTED = "# aider chat started at "
_PROMPT = "#### "
_FAILED = re.compile(r"litellm\.\w*Error|\bAPI (?:provider|error)\b")
_LIMIT = re.compile(r"RateLimitError|\b429\b|quota", re.IGNORECASE)


@dataclass(slots=True)
class AiderTalk(Talk):
    """`chain`: a digest of the chat's start and its prompts, the same in a copy. `lines`: a prompt being read."""

    chain: str = ""
    lines: list[str] = field(default_factory=list)
    began: str = ""


class OneFile:
    """The store is the file, and its only session."""

    def files(self, store: Store) -> Iterator[tuple[str, int, str, os.stat_result]]:
        try:
            yield _KEY, 0, str(store.path), store.path.stat()
        except FileNotFoundError as error:
            if not may_be_directory(store.path.parent):
                raise refusal(error, store.path) from error
        except OSError as error:
            raise refusal(error, store.path) from error

    def key(self, store: Store, path: Path) -> str | None:
        return _KEY if path == store.path else None


def locate(workspace: str | Path | None = None) -> tuple[Store, ...]:
    """See `Observer.locate`. None without a folder, because nothing lists the folders that aider was used in.

    Looks in the folder and in those above it, up to the one that holds `.git`.
    """
    if workspace is None:
        return ()
    folder = Path(local_path(str(workspace)))
    for above in (folder, *folder.parents):
        try:
            if (above / NAME).is_file():
                return (Store(ID, above / NAME, str(above), "aider"),)
            # The file is where the repository begins.
            if (above / ".git").exists():
                return ()
        except OSError:
            return ()
    return ()


def at(path: Path) -> Store:
    """See `Observer.at`. Takes the file, or the folder it is in."""
    path = path.absolute()
    if path.name != NAME and may_be_directory(path):
        path = path / NAME
    if path.name != NAME or not may_be_directory(path.parent):
        hint = f"give a folder that aider was used in, or its {NAME}"
        raise ObserverError(ObserverReason.MISSING, "no chat of aider is here", where=str(path), hint=hint)
    return Store(ID, path, str(path.parent), "aider")


def flush_horizon(store: Store) -> float:
    """See `Observer.flush_horizon`."""
    return FLUSH_S


def watch_paths(store: Store) -> tuple[Path, ...]:
    """See `Observer.watch_paths`."""
    return (store.path.parent,)


def _decode(line: bytes, where: str) -> dict[str, object]:
    try:
        return {"text": line.decode("utf-8")}
    except UnicodeDecodeError as error:
        raise ObserverError(ObserverReason.CORRUPT, f"not UTF-8: {error}", where=where) from error


def _line(talk: AiderTalk, entry: dict[str, Any], where: str) -> None:
    text: str = entry["text"]
    if text.startswith(_PROMPT):
        talk.known += 1
        talk.began = talk.began or where
        talk.lines.append(text.removeprefix(_PROMPT))
        return
    if talk.lines:
        # A prompt ends with the first line that is none of its own.
        _prompted(talk)
    if text.startswith(_STARTED):
        talk.known += 1
        talk.chain = _digest(talk.chain, text)
        _followed(talk, "another chat was started")
    elif not talk.chain:
        if text:
            talk.strange.add("text before a chat")
    elif (turn := talk.newest) is not None:
        _answered(turn, text, where)


def _prompted(talk: AiderTalk) -> None:
    _followed(talk, NO_END)
    text = "\n".join(talk.lines)
    talk.chain = _digest(talk.chain, text)
    talk.begin(talk.chain, text, talk.began)
    talk.lines, talk.began = [], ""


def _followed(talk: AiderTalk, reason: str) -> None:
    if (turn := talk.newest) is not None and turn.state is State.WORKING:
        turn.become(State.UNKNOWN, reason)


def _answered(turn: Exchange, text: str, where: str) -> None:
    if not text.startswith(">"):
        if text or turn.reply:
            turn.reply[:] = ["\n".join([*turn.reply, text])]
        if text:
            turn.replied = where
            turn.become(State.UNKNOWN, NO_END)
    elif _FAILED.search(text):
        turn.become(State.RATE_LIMITED if _LIMIT.search(text) else State.ERROR, brief(text.removeprefix("> ")))
    elif "^C" in text or "KeyboardInterrupt" in text:
        turn.become(State.INTERRUPTED, "cancelled")


def _digest(chain: str, text: str) -> str:
    return blake2b(f"{chain}\0{text}".encode("utf-8", "replace"), digest_size=12).hexdigest()


def _exchanges(talk: AiderTalk, store: Store, source: Source) -> list[Exchange]:
    return [replace(turn, reply=["".join(turn.reply).strip()]) for turn in talk.exchanges.values()]


_CHATS: Transcripts[AiderTalk] = Transcripts(
    OneFile(), AiderTalk, _line, _exchanges, FRESHNESS_S, decode=_decode, dated=False, blank=True
)

cursor = _CHATS.activity.cursor
since = _CHATS.activity.since
sessions = _CHATS.activity.sessions
turns = _CHATS.activity.turns
health = _CHATS.activity.health


def fingerprint(store: Store) -> str:
    """See `Observer.fingerprint`."""
    return _CHATS.fingerprint(store).replace("jsonl", "markdown")
