"""Builds the daemon's parts and runs them until it is told to stop. The one file that knows every part."""

import logging
import os
import secrets
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import anyio
from anyio import to_thread
from anyio.abc import TaskGroup

from bridge import paths
from bridge.clock import now_ms
from bridge.daemon.changes import Changes
from bridge.daemon.drives.channel import by_probe
from bridge.daemon.drives.interfaces import Interfaces
from bridge.daemon.drives.lanes import Lanes
from bridge.daemon.drives.late import LateFacts
from bridge.daemon.drives.plugin_channel import PluginChannel
from bridge.daemon.drives.runner import Runner
from bridge.daemon.drives.selection import Selection
from bridge.daemon.drives.service import DriveService
from bridge.daemon.drives.store import DriveStore
from bridge.daemon.drives.surfaces import Surfaces
from bridge.daemon.drives.unsettled import Unsettled
from bridge.daemon.drives.witnesses import Witnesses
from bridge.daemon.faults import Faults
from bridge.daemon.goals.reply_reader import Reviewing
from bridge.daemon.goals.service import GoalService
from bridge.daemon.goals.turn_follower import TurnFollower
from bridge.daemon.ledger_writer import LedgerWriter
from bridge.daemon.operator.chat_feed import ChatFeed
from bridge.daemon.operator.drive_mending import DriveMending
from bridge.daemon.operator.examiner import Examiner
from bridge.daemon.operator.hooks import Hooks, hooks_of
from bridge.daemon.operator.plugin_windows import PluginWindows
from bridge.daemon.operator.recoveries import Recoveries
from bridge.daemon.operator.recovery_list import RecoveryList
from bridge.daemon.operator.status import DaemonStatus, Identity
from bridge.daemon.permissions import Permissions
from bridge.daemon.socket.epochs import Epochs
from bridge.daemon.socket.handshake import Handshake
from bridge.daemon.socket.rundir import Listening
from bridge.daemon.socket.server import Connections, Server
from bridge.daemon.socket.sessions import HEARTBEAT_MS, Sessions
from bridge.daemon.socket.subscriptions import Subscriptions
from bridge.desk.calibration import CalibrationStore
from bridge.desk.channel import InjectorChannel
from bridge.desk.desk import Desk
from bridge.desk.hands import Hands
from bridge.desk.turns import Turns
from bridge.ledger.store import Ledger
from bridge.policy.redaction import Redactor
from bridge.protocol.answers import collect_all
from bridge.recovery.daemon import Daemon
from bridge.recovery.daemon_catalogue import IN_DAEMON
from injectors.catalogue import CATALOGUE
from observers.catalogue import OBSERVERS
from registry.load import Registry, load
from registry.standing import here

_LOG = logging.getLogger(__name__)
_STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


@dataclass(frozen=True, slots=True)
class Ground:
    """What was made ready before the event loop: the locks are held and the socket is bound."""

    listening: Listening
    epochs: Epochs
    state_directory: Path
    ledger: Ledger
    key: bytes | None
    redactor: Redactor
    heartbeat_ms: int = HEARTBEAT_MS


async def run(ground: Ground, ready: Callable[[], Awaitable[None]], stopping: Callable[[], None]) -> None:
    """Serve until a signal or `daemon/stop`. `ready` is called when requests are answered, `stopping` at the end."""
    changes = Changes()
    registry = await to_thread.run_sync(_registry)
    hooks = await to_thread.run_sync(hooks_of, paths.config_directory())
    async with anyio.create_task_group() as tasks:
        parts = _parts(ground, registry, changes, tasks)
        Hooks(hooks, (parts.drives.subscribe, parts.goals.subscribe), tasks)
        tasks.start_soon(parts.desk.refresh)  # so that the first drive need not wait for the injectors' answers
        await tasks.start(_stop_on_signal, parts.ending)
        left_open = await parts.drives.recover(parts.unsettled)
        pursued = await parts.goals.recover()
        rows = parts.journal.last_seq()
        _LOG.info("the ledger holds %d rows; %d drives and %d goals were left open", rows, left_open, pursued)
        await tasks.start(parts.server.serve)
        await ready()
        _LOG.info("ready: pid %d, socket %s", os.getpid(), ground.listening.path)
        await parts.ending.wait()
        stopping()
        await parts.server.stop()
        tasks.cancel_scope.cancel()
    await to_thread.run_sync(changes.stop)
    _LOG.info("stopped")


