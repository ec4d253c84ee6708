"""The doctor as the daemon runs it: in threads, one examination at a time, and no check twice while it hangs."""

from collections.abc import Iterable, Sequence
from threading import Thread
from typing import Any

from anyio import CapacityLimiter, to_thread

from bridge.daemon.operator.recovery_list import RecoveryList
from bridge.daemon.operator.status import DaemonStatus
from bridge.doctor.finding import Check
from bridge.doctor.run import Ran, Report, about, examine
from bridge.doctor.scene import Scene
from bridge.doctor.wire import as_json
from bridge.protocol.answers import answers
from bridge.protocol.errors import BridgeError, Reason
from bridge.protocol.messages.doctor import DoctorRunParams, DoctorRunResult

AGAIN_S = 15.0


class Examiner:
    """`status` and `recoveries` give what the daemon would answer to a doctor outside of it."""

    def __init__(self, status: DaemonStatus, recoveries: RecoveryList) -> None:
        self._status, self._recoveries = status, recoveries
        self._one = CapacityLimiter(1)
        self._threads: dict[str, Thread] = {}

    @answers("doctor/run")
    async def run(self, params: DoctorRunParams) -> DoctorRunResult:
        """BridgeError USAGE, UNKNOWN_INTERFACE."""
        checks = await to_thread.run_sync(_chosen, params.check)
        report = await self._examine(checks, params.timeout_ms / 1000)
        if params.interface is not None:
            report = about(report, params.interface)
        return DoctorRunResult.model_validate_json(await to_thread.run_sync(_json, report))

    async def again(self, ids: Iterable[str]) -> tuple[Ran, ...]:
        """What these checks say now."""
        chosen = [check for id_ in ids for check in await to_thread.run_sync(_chosen, id_)]
        return (await self._examine(chosen, AGAIN_S)).ran if chosen else ()

    async def _examine(self, checks: Sequence[Check], seconds: float) -> Report:
        answer = self._status.view().model_dump(mode="json", exclude_none=True)
        calls = self._recoveries.view().model_dump(mode="json", exclude_none=True)
        return await to_thread.run_sync(self._look, checks, seconds, answer, calls, limiter=self._one)

    def _look(self, checks: Sequence[Check], seconds: float, answer: dict[str, Any], calls: dict[str, Any]) -> Report:
        return examine(checks, Scene(answer=answer, calls=calls), seconds, self._threads)


def _chosen(id_: str | None) -> list[Check]:
    # Not at the start: the checks know every injector and observer, and most daemons are never asked.
    from bridge.doctor.catalogue import CHECKS

    if id_ is None:
        return list(CHECKS.values())
    if id_ not in CHECKS:
        raise BridgeError(Reason.USAGE, f"there is no check {id_!r}", where="check", hint="koru doctor --list")
    return [CHECKS[id_]]


def _json(report: Report) -> str:
    import json

    return json.dumps(as_json(report))
