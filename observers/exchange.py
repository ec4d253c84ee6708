"""A prompt and what answers it, while a store is being read; and the rows of both."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import blake2b

from observers.base import ObserverError, ObserverReason, State, Store, Turn, TurnRole
from observers.clock import now_ms

# The end of the year 9999: what is past it is no time, and what is far past it fits no counter.
_LATEST_MS = 253_402_300_799_999
# Why a tool call without a result is no verdict in a store that writes no approvals.
RUNS_OR_WAITS = "a tool call has no result yet: it runs or waits for approval"


@dataclass(slots=True)
class Exchange:
    """One turn as it grows. `evidence` is where the prompt was seen, `replied` where the newest part of its answer was.

    `reply` are the parts of the answer, in order. Times are milliseconds since 1970, by the product's own clock.
    """

    turn: str
    text: str
    evidence: str
    role: TurnRole = TurnRole.USER
    state: State = State.WORKING
    reason: str | None = None
    written_ms: int | None = None
    reply: list[str] = field(default_factory=list)
    replied: str | None = None
    replied_ms: int | None = None
    resets_ms: int | None = None

    def __post_init__(self) -> None:
        """TypeError for an id, a text or a reason that is not text: what a store holds may have any type."""
        self.turn, self.text = encodable(self.turn), encodable(self.text)
        self.written_ms = milliseconds(self.written_ms)
        self.become(self.state, self.reason)

    def become(self, state: State, reason: str | None = None) -> None:
        self.state, self.reason = state, None if reason is None else encodable(reason)

    def answer(self, text: str, evidence: str, written_ms: int | None = None) -> None:
        """Add a part of the answer. An empty part tells only that there is an answer."""
        if text := encodable(text):
            self.reply.append(text)
        self.replied = evidence
        self.replied_ms = milliseconds(written_ms) or self.replied_ms


class Chain:
    """Ids for the lines of a log that has none: each tells all lines up to its own, so that a copy has the same ids.

    Two logs that begin with the same lines share the ids of those.
    """

    def __init__(self) -> None:
        self._digest = blake2b(digest_size=8)

    def add(self, line: bytes) -> str:
        self._digest.update(len(line).to_bytes(8) + line)
        return self._digest.hexdigest()


@contextmanager
def shaped(where: str) -> Iterator[None]:
    """Raise ObserverError `schema_changed` for an error in the block that a value of another shape causes."""
    try:
        yield
    except (AttributeError, KeyError, TypeError, ValueError, IndexError, OverflowError) as error:
        message = f"a field has another shape: {type(error).__name__} {error}"
        raise ObserverError(ObserverReason.SCHEMA_CHANGED, message[:200], where=where) from error


def rows(store: Store, session: str, exchanges: Iterable[Exchange]) -> tuple[Turn, ...]:
    """The rows of a chat, oldest first."""
    observed = now_ms()
    return tuple(row for exchange in exchanges for row in _sides(store, session, exchange, observed))


def encodable(text: object) -> str:
    """Text that can be encoded: JavaScript may keep half a surrogate pair. TypeError for anything but text."""
    if not isinstance(text, str):
        raise TypeError(f"text expected, not {type(text).__name__}")
    if text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def milliseconds(value: object) -> int | None:
    """The moment, since 1970, that a number of milliseconds or an ISO 8601 text names, UTC where it names no zone.

    None for anything else; some products write -1 for a time they do not know.
    """
    if isinstance(value, str):
        value = _named(value)
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    return int(value) if 0 < value <= _LATEST_MS else None


def _named(text: str) -> float | None:
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return round(moment.timestamp() * 1000)
    except (ValueError, OverflowError):
        return None


def _sides(store: Store, session: str, exchange: Exchange, observed: int) -> Iterator[Turn]:
    def side(role: TurnRole, text: str, evidence: str, written: int | None) -> Turn:
        return Turn(
            store,
            session,
            exchange.turn,
            role,
            text,
            exchange.state,
            observed,
            evidence,
            exchange.reason,
            written,
            milliseconds(exchange.resets_ms),
        )

    yield side(exchange.role, exchange.text, exchange.evidence, exchange.written_ms)
    if exchange.replied is not None:
        yield side(TurnRole.ASSISTANT, encodable("\n\n".join(exchange.reply)), exchange.replied, exchange.replied_ms)
