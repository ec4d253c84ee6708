"""Acts on the desktop for a drive: an injector's steps become facts, and never better than a readback."""

import logging
from collections.abc import Callable, Mapping
from functools import partial
from typing import assert_never

from anyio import from_thread, to_thread

from bridge.desk.calibration import CalibrationStore
from bridge.desk.desk import Desk
from bridge.desk.injecting import InjectionRequest, Performed, Step, perform
from bridge.desk.targets import aimed
from bridge.desk.turns import Turns
from bridge.drive.evidence import Fact
from bridge.drive.record import DriveRecord
from bridge.drive.steps import (
    Candidate,
    ChannelDeclined,
    ChannelDone,
    ChannelLost,
    DriveEvent,
    EventSink,
    Learned,
    LookedUp,
    NotSubmitted,
)
from bridge.drive.windows import Addressed
from bridge.protocol.messages.base import FactKind, Grade
from injectors.base import (
    Declined,
    EnterWithheld,
    FoundTarget,
    InjectionError,
    Inserted,
    Level,
    Lost,
    Restored,
    Stop,
    Submitted,
    Target,
)
from injectors.blockers import BlockerWord
from registry.model import Interface

SLACK_S = 5.0
"""How long before the drive's own deadline the injector is stopped, so that its end is still told in time."""

TAKEN_MOST = 256
GRADES: Mapping[Level, Grade] = {Level.SENT: "claim", Level.DELIVERED: "claim", Level.VERIFIED: "readback"}

log = logging.getLogger("koru.desk")


class InjectorChannel:
    """A `Channel` of the daemon. `addressed` finds the window behind a surface's key, None when it is gone; `now_ms` is
    the wall clock; `reach` is told of each point at which a test may have the daemon killed."""

    def __init__(
        self,
        desk: Desk,
        turns: Turns,
        interfaces: Mapping[str, Interface],
        calibrations: CalibrationStore,
        addressed: Callable[[str], Addressed | None],
        now_ms: Callable[[], int],
        reach: Callable[[str, str], None],
    ) -> None:
        self._desk, self._turns = desk, turns
        self._interfaces, self._calibrations = interfaces, calibrations
        self._addressed, self._now_ms, self._reach = addressed, now_ms, reach
        self._taken: dict[str, str] = {}

    def session_of(self, candidate: Candidate) -> str | None:
        return self._source(candidate)

    async def hold(self, record: DriveRecord, candidate: Candidate, report: EventSink) -> None:
        """Not called, because `deliver` always gives False: after it an injector learns nothing more."""

    async def deliver(self, record: DriveRecord, candidate: Candidate, report: EventSink) -> bool:
        self._reach("before_deliver", record.drive_id)
        seconds = record.params.deadline_ms / 1000
        try:
            with self._turns.stoppable(record.drive_id, record.acting_at_ms) as stop:
                if record.drive_id in self._taken:  # a stop ended it in another injector: this one must not try again
                    stop.trip(self._taken[record.drive_id])
                target = await self._target(candidate)
                work = partial(self._work, record, candidate, target, stop, report)
                await self._turns.run(work, stop, seconds - min(SLACK_S, seconds / 4))
        except Declined as error:
            self._remember(record, error)
            report(ChannelDeclined(str(error.blocker), f"{error.message}; next: {error.hint}"))
        except Lost as error:
            report(ChannelLost(f"{error.blocker}: {error.message}; next: {error.hint}"))
        else:
            self._reach("after_deliver", record.drive_id)
        return False

    async def lookup(self, record: DriveRecord, candidate: Candidate, report: EventSink) -> None:
        """A desktop keeps no journal, so nothing is known here; the chat's store may show what became of the text."""
        report(LookedUp(None))

    async def cancel(self, record: DriveRecord, candidate: Candidate) -> None:
        """Stop the injector at its next step. What was typed by then is told by the delivery itself."""
        self._turns.trip(record.drive_id, "the drive's cancellation")

    async def _target(self, candidate: Candidate) -> Target:
        addressed = self._addressed(candidate.surface)
        if addressed is None:
            hint = "open the window, or name it in desk.yaml"
            raise Declined(BlockerWord.TARGET_MISSING, "the window of this chat is not known any more", hint)
        return await to_thread.run_sync(aimed, addressed, self._calibrations)

    def _work(self, record: DriveRecord, candidate: Candidate, target: Target, stop: Stop, report: EventSink) -> None:
        """The injection, in the worker's thread; each step is reported in the event loop."""
        settings = self._desk.settings
        order = InjectionRequest(
            text=record.params.text,
            target=target,
            submit=not record.params.draft,
            at_least=settings.submit_at_least,
            guard=settings.operator_guard,
            panic_key=settings.panic_key,
        )
        source = self._source(candidate)
        notes: list[str] = []

        def tell(step: Step) -> None:
            match step:
                case str():
                    notes.append(step)
                case Inserted():
                    said = (f"{step.method} of {step.characters} characters", f"level {step.level.name.lower()}")
                    self._learn(record, source, "inserted", step.level, (*said, *step.notes, *notes), report)
                case Submitted():
                    self._learn(record, source, "submitted", step.level, step.notes, report)
                case FoundTarget() | EnterWithheld() | Restored():
                    pass  # no fact of a drive: what was found proves nothing, and the other two stand in its end
                case _:
                    assert_never(step)

        injector = self._desk.injector(self._adapter(candidate))
        performed = perform(injector, self._desk.environment, order, stop, tell)
        log.info("drive %s: %s", record.drive_id, "; ".join(performed.notes))
        from_thread.run_sync(report, _end(performed))

    def _learn(
        self, record: DriveRecord, source: str, kind: FactKind, level: Level, notes: tuple[str, ...], report: EventSink
    ) -> None:
        fact = Fact(kind, GRADES[level], source, self._now_ms(), record.text_sha, detail="; ".join(notes))
        from_thread.run_sync(report, Learned(fact))

    def _remember(self, record: DriveRecord, error: InjectionError) -> None:
        if error.blocker is BlockerWord.STOPPED:
            self._taken[record.drive_id] = error.message.removeprefix("stopped by ")
        while len(self._taken) > TAKEN_MOST:
            del self._taken[next(iter(self._taken))]

    def _adapter(self, candidate: Candidate) -> str:
        return self._interfaces[candidate.interface].adapter or ""

    def _source(self, candidate: Candidate) -> str:
        return f"{self._adapter(candidate)} on {self._desk.name}"


def _end(performed: Performed) -> DriveEvent:
    withheld = performed.withheld
    return ChannelDone() if withheld is None else NotSubmitted(str(withheld.blocker), unsent(withheld, performed))


def unsent(withheld: EnterWithheld, performed: Performed) -> str:
    """Why Enter was not pressed, and what became of the text."""
    left = "the text was left in the field" if performed.restored.text_left else "our text was taken out of the field"
    why = (
        f" ({'; '.join(performed.restored.notes)})" if performed.restored.text_left and performed.restored.notes else ""
    )
    return f"Enter was not pressed: {withheld.message}; {left}{why}; next: {withheld.hint}"