@dataclass(frozen=True, slots=True)
class _Parts:
    """What is started, taken up and ended by `run`. Setting `ending` ends the daemon."""

    server: Server
    drives: DriveService
    goals: GoalService
    journal: LedgerWriter
    desk: Desk
    unsettled: Unsettled
    ending: anyio.Event


def _parts(ground: Ground, registry: Registry, changes: Changes, tasks: TaskGroup) -> _Parts:
    """Every part of the daemon, each made of those above it. None of them does anything yet."""
    directory, redact = paths.config_directory(), ground.redactor.redact
    identity, ending, connections = _identity(ground), anyio.Event(), Connections()
    faults = Faults(os.environ.get("KORU_FAULT"))
    journal = LedgerWriter(ground.ledger, paths.ledger_directory(), ground.key, faults, ground.redactor)
    sessions = Sessions(ground.epochs, heartbeat_ms=ground.heartbeat_ms)
    desk = Desk(CATALOGUE, directory, os.environ, tasks)
    surfaces = Surfaces(sessions, desk.windows)
    permissions = Permissions(journal, registry.interfaces, directory, ground.redactor, surfaces.by_key)
    turns, calibrations = Turns(now_ms), CalibrationStore(paths.state_directory() / "calibration")
    hands = Hands(desk, turns, registry.interfaces, calibrations, surfaces.find, journal.write)

    unsettled, store = Unsettled(), DriveStore(journal)
    journal.listen(unsettled.hear)
    late = LateFacts(journal, store, tasks)
    chats = ChatFeed(OBSERVERS, changes.directories, store, redact, tasks)
    witnesses = Witnesses(OBSERVERS, surfaces, changes, chats.fault, chats.fault_over)
    injector = InjectorChannel(desk, turns, registry.interfaces, calibrations, surfaces.addressed, now_ms, faults.reach)
    channel_of = by_probe(registry.interfaces, PluginChannel(sessions, faults, late), injector)
    selection = Selection(registry.interfaces, surfaces, permissions, desk)
    lanes = Lanes(store, selection, Runner(journal, channel_of, witnesses, permissions, tasks), tasks)
    drives = DriveService(store, lanes, late, selection, permissions)
    interfaces = Interfaces(registry, surfaces, selection, desk)

    follower = TurnFollower(drives, permissions, witnesses, channel_of, surfaces.store)
    goals = GoalService(journal, follower, permissions, selection, Reviewing(redact), tasks)
    recovery_list = RecoveryList(registry.recoveries, unsettled, lanes)
    status = DaemonStatus(identity, sessions, store, journal, chats, connections.clients, ending)
    examiner = Examiner(status, recovery_list)
    reached = Daemon(PluginWindows(sessions), DriveMending(drives, lanes, witnesses))
    recoveries = Recoveries(registry.recoveries, IN_DAEMON, reached, journal, permissions, examiner, tasks)

    handshake = Handshake(sessions, identity.instance_id)
    subscriptions = Subscriptions((drives.subscribe, goals.subscribe), chats.subscribe, journal.last_seq)
    answering = (handshake, subscriptions, sessions, status, drives, late, interfaces, permissions, goals)
    answerers = collect_all((*answering, journal, chats, examiner, recovery_list, recoveries, hands))
    server = Server(ground.listening.socket, answerers, sessions, connections)
    return _Parts(server, drives, goals, journal, desk, unsettled, ending)


def _registry() -> Registry:
    """The registry, with the operator's own files. A file with a problem is left out, and told in the log."""
    registry = load(paths.config_directory() / "interfaces")
    for problem in registry.problems:
        _LOG.warning("registry: %s", problem)
    return here(registry)


def _identity(ground: Ground) -> Identity:
    return Identity(
        instance_id=secrets.token_hex(8),
        pid=os.getpid(),
        started_at_ms=now_ms(),
        socket=ground.listening.path,
        state_directory=ground.state_directory,
    )


async def _stop_on_signal(
    stop: anyio.Event, *, task_status: anyio.abc.TaskStatus[None] = anyio.TASK_STATUS_IGNORED
) -> None:
    with anyio.open_signal_receiver(*_STOP_SIGNALS) as signals:
        task_status.started()
        async for number in signals:
            _LOG.info("stopping on %s", signal.Signals(number).name)
            stop.set()
