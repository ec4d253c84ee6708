"""Runs checks side by side, each in a thread, for a bounded time. A check that crashes or hangs is itself a finding."""

import time
import traceback
from collections.abc import Iterable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, replace
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Literal

from bridge.contained import contained
from bridge.doctor.finding import Check, Finding, Remedy, Seen, Severity
from bridge.doctor.scene import Scene
from bridge.protocol.errors import BridgeError, Reason
from registry.load import Registry
from registry.model import Interface

BOUND_SECONDS = 0.8
RANK: dict[Severity, int] = {"error": 0, "warning": 1, "note": 2}


@dataclass(frozen=True, slots=True)
class Ran:
    """How one check went. `milliseconds` is None for a check that was not over in time."""

    check: Check
    state: Literal["ok", "found", "crashed", "hung"]
    milliseconds: int | None
    findings: tuple[Finding, ...]
    seen: tuple[Seen, ...] = ()


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether an interface can act now, and `why` not. `blockers` are words of the registry; one that is not built
    is not usable, with or without a blocker. `command`: what to run against the first finding, else empty."""

    interface: Interface
    usable: bool
    blockers: tuple[str, ...]
    why: str
    command: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """All that the checks found. `hidden` are the findings that follow from one in `findings`."""

    ran: tuple[Ran, ...]
    findings: tuple[Finding, ...]
    hidden: tuple[Finding, ...]
    interfaces: tuple[Standing, ...]

    @property
    def healthy(self) -> bool:
        """Whether all findings are notes, which are about what may well be absent. Hidden findings do not count."""
        return all(finding.severity == "note" for finding in self.findings)


def examine(
    checks: Sequence[Check],
    scene: Scene,
    seconds: float = BOUND_SECONDS,
    threads: MutableMapping[str, Thread] | None = None,
) -> Report:
    """Run all checks side by side, for `seconds` in all, and put together what they say.

    `threads`: the threads of the daemon's last runs by check. A check that still hangs in one is not begun anew.
    """
    ran = _run(checks, scene, seconds, {} if threads is None else threads)
    every = [finding for each in ran for finding in each.findings]
    hidden = tuple(finding for finding in every if any(_explains(cause, finding) for cause in every))
    shown = tuple(finding for finding in every if finding not in hidden)
    standings = _dependent({i.id: _standing(i, every, scene.registry) for i in scene.registry.interfaces.values()})
    return Report(ran, tuple(sorted(shown, key=lambda f: RANK[f.severity])), hidden, standings)


def about(report: Report, interface: str) -> Report:
    """The part of a report that is about one interface. BridgeError UNKNOWN_INTERFACE."""
    if all(each.interface.id != interface for each in report.interfaces):
        known = ", ".join(each.interface.id for each in report.interfaces)
        message = f"no interface is called {interface}"
        raise BridgeError(Reason.UNKNOWN_INTERFACE, message, hint=f"one of: {known}")
    return replace(
        report,
        findings=tuple(finding for finding in report.findings if interface in finding.interfaces),
        hidden=tuple(finding for finding in report.hidden if interface in finding.interfaces),
        interfaces=tuple(each for each in report.interfaces if each.interface.id == interface),
    )


def _explains(cause: Finding, finding: Finding) -> bool:
    """A finding is hidden behind its cause, unless it is graver than the cause."""
    return cause.id in finding.depends_on and RANK[cause.severity] <= RANK[finding.severity]


def _run(
    checks: Sequence[Check], scene: Scene, seconds: float, threads: MutableMapping[str, Thread]
) -> tuple[Ran, ...]:
    over: SimpleQueue[Ran] = SimpleQueue()
    begun = [check for check in checks if check.id not in threads or not threads[check.id].is_alive()]
    for check in begun:
        # Daemon threads: a check that hangs must not keep the process from ending.
        thread = Thread(target=lambda check=check: over.put(_one(check, scene)), name=check.id, daemon=True)
        threads[check.id] = thread
        thread.start()
    results: dict[str, Ran] = {}
    end = time.monotonic() + seconds
    while len(results) < len(begun):
        try:
            ran = over.get(timeout=max(end - time.monotonic(), 0.0))
        except Empty:
            break
        results[ran.check.id] = ran
    return tuple(results.get(check.id) or _hung(check, seconds) for check in checks)


def _one(check: Check, scene: Scene) -> Ran:
    began = time.monotonic()
    with contained("running a check of the doctor", check.id) as held:
        said = tuple(check.run(scene))
    if held.error is not None:
        return Ran(check, "crashed", _since(began), (_crashed(check, held.error),))
    findings = tuple(each for each in said if isinstance(each, Finding))
    seen = tuple(each for each in said if isinstance(each, Seen))
    return Ran(check, "found" if findings else "ok", _since(began), findings, seen)


def _crashed(check: Check, error: Exception) -> Finding:
    # The place, not the message: a message may hold the user's data, and people pass reports on.
    at = traceback.extract_tb(error.__traceback__)[-1]
    problem = f"the check {check.id} failed with {type(error).__name__} at {at.filename}:{at.lineno}"
    remedy = Remedy("this is a fault in Koru; please report it with this line")
    return Finding("check-crashed", "error", problem, remedy, check.id)


def _hung(check: Check, seconds: float) -> Ran:
    problem = f"the check {check.id} was not over within {seconds:g} s, so what it looks at is not known"
    remedy = Remedy("give it more time", (f"koru doctor --check {check.id} --timeout 30",))
    return Ran(check, "hung", None, (Finding("check-hung", "warning", problem, remedy, check.id),))


def _standing(interface: Interface, findings: Iterable[Finding], registry: Registry) -> Standing:
    found = [f for f in findings if interface.id in f.interfaces and f.blocker is not None]
    blockers = tuple(dict.fromkeys(str(finding.blocker) for finding in found))
    if interface.status != "built":
        return Standing(interface, False, blockers, f"{interface.status}: {interface.status_reason}")
    if not found:
        return Standing(interface, True, (), "")
    return Standing(interface, False, blockers, found[0].problem, _command(found[0], registry))


def _command(finding: Finding, registry: Registry) -> str:
    """The first command of the check's remedy, else of the recoveries that the registry names for the blocker."""
    blocker = registry.blockers.get(str(finding.blocker))
    ways = [
        registry.recoveries[word] for word in (blocker.recoveries if blocker else ()) if word in registry.recoveries
    ]
    known = (f"koru recover {way.id}" if way.action is not None else way.run for way in ways)
    return next((command for command in (*finding.remedy.commands, *known) if command), "")


def _dependent(standings: dict[str, Standing]) -> tuple[Standing, ...]:
    """What depends on an interface that is not usable is not usable either, by the same blockers."""
    for _ in standings:
        before = standings
        standings = {id_: _after(each, before) for id_, each in before.items()}
        if standings == before:
            break
    return tuple(standings.values())


def _after(each: Standing, standings: Mapping[str, Standing]) -> Standing:
    for id_ in each.interface.depends_on if each.usable else ():
        needed = standings.get(id_)
        if needed is not None and not needed.usable:
            why = f"it depends on {id_}: {needed.why}"
            return replace(each, usable=False, blockers=needed.blockers, why=why, command=needed.command)
    return each


def _since(began: float) -> int:
    return round((time.monotonic() - began) * 1000)
