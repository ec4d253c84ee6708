"""Builds the daemon's parts and runs them until it is told to stop. The one file that knows everyone."""

import logging
import os
import secrets
import signal
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import anyio
from anyio import to_thread

from bridge import paths
from bridge.daemon.changes import Changes
from bridge.daemon.drives.channel import PluginChannel
from bridge.daemon.drives.channels import Channels
from bridge.daemon.drives.interfaces import Interfaces
from bridge.daemon.drives.runner import Runner
from bridge.daemon.drives.service import DriveService
from bridge.daemon.drives.surfaces import Surfaces
from bridge.daemon.drives.unsettled import Unsettled
from bridge.daemon.drives.witnesses import Witnesses
from bridge.daemon.faults import Faults
from bridge.daemon.goals.reply_reader import Reviewing
from bridge.daemon.goals.service import GoalService
from bridge.daemon.goals.turn_follower import TurnFollower
from bridge.daemon.ledger_writer import LedgerWriter, now_ms
from bridge.daemon.operator.chat_feed import ChatFeed
from bridge.daemon.operator.examiner import Examiner
from bridge.daemon.operator.hooks import Hooks
from bridge.daemon.operator.reach import Reach
from bridge.daemon.operator.recoveries import Recoveries
from bridge.daemon.permissions import Permissions
from bridge.daemon.socket.epochs import Epochs
from bridge.daemon.socket.handlers import House, Identity, status
from bridge.daemon.socket.rundir import Listening
from bridge.daemon.socket.server import Connections, Server
from bridge.daemon.socket.sessions import HEARTBEAT_MS, Sessions
from bridge.desk.channel import InjectorChannel
from bridge.desk.desk import Desk
from bridge.desk.hands import Hands
from bridge.desk.turns import Turns
from bridge.ledger.store import Ledger
from bridge.policy.redaction import Redactor
from bridge.recovery.daemon_catalogue import IN_DAEMON
from injectors.calibration import CalibrationStore
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
    sessions = Sessions(ground.epochs, heartbeat_ms=ground.heartbeat_ms)
    connections = Connections()
    faults = Faults(os.environ.get("KORU_FAULT"))
    journal = LedgerWriter(ground.ledger, paths.ledger_directory(), ground.key, faults, ground.redactor)
    changes = Changes()
    registry = await to_thread.run_sync(_registry)
    desk = Desk(CATALOGUE, paths.config_directory(), os.environ)
    surfaces = Surfaces(sessions, desk.windows)
    turns = Turns(now_ms)
    calibrations = CalibrationStore(paths.state_directory() / "calibration")
    permissions = Permissions(journal, registry.interfaces, paths.config_directory(), ground.redactor, surfaces.by_key)
    drives = DriveService(journal, surfaces, registry.interfaces, permissions, desk)
    injecting = InjectorChannel(
        desk, turns, registry.interfaces, calibrations, surfaces.addressed, now_ms, faults.reach
    )
    channel = Channels(registry.interfaces, PluginChannel(sessions, faults, drives.record_late), injecting)
    stores = Witnesses(OBSERVERS, surfaces, changes)
    runner = Runner(journal, channel, stores, permissions)
    sessions.on_event = drives.on_chat_event
    interfaces = Interfaces(registry, surfaces, permissions, desk)
    hands = Hands(desk, turns, registry.interfaces, calibrations, surfaces.find, journal.write)
    unsettled, examiner = Unsettled(), Examiner()
    drives.on_row = unsettled.apply
    journal.listen(unsettled.hear)
    reach = Reach(sessions, drives, stores)
    chats = ChatFeed(OBSERVERS, changes.directories, drives, ground.redactor.redact)
    stores.on_fault, stores.on_fault_over = chats.fault, chats.fault_over
    recoveries = Recoveries(registry.recoveries, IN_DAEMON, reach, drives, journal, permissions, examiner, unsettled)
    follower = TurnFollower(drives, permissions, stores, channel.cancel, surfaces.store)
    goals = GoalService(journal, follower, permissions, drives.resolve, Reviewing(ground.redactor.redact))
    house = House(
        _identity(ground),
        sessions,
        drives,
        journal,
        interfaces,
        permissions,
        goals,
        recoveries,
        examiner,
        hands,
        anyio.Event(),
        connections.clients,
        chats,
    )
    examiner.status, examiner.calls = partial(status, house), recoveries.list
    server = Server(ground.listening.socket, house, connections)
    async with anyio.create_task_group() as tasks:
        drives.attach(runner, tasks)
        goals.attach(tasks)
        await Hooks(paths.config_directory()).attach(tasks, drives.subscribe, goals.subscribe)
        desk.attach(tasks)
        recoveries.attach(tasks)
        chats.attach(tasks)
        await tasks.start(_stop_on_signal, house.stop)
        left_open = await drives.recover()
        pursued = await goals.recover()
        _LOG.info(
            "the ledger holds %d rows; %d drives and %d goals were left open", journal.last_seq(), left_open, pursued
        )
        await tasks.start(server.serve)
        await ready()
        _LOG.info("ready: pid %d, socket %s", house.identity.pid, house.identity.socket)
        await house.stop.wait()
        stopping()
        await server.stop()
        tasks.cancel_scope.cancel()
    await to_thread.run_sync(changes.stop)
    _LOG.info("stopped")


def _registry() -> Registry:
    """The registry, with the operator's own files. A bad file costs itself alone, and is told."""
    registry = load(paths.config_directory() / "interfaces")
    for problem in registry.problems:
        _LOG.warning("registry: %s", problem)
    return here(registry)


def _identity(ground: Ground) -> Identity:
    return Identity(
        instance_id=secrets.token_hex(8),
        pid=os.getpid(),
        started_at_ms=time.time_ns() // 1_000_000,
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
