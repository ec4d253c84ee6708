"""The link between rows: what is hashed, and how. No files here.

A row's hash is SHA-256 (HMAC-SHA-256 under a key) over a domain word, a line feed and the canonical JSON array
[prev, seq, at_ms, kind, drive_id, body]; the tip's seal is the same over [seq, hash].
"""

import hashlib
import hmac
import json
from dataclasses import dataclass

SCHEMA_VERSION = 1
GENESIS_KIND = "ledger_created"
GENESIS_PREV = "0" * 64


@dataclass(frozen=True, slots=True)
class Row:
    """One entry. `body` is canonical JSON text, in which a large value is a reference to a blob.

    `seq` counts from 1 without gaps, `at_ms` is the Unix time in milliseconds, `prev` and `hash` are 64 hex digits.
    """

    seq: int
    at_ms: int
    kind: str
    drive_id: str | None
    body: str
    prev: str
    hash: str


@dataclass(frozen=True, slots=True)
class Tip:
    """The last row there was when the tip was written; seq 0 before the first one."""

    seq: int
    hash: str


NO_ROWS = Tip(0, GENESIS_PREV)


def canonical(value: object) -> str:
    """JSON with sorted keys, no blanks and ASCII only, so that lone surrogates and every terminal survive it.

    Raises ValueError or TypeError for what JSON cannot say (NaN, infinity, foreign types).
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


class Seal:
    """Computes hashes, under a key if there is one."""

    def __init__(self, key: bytes | None = None) -> None:
        self._key = key

    @property
    def keyed(self) -> bool:
        return self._key is not None

    def row(self, prev: str, seq: int, at_ms: int, kind: str, drive_id: str | None, body: str) -> str:
        return self._digest("koru-ledger-row", [prev, seq, at_ms, kind, drive_id, body])

    def holds(self, row: Row) -> bool:
        """Whether the row's hash is the one its fields give. They may be anything a database file can hold."""
        texts = (row.kind, row.body, row.prev, row.hash, "" if row.drive_id is None else row.drive_id)
        if not all(isinstance(text, str) for text in texts) or not isinstance(row.at_ms, int):
            return False
        return row.hash == self.row(row.prev, row.seq, row.at_ms, row.kind, row.drive_id, row.body)

    def tip(self, tip: Tip) -> str:
        return self._digest("koru-ledger-tip", [tip.seq, tip.hash])

    def _digest(self, domain: str, content: object) -> str:
        message = f"{domain}\n{canonical(content)}".encode("ascii")
        if self._key is None:
            return hashlib.sha256(message).hexdigest()
        return hmac.digest(self._key, message, "sha256").hex()


def key_complaint(first: Row, seal: Seal) -> str | None:
    """Why rows that begin with `first` cannot be judged under this seal; None when they can."""
    try:
        keyed = json.loads(first.body)["keyed"]
    except (ValueError, KeyError, TypeError):
        return None
    if keyed is True and not seal.keyed:
        return "the ledger was sealed with a key, and none is given"
    if keyed is False and seal.keyed and Seal().holds(first):
        return "a key is given, but the ledger was begun without one"
    return None
