"""One chat of this machine and its state now, as far as its own store tells. Values only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bridge.clock import now_ms
from observers.base import ChatSession, ObserverError, ObserverReason, State, Turn, TurnRole
from observers.history import timestamp

TITLE_MAX = 120
REASON_MAX = 400


@dataclass(frozen=True, slots=True)
class Chat:
    """One chat. Times are milliseconds since 1970, `horizon_s` seconds.

    `modified_ms`: when the store last wrote to it. `observed_ms`: when it was read. `horizon_s`: what the product may
    hold back that long before it writes it. `until_ms`: how long an unfinished state may be believed. `evidence`: where
    the state was seen. `problem`: the stable word for why it cannot be read, such as `encrypted`; its state is unknown.
    """

    observer: str
    store: str
    session: str
    modified_ms: int
    product: str | None = None
    workspace: str | None = None
    state: State = State.UNKNOWN
    reason: str | None = None
    evidence: str | None = None
    observed_ms: int = 0
    resets_ms: int | None = None
    until_ms: int | None = None
    horizon_s: float | None = None
    title: str | None = None
    turns: int | None = None
    problem: str | None = None

    @property
    def key(self) -> tuple[str, str, str]:
        return self.observer, self.store, self.session

    @property
    def unfinished(self) -> bool:
        return not self.state.over and self.state is not State.UNKNOWN

    def same_state(self, other: Chat) -> bool:
        """Whether state, reason, problem and reset are equal; a chat that differs in times only is no news."""
        return (self.state, self.reason, self.problem, self.resets_ms) == (
            other.state,
            other.reason,
            other.problem,
            other.resets_ms,
        )

    def aged(self, now_ms: int) -> Chat:
        """The chat as it counts at `now_ms`: past `until_ms` a chat that is not finished counts as unknown."""
        if self.until_ms is None or not self.unfinished or now_ms <= self.until_ms:
            return self
        reason = f"{self.state}, but nothing was written since {timestamp(self.modified_ms)}"
        return replace(self, state=State.UNKNOWN, reason=reason, until_ms=None, observed_ms=now_ms)

    def row(self) -> dict[str, object]:
        """The chat as a JSON object."""
        return {
            "store": self.observer,
            "product": self.product,
            "workspace": self.workspace,
            "session": self.session,
            "state": self.state.value,
            "reason": self.reason,
            "problem": self.problem,
            "resets": None if self.resets_ms is None else timestamp(self.resets_ms),
            "written": timestamp(self.modified_ms),
            "observed": timestamp(self.observed_ms),
            "flush_horizon_s": self.horizon_s,
            "evidence": self.evidence,
            "title": self.title,
            "turns": self.turns,
            "path": self.store,
        }


def listed(session: ChatSession) -> Chat:
    """A chat that was not read: its state is not known."""
    return Chat(
        observer=session.store.observer,
        store=str(session.store.path),
        session=session.id,
        modified_ms=session.modified_ms,
        product=session.store.product,
        workspace=session.workspace or session.store.workspace,
        observed_ms=now_ms(),
    )


def read(session: ChatSession, rows: Sequence[Turn], horizon_s: float | None = None) -> Chat:
    """A chat by all its rows, oldest first."""
    chat = replace(listed(session), horizon_s=horizon_s)
    if not rows:
        return replace(chat, reason="it holds no turn yet", turns=0)
    return replace(shown(chat, rows), title=title(rows), turns=len({row.turn for row in rows}))


def shown(chat: Chat, rows: Sequence[Turn]) -> Chat:
    """The chat in the state of its last row; a prompt that waits in line does not hide what the chat does meanwhile."""
    last = rows[-1]
    if last.state is State.QUEUED:
        before = next((row for row in reversed(rows) if row.state is not State.QUEUED), last)
        last = last if before.state.over or before.state is State.UNKNOWN else before
    return replace(
        chat,
        state=last.state,
        reason=None if last.reason in (None, last.state.value) else str(last.reason)[:REASON_MAX],
        evidence=last.evidence,
        observed_ms=last.observed_ms,
        resets_ms=last.resets_ms,
        until_ms=last.until_ms,
        problem=None,
    )


def unreadable(chat: Chat, error: Exception) -> Chat:
    """The chat when it could not be read, and why."""
    word = error.reason.value if isinstance(error, ObserverError) else "crashed"
    said = error.message if isinstance(error, ObserverError) else f"the observer failed with {type(error).__name__}"
    return replace(chat, state=State.UNKNOWN, reason=said[:REASON_MAX], problem=word, until_ms=None)


def encrypted(chat: Chat) -> bool:
    return chat.problem == ObserverReason.ENCRYPTED.value


def title(rows: Sequence[Turn]) -> str | None:
    """The first line of the first prompt."""
    for row in rows:
        if row.role is TurnRole.USER and (line := next(filter(None, map(str.strip, row.text.split("\n"))), "")):
            return line if len(line) <= TITLE_MAX else f"{line[: TITLE_MAX - 1]}…"
    return None
