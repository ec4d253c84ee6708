"""The messages about the ledger."""

from typing import Annotated, Literal

from pydantic import Field

from bridge.protocol.messages.base import Identifier, Integer, Message, Milliseconds


class LedgerTailParams(Message):
    """Rows after `after_seq`, oldest first; without it the last `limit` rows."""

    after_seq: Integer | None = None
    limit: Annotated[int, Field(ge=1, le=1000)] = 50


class LedgerRow(Message):
    """One row of the ledger. `body` is its JSON as stored; `hash` links it to the row before."""

    seq: Integer
    at_ms: Milliseconds
    kind: Identifier
    body: str
    hash: str
    drive_id: str | None = None


class LedgerTailResult(Message):
    """Rows, oldest first."""

    rows: list[LedgerRow]


class LedgerVerifyResult(Message):
    """`intact` with `torn_tail` means that the last write was cut off by a crash, not changed by a hand."""

    verdict: Literal["intact", "tampered", "unreadable"]
    rows: Integer
    torn_tail: bool
    keyed: bool
    seq: Integer | None = None
    message: str | None = None
