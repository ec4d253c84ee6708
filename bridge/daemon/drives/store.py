"""Every drive there ever was: the open ones in memory, the closed ones read back from their rows in the ledger."""

from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

from bridge.daemon.drives.open_drive import OpenDrive
from bridge.daemon.drives.rows import RowBody
from bridge.daemon.ledger_writer import LedgerWriter
from bridge.drive.evidence import Fact
from bridge.drive.record import DriveRecord, accepted
from bridge.ledger.store import Row
from bridge.protocol.errors import BridgeError, Reason

RECENT_MOST = 1000
PAGE_ROWS = 1000

HearRow = Callable[[Row, Mapping[str, Any], str], None]
HearDrive = Callable[[Row, DriveRecord | None], None]
KeepLate = Callable[[str, Fact], None]


class DriveStore:
    """Drives by their ids. A drive is open until its outcome is settled and its turn, where it has one, is over."""

    def __init__(self, journal: LedgerWriter) -> None:
        self._journal = journal
        self._open: dict[str, OpenDrive] = {}
        self._recent: deque[str] = deque(maxlen=RECENT_MOST)
        # The ledger has no index by drive: reading one back begins at its first row instead of the ledger's.
        self._first_seq: dict[str, int] = {}
        self._settled = 0

    def subscribe(self, callback: HearDrive) -> Callable[[], None]:
        """Call back with every new row, and its drive while that is open, until the returned function is called."""

        def tell(row: Row) -> None:
            drive = self._open.get(row.drive_id or "")
            callback(row, drive.record if drive else None)

        return self._journal.listen(tell)

    # --- finding -----------------------------------------------------------------------------------------------------

    def __contains__(self, drive_id: str) -> bool:
        return drive_id in self._first_seq

    def counts(self) -> tuple[int, int]:
        """Drives open and settled."""
        return len(self._open), self._settled

    def opened(self, drive_id: str) -> OpenDrive | None:
        """The drive while it is open."""
        return self._open.get(drive_id)

    async def find(self, drive_id: str) -> DriveRecord | None:
        """The drive as it stands; None where the id is unknown. The record of a closed drive is a copy."""
        drive = self._open.get(drive_id)
        if drive is not None:
            return drive.record
        first = self._first_seq.get(drive_id)
        return await self._read(drive_id, first) if first is not None else None

    async def known(self, drive_id: str) -> DriveRecord:
        """The drive as it stands. BridgeError UNKNOWN_DRIVE."""
        record = await self.find(drive_id)
        if record is None:
            raise BridgeError(Reason.UNKNOWN_DRIVE, f"no drive has the id {drive_id}", hint="koru drive list")
        return record

    async def newest(self) -> AsyncIterator[DriveRecord]:
        """The last RECENT_MOST drives that were accepted, newest first. A closed one is read when its turn comes."""
        for drive_id in reversed(tuple(self._recent)):
            record = await self.find(drive_id)
            if record is not None:
                yield record

    async def _read(self, drive_id: str, first: int) -> DriveRecord | None:
        record, after = None, first - 1
        while True:
            rows = await self._journal.rows(after_seq=after, limit=PAGE_ROWS, drive_id=drive_id)
            for row in rows:
                record = _folded(record, row, await self._journal.expand(row), drive_id)
            if len(rows) < PAGE_ROWS:
                return record
            after = rows[-1].seq

    # --- growing -----------------------------------------------------------------------------------------------------

    async def accept(self, drive_id: str, body: RowBody, late: KeepLate) -> OpenDrive:
        """Open a drive; its row is on disk when this returns. `late` takes the facts that come after its end."""
        row = await self._journal.append("accepted", body, drive_id)
        drive = _opened(accepted(drive_id, row.at_ms, body), late)
        self._open[drive_id] = drive
        self._index(row, drive_id)
        self._journal.announce(row)
        return drive

    async def write(self, kind: str, body: RowBody, record: DriveRecord) -> None:
        """A row about a drive that no machine writes; on disk when this returns. Raises LEDGER_UNWRITABLE."""
        row = await self._journal.append(kind, body, record.drive_id)
        record.apply(kind, row.at_ms, body)
        self._journal.announce(row)

    def close(self, drive: OpenDrive) -> None:
        """Nothing more is decided about the drive; from now on it is read from its rows."""
        self._settled += 1
        self._open.pop(drive.record.drive_id, None)

    async def recover(self, hear: HearRow, late: KeepLate) -> list[OpenDrive]:
        """The drives that a dead daemon left open, oldest first. `hear` is called with every row of every drive."""
        records: dict[str, DriveRecord] = {}
        for row, body in await self._journal.drive_rows():
            drive_id = row.drive_id or ""
            hear(row, body, drive_id)
            if row.kind == "accepted":
                self._index(row, drive_id)
            record = _folded(records.get(drive_id), row, body, drive_id)
            if record is not None and record.open:
                records[drive_id] = record
            elif record is not None:  # its rows are dropped at once: a ledger may hold a million of them
                self._settled += 1
                records.pop(drive_id, None)
        drives = [_opened(record, late) for record in records.values()]
        self._open |= {drive.record.drive_id: drive for drive in drives}
        return drives

    def _index(self, row: Row, drive_id: str) -> None:
        self._recent.append(drive_id)
        self._first_seq[drive_id] = row.seq


def _opened(record: DriveRecord, late: KeepLate) -> OpenDrive:
    return OpenDrive(record, lambda fact: late(record.drive_id, fact))


def _folded(record: DriveRecord | None, row: Row, body: Mapping[str, Any], drive_id: str) -> DriveRecord | None:
    """The drive after one more of its rows. Rows before `accepted`, which are a goal's, leave it None."""
    if row.kind == "accepted":
        return accepted(drive_id, row.at_ms, body)
    if record is not None:
        record.apply(row.kind, row.at_ms, body)
    return record
