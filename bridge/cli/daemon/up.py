"""`koru up`: starts the daemon and returns when it answers, or says why it does not."""

import json
import os
import select
import subprocess
import sys
import time
from argparse import ArgumentParser, Namespace
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

from bridge import paths
from bridge.cli import exits
from bridge.cli.daemon import unit
from bridge.cli.daemon.down import find
from bridge.cli.output import emit, say
from bridge.client import Client
from bridge.protocol.errors import BridgeError, Reason
from bridge.version import VERSION

HELP = "start the daemon"
START_SECONDS = 30.0
LOOK_SECONDS = 0.05
TAIL_BYTES = 4000


def configure(parser: ArgumentParser) -> None:
    way = parser.add_mutually_exclusive_group()
    way.add_argument("--foreground", action="store_true", help="stay in this terminal; Ctrl-C stops the daemon")
    way.add_argument("--install-unit", action="store_true", help="write a systemd user unit; enables nothing")


def run(arguments: Namespace) -> int:
    """Start the daemon, or do nothing where one is up. BridgeError: the daemon's own reason, or DAEMON_NOT_STARTED."""
    if arguments.install_unit:
        return unit.install(daemon_command(), as_json=arguments.json)
    if arguments.foreground:
        _become_daemon()
    started, status = bring_up()
    log = str(paths.daemon_log())
    if arguments.json:
        keys = ("pid", "version", "socket", "state_directory")
        emit({"started": started, **{key: status[key] for key in keys}, "log": log})
    else:
        say(f"koru is {'up' if started else 'already up'} (pid {status['pid']}, socket {status['socket']}, log {log})")
        if status["version"] != VERSION:
            say(f"it is version {status['version']}, this command {VERSION}; to change: koru down && koru up")
    return exits.DONE


def daemon_command() -> list[str]:
    # -P: the daemon is often started in a workspace, whose folders must not be imported as our packages.
    return [sys.executable, "-P", "-m", "bridge.daemon"]


def bring_up() -> tuple[bool, dict[str, object]]:
    """Whether this command started it, and its status. Other commands may be starting a daemon at the same time."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        status = _status()
        if status is not None:
            return False, status
        try:
            return True, _start(deadline)
        except BridgeError as error:
            if error.reason is not Reason.DAEMON_RUNNING or time.monotonic() > deadline:
                raise
        # Another daemon holds the lock: it is about to answer, or about to end.
        while find() is not None and _status() is None and time.monotonic() < deadline:
            time.sleep(LOOK_SECONDS)


def _status() -> dict[str, object] | None:
    try:
        with Client.connect(timeout=START_SECONDS) as client:
            return client.request("daemon/status", {}, timeout=START_SECONDS)
    except BridgeError as error:
        if error.reason in (Reason.DAEMON_NOT_RUNNING, Reason.PEER_GONE):
            return None
        raise


def _start(deadline: float) -> dict[str, object]:
    reading, writing = os.pipe()
    log, offset = _open_log()
    try:
        child = subprocess.Popen(
            [*daemon_command(), "--ready-fd", str(writing)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            env=_environment(),
            pass_fds=[writing],
            start_new_session=True,
        )
    finally:
        os.close(writing)
        os.close(log)
    with open(reading, "rb", buffering=0) as pipe:
        said = _first_line(pipe.fileno(), deadline)
    if said is None:
        child.kill()
        child.wait()
        raise _not_started(f"it was not ready within {START_SECONDS:g} s", offset)
    if not said:
        raise _not_started(_end_of(child), offset)
    if "error" in said:
        child.wait()
        _raise_its_own(said["error"])
    return _confirm(child)


def _confirm(child: "subprocess.Popen[bytes]") -> dict[str, object]:
    """The status over the socket: the child said through the pipe that it is ready, and here that is proven."""
    status = _status()
    if status is None or status["pid"] != child.pid:
        raise BridgeError(
            Reason.DAEMON_NOT_STARTED, "it said it was ready, but does not answer", where=str(paths.daemon_log())
        )
    # The daemon outlives this command. Popen warns about a child that was not waited for unless its code is known.
    child.returncode = 0
    return status


def _environment() -> dict[str, str]:
    environment = {**os.environ, "PYTHONSAFEPATH": "1"}
    for variable in ("KORU_SOCKET", "KORU_CACHE"):
        # Relative to this command's directory; the daemon runs in /.
        if environment.get(variable):
            environment[variable] = str(Path(environment[variable]).absolute())
    return environment


def _open_log() -> tuple[int, int]:
    """A descriptor for what the child prints before it can log, and the size of the log before that."""
    os.umask(0o077)
    log = paths.daemon_log()
    with suppress(OSError):
        log.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
        return descriptor, os.fstat(descriptor).st_size
    # The daemon meets the same obstacle, and says so through the pipe.
    return os.open(os.devnull, os.O_WRONLY), 0


def _first_line(pipe: int, deadline: float) -> dict[str, dict[str, str]] | None:
    """The JSON object that the child writes; empty when it ends without one; None when the time is up."""
    received = b""
    while not received.endswith(b"\n"):
        ready, _, _ = select.select([pipe], [], [], max(deadline - time.monotonic(), 0))
        if not ready:
            return None
        data = os.read(pipe, 65_536)
        if not data:
            return {}
        received += data
    said: dict[str, dict[str, str]] = json.loads(received)
    return said


def _end_of(child: "subprocess.Popen[bytes]") -> str:
    status = child.wait()
    return f"it was ended by signal {-status}" if status < 0 else f"it ended with status {status}"


def _not_started(why: str, offset: int) -> BridgeError:
    log = paths.daemon_log()
    tail = ""
    with suppress(OSError), log.open("rb") as file:
        file.seek(max(offset, log.stat().st_size - TAIL_BYTES))
        tail = file.read(TAIL_BYTES).decode("utf-8", "replace").rstrip()
    message = f"the daemon did not start: {why}" + (f"\n{tail}\n" if tail else "")
    return BridgeError(Reason.DAEMON_NOT_STARTED, message, where=str(log), hint="koru up --foreground shows more")


def _raise_its_own(error: dict[str, str]) -> NoReturn:
    log = f"log: {paths.daemon_log()}"
    hint = f"{error['hint']}\n  {log}" if error.get("hint") else log
    message = f"the daemon did not start: {error['message']}"
    raise BridgeError(Reason(error["reason"]), message, where=error.get("where"), hint=hint)


def _become_daemon() -> NoReturn:
    sys.stdout.flush()
    os.execve(sys.executable, [*daemon_command(), "--foreground"], {**os.environ, "PYTHONSAFEPATH": "1"})  # noqa: S606
