"""`koru down`: stops the daemon and returns when its process has ended, whatever it answered."""

import os
import signal
import time
from argparse import ArgumentParser, Namespace
from contextlib import suppress

from bridge import paths
from bridge.cli import exits
from bridge.cli.output import emit, say
from bridge.client import Client
from bridge.lock import Holder, holder
from bridge.protocol.errors import BridgeError, Reason

HELP = "stop the daemon"
ANSWER_SECONDS = 3.0
END_SECONDS = 15.0
KILLED_SECONDS = 15.0
LOOK_SECONDS = 0.02


def configure(parser: ArgumentParser) -> None:
    parser.add_argument("--force", action="store_true", help="kill a daemon that does not end when asked")


def run(arguments: Namespace) -> int:
    """Stop the daemon, or do nothing where none runs. BridgeError TIMEOUT when it does not end."""
    running = find()
    if running is None:
        _check_none_answers()
        return _tell(arguments, "koru is not running", {"stopped": False})
    _ask(running)
    if not _ended(running, END_SECONDS):
        if not arguments.force:
            hint = "koru down --force"
            raise BridgeError(Reason.TIMEOUT, f"the daemon (pid {running.pid}) does not end", hint=hint)
        _signal(running, signal.SIGKILL)
        if not _ended(running, KILLED_SECONDS):
            raise BridgeError(Reason.TIMEOUT, f"the system does not end the daemon (pid {running.pid})")
    return _tell(arguments, f"koru is down (was pid {running.pid})", {"stopped": True, "pid": running.pid})


def find() -> Holder | None:
    """The daemon of this socket or, where the two differ, of this state directory."""
    return holder(f"{paths.socket_name()}.lock") or holder(str(paths.state_directory() / "daemon.lock"))


def _check_none_answers() -> None:
    """A daemon that answers and holds no lock has no known process, so it cannot be stopped. BridgeError TIMEOUT."""
    try:
        Client.connect(timeout=ANSWER_SECONDS).close()
    except BridgeError as error:
        if error.reason is Reason.DAEMON_NOT_RUNNING:
            return
        raise
    hint = "it may be starting: try again; or stop it by hand"
    raise BridgeError(Reason.TIMEOUT, "a daemon answers that has no lock", where=paths.socket_name(), hint=hint)


def _ask(running: Holder) -> None:
    """Ask the daemon to stop: by its socket, or by SIGTERM where the socket does not answer."""
    try:
        with Client.connect(paths.as_path(running.socket), timeout=ANSWER_SECONDS) as client:
            client.request("daemon/stop", {}, timeout=ANSWER_SECONDS)
    except BridgeError:
        # It is gone already, or hangs, or its socket was removed: the signal is right for each of them.
        _signal(running, signal.SIGTERM)


def _signal(running: Holder, number: signal.Signals) -> None:
    """Send a signal to this process and to no later one with the same pid.

    The process is looked at after its pidfd was opened, so the pid cannot be given away in between. Without pidfds (not
    Linux) a pid that is given away within that moment would get the signal.
    """
    with suppress(ProcessLookupError):
        if not hasattr(os, "pidfd_open"):
            if running.is_running():
                os.kill(running.pid, number)
            return
        descriptor = os.pidfd_open(running.pid)
        try:
            if running.is_running():
                signal.pidfd_send_signal(descriptor, number)
        finally:
            os.close(descriptor)


def _ended(running: Holder, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while running.is_running():
        if time.monotonic() > deadline:
            return False
        time.sleep(LOOK_SECONDS)
    return True


def _tell(arguments: Namespace, text: str, value: dict[str, object]) -> int:
    emit(value) if arguments.json else say(text)
    return exits.DONE
