"""The ledger as the event loop sees it: one thread writes, subscribers hear of every row."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from functools import partial
from pathlib import Path

import anyio
from anyio import CapacityLimiter, to_thread

from bridge.clock import growing_pauses, now_ms
from bridge.daemon.faults import Faults
from bridge.ledger import verdict
from bridge.ledger.store import Ledger, Row
from bridge.policy.redaction import Redactor
from bridge.protocol.answers import answers
from bridge.protocol.errors import BridgeError
from bridge.protocol.messages.ledger import LedgerRow, LedgerTailParams, LedgerTailResult, LedgerVerifyResult

REDACTED_AT_ONCE = 2000  # characters; what is longer is no work for the event loop
RETRY_FIRST_S = 0.25
RETRY_MOST_S = 5.0

Listener = Callable[[Row], None]


class LedgerWriter:
    """Appends rows that are on disk when `append` returns."""

    def __init__(self, ledger: Ledger, directory: Path, key: bytes | None, faults: Faults, redactor: Redactor) -> None:
        self._ledger = ledger
        self._directory = directory
        self._key = key
        self._faults = faults
        self._redactor = redactor
        self._one_writer = CapacityLimiter(1)
        self._listeners: set[Listener] = set()
        self._announced = ledger.seq

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call the listener with every new row until the returned function is called."""
        self._listeners.add(listener)
        return lambda: self._listeners.discard(listener)

    async def append(self, kind: str, body: Mapping[str, object], drive_id: str | None = None) -> Row:
        """Write one row, its secrets redacted. Raises LEDGER_UNWRITABLE when the disk will not take it."""
        self._faults.reach(f"before_{kind}", drive_id)
        write = partial(self._write, kind, body, at_ms=now_ms(), drive_id=drive_id)
        with anyio.CancelScope(shield=True):
            row = await to_thread.run_sync(write, limiter=self._one_writer)
        self._faults.reach(f"after_{kind}", drive_id)
        return row

    def _write(self, kind: str, body: Mapping[str, object], *, at_ms: int, drive_id: str | None) -> Row:
        return self._ledger.append(kind, self._redactor.redact_body(body), at_ms=at_ms, drive_id=drive_id)

    async def write(self, kind: str, body: Mapping[str, object]) -> None:
        """A row that is no drive's, told to the listeners at once. Raises LEDGER_UNWRITABLE."""
        self.announce(await self.append(kind, body))

    async def redacted(self, body: Mapping[str, object]) -> dict[str, object]:
        """The body as a row will have it, for what is kept in memory and told to clients."""
        if sum(len(value) for value in body.values() if isinstance(value, str)) <= REDACTED_AT_ONCE:
            return self._redactor.redact_body(body)
        return await to_thread.run_sync(self._redactor.redact_body, body)

    async def append_surely(self, kind: str, body: Mapping[str, object], drive_id: str) -> Row:
        """Write one row about something that has already happened: a full disk delays it, and never loses it."""
        pauses = growing_pauses(RETRY_FIRST_S, RETRY_MOST_S)
        while True:
            try:
                return await self.append(kind, body, drive_id)
            except BridgeError:
                await anyio.sleep(next(pauses))

    def announce(self, row: Row) -> None:
        """Tell the listeners, once the state that the row describes is the state that will be answered."""
        self._announced = max(self._announced, row.seq)
        for listener in tuple(self._listeners):
            listener(row)

    async def rows(self, *, after_seq: int | None = None, limit: int = 50, drive_id: str | None = None) -> list[Row]:
        read = partial(self._ledger.rows, after_seq=after_seq, limit=limit, drive_id=drive_id)
        return await to_thread.run_sync(read, limiter=self._one_writer)

    @answers("ledger/tail")
    async def tail(self, params: LedgerTailParams) -> LedgerTailResult:
        """Rows as the wire has them."""
        rows = await self.rows(after_seq=params.after_seq, limit=params.limit)
        return LedgerTailResult(rows=[_wire_row(row) for row in rows])

    @answers("ledger/verify")
    async def verify(self) -> LedgerVerifyResult:
        """Read everything anew from the files, as `koru ledger verify` does without a daemon."""
        found = await to_thread.run_sync(partial(verdict.verify, self._directory, key=self._key))
        return LedgerVerifyResult(**asdict(found))

    def last_seq(self) -> int:
        return self._announced

    async def expand(self, row: Row) -> dict[str, object]:
        return await to_thread.run_sync(self._ledger.expand, row.body, limiter=self._one_writer)

    async def drive_rows(self) -> Iterable[tuple[Row, dict[str, object]]]:
        """Every row of a drive with its body put together, oldest first."""
        return await to_thread.run_sync(self._all_drive_rows, limiter=self._one_writer)

    def _all_drive_rows(self) -> list[tuple[Row, dict[str, object]]]:
        return [(row, self._ledger.expand(row.body)) for row in self._ledger.drive_rows()]


def _wire_row(row: Row) -> LedgerRow:
    return LedgerRow(seq=row.seq, at_ms=row.at_ms, kind=row.kind, body=row.body, hash=row.hash, drive_id=row.drive_id)
