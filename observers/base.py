"""The contract of every observer: what a chat's own store shows, read with no byte written, no lock and no file made.

An observer is a module that satisfies `Observer` and is listed in `catalogue.py`.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol


class ObserverReason(StrEnum):
    """Stable words for why a store gave no answer."""

    MISSING = "missing"
    UNREADABLE = "unreadable"
    SCHEMA_CHANGED = "schema_changed"
    CORRUPT = "corrupt"
    TOO_LARGE = "too_large"
    ENCRYPTED = "encrypted"
    CHANGING = "changing"
    BAD_CURSOR = "bad_cursor"


class ObserverError(Exception):
    """Nothing was learned from `where` (a path, perhaps with line or key). `hint` is the next step, if there is one."""

    def __init__(self, reason: ObserverReason, message: str, *, where: str = "", hint: str | None = None) -> None:
        super().__init__(reason, message, where)
        self.reason = reason
        self.message = message
        self.where = where
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.where}: {self.message} [{self.reason}]" if self.where else f"{self.message} [{self.reason}]"

    @property
    def transient(self) -> bool:
        """Whether the same call may succeed a moment later."""
        return self.reason is ObserverReason.CHANGING


class State(StrEnum):
    """What a turn is doing, as far as its store can tell. `unknown` is an answer."""

    QUEUED = "queued"
    WORKING = "working"
    NEEDS_INPUT = "needs_input"
    DONE = "done"
    ERROR = "error"
    RATE_LIMITED = "rate_limited"
    INTERRUPTED = "interrupted"
    UNKNOWN = "unknown"

    @property
    def over(self) -> bool:
        return self in {State.DONE, State.ERROR, State.RATE_LIMITED, State.INTERRUPTED}


class TurnRole(StrEnum):
    """`system`: said in the user's place by the product itself; never a prompt that was sent."""

    USER = "user"
    ASSISTANT = "assistant"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Store:
    """One place where one product keeps chats: a directory, a file or a database.

    `workspace` is a local path, or a URI where the folder is not local; None when the store does not name it.
    `product` is the build that owns the store (`code`, `cursor`, …), None when the path does not tell.
    """

    observer: str
    path: Path
    workspace: str | None = None
    product: str | None = None


@dataclass(frozen=True, slots=True)
class ChatSession:
    """One chat of a store. `modified_ms`: when the store last wrote to it, milliseconds since 1970.

    `workspace` is its folder, also in a store that holds the chats of many; None where nothing tells.
    """

    store: Store
    id: str
    modified_ms: int
    workspace: str | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """One side of a turn. A user row and the assistant row that answers it carry the same `turn` id and `state`.

    `written_ms` is the product's own time for the row, None when it keeps none; `observed_ms` is when we read it.
    `evidence` is where it was seen: `path@byte-offset`, or `path#key`. `reason` explains a state (an error message,
    what is waited for, why it is unknown); `resets_ms` is when a rate limit ends, where the store says so.
    `until_ms` is how long an unfinished state may be believed without another sign of life; None for one that is over.
    """

    store: Store
    session: str
    turn: str
    role: TurnRole
    text: str
    state: State
    observed_ms: int
    evidence: str
    reason: str | None = None
    written_ms: int | None = None
    resets_ms: int | None = None
    until_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Cursor:
    """How much of a store was known. `token` is the observer's own; the whole survives a restart as text."""

    store: Store
    token: str

    def dump(self) -> str:
        return json.dumps({**asdict(self.store), "path": str(self.store.path), "token": self.token})

    @classmethod
    def load(cls, text: str) -> Cursor:
        """ObserverError `bad_cursor` when this is not what `dump` wrote."""
        try:
            fields = json.loads(text)
            token = fields.pop("token")
            store = Store(**{**fields, "path": Path(fields["path"])})
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise ObserverError(ObserverReason.BAD_CURSOR, f"not a cursor: {error}") from error
        if not isinstance(token, str):
            raise ObserverError(ObserverReason.BAD_CURSOR, "the token of a cursor is text")
        return cls(store, token)


@dataclass(frozen=True, slots=True)
class Delta:
    """What a store shows past a cursor.

    `new`: rows of turns whose id the store did not hold at the cursor. `changed`: rows of turns known before that
    differ, or cannot be shown to be the same. Both carry the state of now. `problems`: sessions that could not be
    read this time while others could; when none could, `since` raises instead.
    """

    cursor: Cursor
    new: tuple[Turn, ...] = ()
    changed: tuple[Turn, ...] = ()
    problems: tuple[ObserverError, ...] = field(default=())

    @property
    def prompts(self) -> tuple[Turn, ...]:
        """The new user turns: the witness that a prompt landed."""
        return tuple(turn for turn in self.new if turn.role is TurnRole.USER)

    def reply(self, prompt: Turn) -> Turn | None:
        """The assistant's row of the same turn, None while there is none."""
        return reply(prompt, (*self.new, *self.changed))


def reply(prompt: Turn, turns: Iterable[Turn]) -> Turn | None:
    """The last assistant row among `turns` that answers `prompt`."""
    found = None
    for turn in turns:
        if turn.role is TurnRole.ASSISTANT and (turn.session, turn.turn) == (prompt.session, prompt.turn):
            found = turn
    return found


class Observer(Protocol):
    """A module. Every function only reads, in bounded time and memory, and may be called from any thread.

    A store that cannot be understood raises ObserverError; it never looks empty. Silence within the flush horizon
    says nothing.
    """

    @property
    def ID(self) -> str:
        """The registry id, which is also the module's name."""

    @property
    def CANNOT_KNOW(self) -> tuple[str, ...]:
        """What this store never tells, in sentences for people."""

    def locate(self, workspace: str | Path | None = None) -> tuple[Store, ...]:
        """The stores on this machine, or only those that name this folder (a path or a URI).

        What may be a store and cannot be looked into is among them, so that its `health` says why."""

    def at(self, path: Path) -> Store:
        """The store a hint points to: the store itself, a folder above or beside it, or one session's file. It may not
        exist yet where the product will make it. ObserverError `missing` when this cannot be such a store."""

    def cursor(self, store: Store) -> Cursor:
        """Where the store stands now: the anchor to take before acting."""

    def since(self, store: Store, cursor: Cursor, touched: Collection[Path] | None = None) -> Delta:
        """What is there past the cursor. Asked again with the same cursor: the same turns, in their new states.

        `touched`: all paths written below `watch_paths` since the last call for this store, as the caller watched them;
        then nothing else is looked at. None, or a path that belongs to no session: everything is looked at.
        """

    def sessions(self, store: Store) -> tuple[ChatSession, ...]:
        """The chats of the store by their last write, oldest first, without reading them."""

    def turns(self, store: Store, session: str) -> tuple[Turn, ...]:
        """All rows of one chat, oldest first."""

    def health(self, store: Store) -> tuple[ObserverError, ...]:
        """What is wrong with the store now; empty when its newest chats can be read."""

    def fingerprint(self, store: Store) -> str:
        """The formats its newest chats are in; another text means that the product changed its store."""

    def flush_horizon(self, store: Store) -> float:
        """Seconds the product may take to write what its chat already shows."""

    def watch_paths(self, store: Store) -> tuple[Path, ...]:
        """The directories to watch for changes (not recursively), whether they exist yet or not."""
