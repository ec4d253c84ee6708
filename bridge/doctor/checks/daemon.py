"""The daemon: whether it answers, is the only one, is of our version, and its socket is ours alone."""

import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

from bridge import paths
from bridge.doctor.finding import Check, Finding, Remedy, Seen
from bridge.doctor.scene import Scene
from bridge.lock import holder
from bridge.protocol.errors import BridgeError, Reason
from bridge.version import VERSION

_RESTART = Remedy(
    "restart the daemon; drives that are under way are settled when it is back", ("koru recover restart_daemon",)
)


def running(scene: Scene) -> Iterator[Finding | Seen]:
    answer = scene.answer()
    if not isinstance(answer, BridgeError):
        yield Seen("daemon", f"version {answer['version']}, pid {answer['pid']}, socket {answer['socket']}")
        return
    remedy = Remedy("start it", ("koru up",))
    if answer.reason is not Reason.DAEMON_NOT_RUNNING:
        commands = (f"tail {paths.daemon_log()}", "koru recover restart_daemon")
        remedy = Remedy(answer.hint or "look into its log", commands)
    problem = f"the daemon cannot be asked: {answer.message}"
    blocked = scene.built("plugin_session")
    yield Finding("daemon-running", "error", problem, remedy, interfaces=blocked, blocker="daemon_not_running")


def version(scene: Scene) -> Iterator[Finding]:
    status = scene.status()
    if status is not None and status["version"] != VERSION:
        problem = f"the daemon is version {status['version']}, this command {VERSION}: old code still runs"
        yield Finding("daemon-version", "warning", problem, _RESTART)


def state(scene: Scene) -> Iterator[Finding]:
    """A daemon of another environment has another ledger, trust and approvals than this command reads."""
    status = scene.status()
    theirs = status.get("state_directory") if status is not None else None
    ours = str(paths.state_directory())
    if theirs is not None and theirs != ours:
        problem = f"the daemon that answers keeps its state in {theirs}, this command looks into {ours}"
        remedy = Remedy("start both with the same HOME, XDG_STATE_HOME and KORU_SOCKET", ("koru down", "koru up"))
        yield Finding("daemon-state", "error", problem, remedy)


def faults(scene: Scene) -> Iterator[Finding]:
    """Faults of Koru that `contained` caught in the daemon: the work failed, the daemon ran on."""
    status = scene.status()
    for fault in (status or {}).get("contained") or ():
        problem = f"{fault['what']} failed {fault['count']} times in the daemon, the last time with {fault['error']}"
        remedy = Remedy("this is a fault in Koru; please report it with the log", (f"tail {paths.daemon_log()}",))
        yield Finding("daemon-faults", "warning", problem, remedy, fault["what"])


def stale_socket(scene: Scene) -> Iterator[Finding]:
    """A socket left behind by a daemon that is gone. The next daemon replaces it, so this is a note."""
    socket = Path(paths.socket_name())
    answer = scene.answer()
    gone = isinstance(answer, BridgeError) and answer.reason is Reason.DAEMON_NOT_RUNNING
    if gone and socket.is_socket() and holder(f"{socket}.lock") is None:
        problem = f"{socket} was left behind by a daemon that did not end by itself"
        yield Finding(
            "daemon-socket-stale",
            "note",
            problem,
            Remedy("the next daemon replaces it", ("koru up", "koru recover clear_socket")),
        )


def socket_safe(scene: Scene) -> Iterator[Finding]:
    socket = Path(paths.socket_name())
    yield from _unsafe(socket.parent, stat.S_ISDIR, "directory", 0o700)
    yield from _unsafe(socket, stat.S_ISSOCK, "socket", 0o600)


def _unsafe(path: Path, is_kind: Callable[[int], bool], kind: str, mode: int) -> Iterator[Finding]:
    try:
        found = path.lstat()
    except OSError:
        return
    what = None
    remedy = Remedy("look who made it, then remove it; the daemon makes a new one")
    if stat.S_ISLNK(found.st_mode):
        what = "is a symbolic link"
    elif not is_kind(found.st_mode):
        what = f"is no {kind}"
    elif found.st_uid != os.geteuid():
        what = f"belongs to user {found.st_uid}"
    elif found.st_mode & 0o077:
        what = f"is open to others (mode {stat.S_IMODE(found.st_mode):04o})"
        remedy = Remedy("take the rights of others away", (f"chmod {mode:o} {path}",))
    if what is not None:
        yield Finding("daemon-socket-unsafe", "error", f"{path} {what}", remedy, str(path))


def only_one(scene: Scene) -> Iterator[Finding | Seen]:
    """Two daemons can run: one with the socket, one with the state, or one of another home that an IDE speaks to."""
    by_socket = holder(f"{paths.socket_name()}.lock")
    by_state = holder(str(paths.state_directory() / "daemon.lock"))
    pids = {found.pid for found in (by_socket, by_state) if found is not None}
    if len(pids) > 1:
        problem = (
            f"two daemons run: pid {by_socket and by_socket.pid} has the socket, another one the state ({by_state})"
        )
        yield Finding("daemon-only-one", "error", problem, Remedy("stop both and start one", ("koru down", "koru up")))
    elif by_state is not None and by_state.socket != paths.socket_name():
        problem = f"the daemon of this state listens elsewhere: {by_state.socket}"
        remedy = Remedy("set KORU_SOCKET to that path, or restart it", ("koru down", "koru up"))
        yield Finding("daemon-only-one", "error", problem, remedy)
    others = sorted(set(_daemons()) - pids)
    if others:
        yield Seen("other daemons of yours, with sockets of their own", ", ".join(map(str, others)))


def _daemons() -> Iterator[int]:
    """Processes of ours that were started as our daemon, where /proc tells."""
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
            if entry.stat().st_uid == os.geteuid() and b"-m" in words and b"bridge.daemon" in words:
                yield int(entry.name)
        except OSError:
            continue


CHECKS = (
    Check("daemon-running", "the daemon answers", running),
    Check("daemon-version", "the daemon is of this version", version),
    Check("daemon-state", "the daemon keeps the state that this command reads", state),
    Check("daemon-faults", "no fault of the daemon's own was contained", faults),
    Check("daemon-socket-stale", "no socket was left behind", stale_socket),
    Check("daemon-socket-unsafe", "the socket is yours alone", socket_safe),
    Check("daemon-only-one", "one daemon, on this socket and this state", only_one),
)
