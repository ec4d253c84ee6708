"""Turns as rows for people and programs. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import TypedDict

from observers.base import Turn


class HistoryRow(TypedDict):
    store: str
    session: str
    turn: str
    role: str
    text: str
    state: str
    time: str | None


def rows(turns: Iterable[Turn]) -> Iterator[HistoryRow]:
    """One row a side of a turn. `time` is the product's own, RFC 3339 in UTC; None when it keeps none."""
    for turn in turns:
        yield {
            "store": turn.store.observer,
            "session": turn.session,
            "turn": turn.turn,
            "role": turn.role.value,
            "text": turn.text,
            "state": turn.state.value,
            "time": None if turn.written_ms is None else timestamp(turn.written_ms),
        }


def timestamp(milliseconds: int) -> str | None:
    """RFC 3339 in UTC; None for a time no calendar has."""
    try:
        moment = datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
