"""The daemon as a process: rights, limits, locks, log and socket before the event loop, and all of it undone after."""

import argparse
import faulthandler
import logging
import os
import resource
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import NoReturn

from bridge import crash, paths
from bridge.clock import now_ms
from bridge.daemon.process.log import logging_to, redact_by
from bridge.daemon.process.ready import Ready
from bridge.daemon.socket import rundir
from bridge.daemon.socket.epochs import Epochs
from bridge.files import sweep
from bridge.lock import Lock
from bridge.protocol.errors import BridgeError, Reason
from bridge.version import VERSION

EXIT_REFUSED = 1
EXIT_BUG = 3
STOP_SECONDS_MAX = 10.0

_LOG = logging.getLogger(__name__)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the daemon in this process until it is stopped; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m bridge.daemon", description="The Koru daemon; see `koru up`.")
    parser.add_argument("--foreground", action="store_true", help="log to the terminal, too")
    parser.add_argument("--ready-fd", type=int, metavar="N", help="descriptor to tell the outcome of the start on")
    chosen = parser.parse_args(arguments)
    ready = Ready(chosen.ready_fd)
    try:
        _serve(ready, foreground=chosen.foreground)
    except BridgeError as error:
        ready.refused(error)
        if chosen.ready_fd is None:
            print(f"koru: {error}", file=sys.stderr)
        return EXIT_BUG if error.reason is Reason.INTERNAL else EXIT_REFUSED
    except Exception as error:
        print(f"koru: the daemon failed\n{crash.describe(error)}", file=sys.stderr)
        return EXIT_BUG
    finally:
        faulthandler.cancel_dump_traceback_later()
    return 0


def leave(status: int) -> NoReturn:
    """End the process now that all is undone.

    The interpreter would first wait for every thread, and one that was abandoned, at a dead disk say, may never end.
    """
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(status)


def _serve(ready: Ready, *, foreground: bool) -> None:
    os.umask(0o077)
    _raise_descriptor_limit()
    faulthandler.enable()
    with _place(foreground=foreground) as (listening, epochs):
        try:
            _run(listening, epochs, ready)
        except Exception as raised:
            error = _innermost(raised)
            if isinstance(error, BridgeError):
                raise error from None
            _LOG.critical("the daemon failed\n%s", crash.describe(raised))
            message = f"the daemon failed with {type(error).__name__}"
            raise BridgeError(Reason.INTERNAL, message, where=str(paths.daemon_log())) from error


def _run(listening: rundir.Listening, epochs: Epochs, ready: Ready) -> None:
    # Most of the start goes into these. The socket is there already: clients that connect meanwhile wait for an answer.
    import anyio
    from anyio import to_thread

    from bridge.daemon import app
    from bridge.daemon.socket.sessions import HEARTBEAT_MS
    from bridge.ledger.key import load_key
    from bridge.ledger.store import Ledger
    from bridge.policy import placeholder_key
    from bridge.policy.redaction import Redactor

    key = load_key()
    redactor = Redactor(placeholder_key.load_key(paths.state_directory()))
    redact_by(redactor.redact)
    heartbeat_ms = _heartbeat_ms(HEARTBEAT_MS)
    with closing(Ledger.open(paths.ledger_directory(), key=key)) as ledger:
        ground = app.Ground(listening, epochs, paths.state_directory(), ledger, key, redactor, heartbeat_ms)
        anyio.run(app.run, ground, partial(to_thread.run_sync, ready.answers), partial(_stopping, ready))


def _innermost(error: Exception) -> Exception:
    """What a task group wrapped up, where that is one thing."""
    while isinstance(error, ExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    return error


def _stopping(ready: Ready) -> None:
    """From now on the end is certain: what hangs has the stacks of all threads written, and the process ends."""
    ready.stopping()
    faulthandler.dump_traceback_later(STOP_SECONDS_MAX, exit=True)


@contextmanager
def _place(*, foreground: bool) -> Iterator[tuple[rundir.Listening, Epochs]]:
    """Locks, log and socket, until the block ends."""
    state, socket_path = paths.state_directory(), paths.socket_path()
    log = paths.daemon_log()
    with ExitStack() as undo:
        # The operator may keep the state elsewhere by a link; the socket's directory is never reached through one.
        rundir.make_private(state.resolve(), mend=True)
        rundir.make_private(log.parent, mend=True)
        _take(undo, state / "daemon.lock", socket_path)
        _open_log(undo, log, foreground=foreground)
        rundir.make_private(socket_path.parent, mend=not os.environ.get("KORU_SOCKET"))
        _take(undo, socket_path.with_name(f"{socket_path.name}.lock"), socket_path)
        with suppress(OSError):
            sweep(state)
        listening = rundir.listen(socket_path)
        undo.callback(listening.remove)
        yield listening, Epochs.reserve(state / "epochs", now_ms=now_ms())


def _take(undo: ExitStack, lock: Path, socket_path: Path) -> None:
    undo.callback(Lock.take(str(lock), socket=str(socket_path), version=VERSION).release)


def _open_log(undo: ExitStack, path: Path, *, foreground: bool) -> None:
    level = logging.getLevelNamesMapping().get(os.environ.get("KORU_LOG_LEVEL", "INFO").upper())
    if level is None:
        hint = "choose debug, info, warning or error"
        raise BridgeError(Reason.USAGE, "there is no such log level", where="KORU_LOG_LEVEL", hint=hint)
    try:
        undo.enter_context(logging_to(path, foreground=foreground, level=level))
    except OSError as error:
        why = os.strerror(error.errno or 0)
        hint = "look at the owner and mode of the file, and at the space on its disk"
        raise BridgeError(
            Reason.STATE_UNWRITABLE, f"cannot write the log: {why}", where=str(path), hint=hint
        ) from error


def _heartbeat_ms(default: int) -> int:
    chosen = os.environ.get("KORU_HEARTBEAT_MS", str(default))
    if not chosen.isdecimal() or int(chosen) < 1:
        hint = "give milliseconds, such as 10000"
        raise BridgeError(Reason.USAGE, "not a number of milliseconds", where="KORU_HEARTBEAT_MS", hint=hint)
    return int(chosen)


def _raise_descriptor_limit() -> None:
    """As many connections as the system allows this user."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    # Some systems say "unlimited" and then refuse more than a number they do not tell.
    for limit in (hard, 65_536, 10_240):
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
            return
