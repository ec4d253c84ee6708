"""The ledger as its one writer has it: a row is on disk when `append` returns.

Rows are SQLite in WAL mode with synchronous=FULL; see tip.py for what is kept apart, and why in that order.
"""

import json
import uuid
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from bridge.clock import now_ms
from bridge.ledger.blobs import Blobs
from bridge.ledger.chain import (
    GENESIS_KIND,
    GENESIS_PREV,
    NO_ROWS,
    SCHEMA_VERSION,
    Row,
    Seal,
    Tip,
    canonical,
    key_complaint,
)
from bridge.ledger.database import LedgerDatabase, reading, writing
from bridge.ledger.directory import Directory
from bridge.ledger.snapshot import last_rows, read_rows
from bridge.ledger.tip import FILE_NAME as TIP_NAME
from bridge.ledger.tip import TipFile, compare, newest, read_slots
from bridge.protocol.errors import BridgeError, Reason
from bridge.version import VERSION

__all__ = ["Ledger", "Row"]

PAGE_ROWS = 500


class Ledger:
    """Blocking. Calls must not overlap; they may come from different threads."""

    def __init__(self, path: Path, seal: Seal, database: LedgerDatabase, tip_file: TipFile, closing: ExitStack) -> None:
        """Use `open`."""
        self._path = path
        self._seal = seal
        self._database = database
        self._tip_file = tip_file
        self._closing = closing
        self._blobs = Blobs(path)
        self._head = NO_ROWS
        self._tip_is_behind = False

    @classmethod
    def open(cls, directory: Path, *, key: bytes | None = None) -> "Ledger":
        """Open it for writing, made if there is none.

        Raises BridgeError: STATE_UNWRITABLE (the directory is not safely ours), LEDGER_UNWRITABLE (another writer,
        full or read-only disk), LEDGER_UNREADABLE (newer schema, key missing or uncalled for, damaged file),
        LEDGER_TAMPERED (the end does not fit the tip: appending would bury that). Only the end is checked here.
        """
        seal = Seal(key)
        with ExitStack() as stack:
            place = Directory.prepare(directory)
            stack.callback(place.close)
            place.lock()
            with writing(directory):
                database = LedgerDatabase(place)
                stack.callback(database.close)
                if database.is_new:
                    _begin(database, place, seal)
                tip_file = TipFile(directory / TIP_NAME, seal)
                stack.callback(tip_file.close)
            ledger = cls(directory, seal, database, tip_file, stack)
            ledger._take_up()
            ledger._closing = stack.pop_all()
            return ledger

    @property
    def seq(self) -> int:
        """Of the last row; also the number of rows."""
        return self._head.seq

    def append(self, kind: str, body: Mapping[str, object], *, at_ms: int, drive_id: str | None = None) -> Row:
        """Add one row, on disk with its blobs when this returns.

        Raises BridgeError LEDGER_UNWRITABLE; the row is not in then, and the next append may succeed. Only when the
        disk failed to flush, and the machine then stops, may a row whose append had raised be found later.
        Raises ValueError or TypeError for a body that JSON cannot say.
        """
        with writing(self._path):
            if self._tip_is_behind:
                self._write_tip()
            row = self._link(kind, canonical(self._blobs.fold(body)), at_ms, drive_id)
            self._database.insert(row)
        self._head = Tip(row.seq, row.hash)
        try:
            self._write_tip()
        except OSError:
            # The row is on disk and may not be denied. One row without a tip is sound; a second is not begun.
            self._tip_is_behind = True
        return row

    def rows(self, *, after_seq: int | None = None, limit: int = 50, drive_id: str | None = None) -> list[Row]:
        """Rows after `after_seq`, oldest first; without it the last `limit` rows, oldest first.

        Raises BridgeError LEDGER_UNREADABLE, as do the other readers.
        """
        with reading(self._path):
            return last_rows(self._database.connection, after_seq=after_seq, limit=limit, drive_id=drive_id)

    def drive_rows(self) -> Iterator[Row]:
        """All rows with a drive id, oldest first."""
        after, last = 0, self._head.seq
        while after < last:
            with reading(self._path):
                condition = "WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?"
                page = list(read_rows(self._database.connection, condition, after, last, PAGE_ROWS))
            if not page:
                return
            yield from (row for row in page if row.drive_id is not None)
            after = page[-1].seq

    def expand(self, body: str) -> dict[str, Any]:
        """The body of a row as it was given to `append`. Raises BridgeError LEDGER_TAMPERED for a bad blob."""
        return self._blobs.expand(json.loads(body))

    def close(self) -> None:
        """Safe to call twice."""
        self._closing.close()

    def _link(self, kind: str, body: str, at_ms: int, drive_id: str | None) -> Row:
        seq, prev = self._head.seq + 1, self._head.hash
        return Row(seq, at_ms, kind, drive_id, body, prev, self._seal.row(prev, seq, at_ms, kind, drive_id, body))

    def _write_tip(self) -> None:
        self._tip_file.write(self._head)
        self._tip_is_behind = False

    def _take_up(self) -> None:
        """Go on behind the last row, whose tip is written if a crash came between the two."""
        with reading(self._path):
            last = self._checked_last()
            ending = compare(read_slots(self._path / TIP_NAME, self._seal), last.seq, self._hash_of)
        if ending.problem:
            raise _tampered(self._path, ending.seq, ending.problem)
        self._head = Tip(last.seq, last.hash)
        if ending.torn:
            with writing(self._path):
                self._write_tip()

    def _checked_last(self) -> Row:
        connection = self._database.connection
        first = next(read_rows(connection, "WHERE seq = 1"), None)
        last = next(read_rows(connection, "ORDER BY seq DESC LIMIT 1"), None)
        if first is None or last is None:
            raise _tampered(self._path, 1, "the row is missing")
        if complaint := key_complaint(first, self._seal):
            hint = "give the key it was begun with (KORU_LEDGER_KEY_FILE), or move its directory away to begin another"
            raise BridgeError(Reason.LEDGER_UNREADABLE, complaint, where=str(self._path), hint=hint)
        if not self._seal.holds(first):
            raise _tampered(self._path, 1, "the row was changed, or the key is not the one it was written with")
        if not self._seal.holds(last) or self._hash_of(last.seq - 1) != last.prev:
            raise _tampered(self._path, last.seq, "the row was changed")
        return last

    def _hash_of(self, seq: int) -> str | None:
        if seq == 0:
            return GENESIS_PREV
        row = next(read_rows(self._database.connection, "WHERE seq = ?", seq), None)
        return row.hash if row else None


def _begin(database: LedgerDatabase, place: Directory, seal: Seal) -> None:
    tip_path = place.path / TIP_NAME
    tip = newest(read_slots(tip_path, seal))
    if tip and tip.seq:
        raise _tampered(place.path, 1, f"all rows are gone: the tip names row {tip.seq}")
    TipFile.create(tip_path, seal)
    place.sync()
    database.begin(_genesis(seal))


def _genesis(seal: Seal) -> Row:
    body = canonical({"ledger": str(uuid.uuid4()), "schema": SCHEMA_VERSION, "keyed": seal.keyed, "koru": VERSION})
    at_ms = now_ms()
    digest = seal.row(GENESIS_PREV, 1, at_ms, GENESIS_KIND, None, body)
    return Row(1, at_ms, GENESIS_KIND, None, body, GENESIS_PREV, digest)


def _tampered(path: Path, seq: int | None, problem: str) -> BridgeError:
    return BridgeError(
        Reason.LEDGER_TAMPERED,
        f"the ledger was changed by another hand, at row {seq}: {problem}",
        where=str(path),
        hint="look into it: koru ledger verify; to go on, move the directory away and keep it as evidence",
    )
