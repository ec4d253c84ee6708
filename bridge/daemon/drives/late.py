"""Facts that plugins tell. Those of an open drive go to its machine; what comes too late to count is a row, no more."""

from anyio.abc import TaskGroup

from bridge.contained import contained
from bridge.daemon.drives.store import DriveStore
from bridge.daemon.drives.surfaces import window_of
from bridge.daemon.ledger_writer import LedgerWriter
from bridge.daemon.socket.connection import Connection
from bridge.daemon.socket.plugin_session import PluginSession
from bridge.drive.evidence import Fact
from bridge.drive.record import fact_body
from bridge.drive.steps import Learned
from bridge.protocol.answers import answers
from bridge.protocol.messages.chat import ChatEvent, FactReport

LATE_MOST = 16  # of one drive, in one run of the daemon: a plugin that repeats itself must not fill the ledger


class LateFacts:
    """Writes rows `late` in `tasks`. They decide nothing; a person and a recovery may read them."""

    def __init__(self, journal: LedgerWriter, store: DriveStore, tasks: TaskGroup) -> None:
        self._journal, self._store, self._tasks = journal, store, tasks
        self._kept: dict[str, int] = {}

    @answers("chat/event")
    def on_chat_event(self, event: ChatEvent, connection: Connection) -> None:
        """A fact for an open drive of this window and epoch goes to the drive's machine; any other is only kept."""
        session = connection.session_of(event)
        if event.drive_id is None:
            return
        fact = fact_from(event.fact, session)
        drive = self._store.opened(event.drive_id)
        same_window = drive is not None and window_of(drive.record.surface) == session.window_id
        if drive is not None and not session.is_late(event) and same_window and not drive.over.is_set():
            drive.post(Learned(fact))
        else:
            self.keep(event.drive_id, fact, event.epoch)

    def keep(self, drive_id: str, fact: Fact, epoch: int | None = None) -> None:
        """Have the fact written down, LATE_MOST of each drive that is known; returns at once."""
        count = self._kept.get(drive_id, 0)
        if count < LATE_MOST and drive_id in self._store:
            self._kept[drive_id] = count + 1
            self._tasks.start_soon(self._write, drive_id, fact, epoch)

    async def _write(self, drive_id: str, fact: Fact, epoch: int | None) -> None:
        with contained("writing a late fact", drive_id):
            await self._append(drive_id, fact, epoch)

    async def _append(self, drive_id: str, fact: Fact, epoch: int | None) -> None:
        told = fact_body(fact, counted=False) | ({} if epoch is None else {"epoch": epoch})
        body = await self._journal.redacted(told)
        row = await self._journal.append_surely("late", body, drive_id)
        drive = self._store.opened(drive_id)
        if drive is not None:
            drive.record.apply("late", row.at_ms, body)
        self._journal.announce(row)


def fact_from(report: FactReport, session: PluginSession) -> Fact:
    """What a plugin reports, under its session's name. The wire has no word with which it could be its own witness."""
    source = f"{session.info.ide.product}:{session.session_id}"
    return Fact(report.kind, report.grade, source, report.at_ms, report.text_sha, report.chat_id, detail=report.detail)
