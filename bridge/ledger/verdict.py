"""Is the ledger still what was written? Read from the files alone: no daemon is asked, and nothing is changed.

Without a key this finds every change whose author did not compute the hashes anew; with a key, every change that was
made without that key.
"""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NoReturn

from bridge.ledger.blobs import Blobs, references
from bridge.ledger.chain import GENESIS_KIND, GENESIS_PREV, Row, Seal, key_complaint
from bridge.ledger.database import DAMAGE, TABLE, check_version
from bridge.ledger.directory import has_writer
from bridge.ledger.snapshot import FILE_NAME, read_rows, snapshot
from bridge.ledger.tip import FILE_NAME as TIP_NAME
from bridge.ledger.tip import Ending, Slots, compare, newest, read_slots
from bridge.protocol.errors import BridgeError

LedgerVerdict = Literal["intact", "tampered", "unreadable"]


@dataclass(frozen=True, slots=True)
class VerifiedLedger:
    """`tampered`: `seq` is the first row that is changed, missing or in the wrong place (None: no single row is).

    `torn_tail`: a crash cut off the last write, and nothing that was promised is lost. `rows` counts the good ones,
    and `tip` is the hash of the last of an intact ledger: noted elsewhere, it shows that an older copy was put back.
    """

    verdict: LedgerVerdict
    rows: int
    torn_tail: bool
    keyed: bool
    seq: int | None = None
    message: str | None = None
    tip: str | None = None


class _NotIntact(Exception):
    def __init__(self, word: LedgerVerdict, seq: int | None, message: str) -> None:
        super().__init__(message)
        self.word: LedgerVerdict = word
        self.seq = seq
        self.message = message


def verify(directory: Path, *, key: bytes | None = None) -> VerifiedLedger:
    """Check every row, every blob they name, and the tip. Works beside a daemon that is writing."""
    inspection = _Inspection(directory, Seal(key))
    try:
        torn = inspection.run()
    except _NotIntact as found:
        return VerifiedLedger(found.word, inspection.rows, False, inspection.keyed, found.seq, found.message)
    message = "the last write was cut off by a crash; nothing that was promised is lost" if torn else None
    return VerifiedLedger("intact", inspection.rows, torn, inspection.keyed, None, message, inspection.last_hash)


class _Inspection:
    def __init__(self, directory: Path, seal: Seal) -> None:
        self._directory = directory
        self._tip_path = directory / TIP_NAME
        self._seal = seal
        self._blobs = Blobs(directory)
        self._good_blobs: set[str] = set()
        self.last_hash = GENESIS_PREV
        self._hashes: dict[int, str] = {}
        self.rows = 0
        self.keyed = False

    def run(self) -> bool:
        """Whether the tail is torn. Raises _NotIntact."""
        with self._failures_told():
            writer = self._has_writer()
            before = read_slots(self._tip_path, self._seal)
            if not (self._directory / FILE_NAME).exists():
                _no_rows(before, "there is no ledger")
            with snapshot(self._directory) as shot:
                after = read_slots(self._tip_path, self._seal)
                self._check_schema(shot.connection, after)
                self._hashes = {tip.seq: "" for tip in (*before, *after) if tip} | {0: GENESIS_PREV}
                self._check_rows(shot.connection)
                cut_off = shot.cut_off
            ending = self._compare(before, after)
            if ending.problem:
                raise _NotIntact("tampered", ending.seq, ending.problem)
            # With a writer at work, the last write is not torn but under way.
            return (ending.torn or cut_off) and not writer and not self._has_writer()

    @contextmanager
    def _failures_told(self) -> Iterator[None]:
        try:
            yield
        except BridgeError as error:
            raise _NotIntact("unreadable", None, error.message) from error
        except (*DAMAGE, OSError) as error:
            raise _NotIntact("unreadable", self.rows + 1, f"after row {self.rows}: {error}") from error

    def _has_writer(self) -> bool:
        return self._directory.is_dir() and has_writer(self._directory)

    def _check_schema(self, connection: sqlite3.Connection, slots: Slots) -> None:
        check_version(connection, self._directory / FILE_NAME)
        found = connection.execute("SELECT sql FROM sqlite_schema").fetchall()
        if not found:
            _no_rows(slots, "the ledger holds no row yet: making it was cut off")
        if found != [(TABLE,)]:
            raise _NotIntact("tampered", None, "the tables are not those of a ledger")

    def _check_rows(self, connection: sqlite3.Connection) -> None:
        # Bytes that are no text become lone surrogates, which no hash of ours was ever made from.
        connection.text_factory = lambda raw: raw.decode("utf-8", "surrogateescape")
        for row in read_rows(connection, "ORDER BY seq"):
            if complaint := self._complaint(row):
                raise _NotIntact("tampered", self.rows + 1, complaint)
            self.rows += 1
            self.last_hash = row.hash
            if row.seq in self._hashes:
                self._hashes[row.seq] = row.hash
        if not self.rows:
            raise _NotIntact("tampered", 1, "all rows are gone")

    def _complaint(self, row: Row) -> str | None:
        if row.seq != self.rows + 1:
            return "the row is missing"
        if row.seq == 1:
            self._check_key(row)
        if row.prev != self.last_hash:
            return "the row does not follow from the one before"
        if not self._seal.holds(row):
            other_key = ", or the key is not the one it was written with" if self.keyed and row.seq == 1 else ""
            return f"the row was changed{other_key}"
        return self._blob_complaint(row)

    def _check_key(self, first: Row) -> None:
        self.keyed = self._seal.keyed
        if complaint := key_complaint(first, self._seal):
            self.keyed = not self.keyed
            raise _NotIntact("unreadable", None, complaint)
        if first.kind != GENESIS_KIND:
            raise _NotIntact("tampered", 1, "the row is not the beginning of a ledger")

    def _blob_complaint(self, row: Row) -> str | None:
        try:
            body = json.loads(row.body)
        except (ValueError, RecursionError):
            return "the body is not JSON"
        if not isinstance(body, dict):
            return "the body is not a JSON object"
        for digest in references(body):
            if digest not in self._good_blobs and (complaint := self._blobs.complaint(digest)):
                return complaint
            self._good_blobs.add(digest)
        return None

    def _compare(self, before: Slots, after: Slots) -> Ending:
        if before == after:
            return compare(after, self.rows, self._hashes.get)
        # The writer went on while the rows were copied: they must lie between the two tips.
        older, newer = newest(before), newest(after)
        if older is None or newer is None:
            return Ending(problem="the tip is missing or destroyed", seq=self.rows)
        if older.seq > self.rows:
            return Ending(problem=f"the end was cut off: the tip names row {older.seq}", seq=self.rows + 1)
        if self.rows > newer.seq + 1:
            return Ending(problem=f"the tip was put back: it names row {newer.seq} of {self.rows}", seq=newer.seq + 1)
        for tip in (older, newer):
            if tip.seq <= self.rows and self._hashes[tip.seq] != tip.hash:
                return Ending(problem="the row is not the one its tip was written for", seq=tip.seq)
        return Ending()


def _no_rows(slots: Slots, otherwise: str) -> NoReturn:
    tip = newest(slots)
    if tip and tip.seq:
        raise _NotIntact("tampered", 1, f"all rows are gone: the tip names row {tip.seq}")
    raise _NotIntact("unreadable", None, otherwise)
