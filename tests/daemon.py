"""A real daemon as a process, with its own state and socket; a call that blocks its event loop raises there."""

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bridge.client import Client
from bridge.contained import SWITCH
from tests.forked import Forked, fork

PATIENCE = 60.0
Process = Forked | subprocess.Popen[bytes]
# The command itself, for benchmarks; and as it is for tests about the process, where a call that blocks the event loop
# raises. `launch` forks where no command is given, which raises there, too.
PLAIN = (sys.executable, "-P", "-m", "bridge.daemon")
WATCHED = (
    *PLAIN[:2],
    "-c",
    """
import sys
from blockbuster import BlockBuster
from bridge.daemon.process.main import leave, main
BlockBuster().activate()
leave(main(sys.argv[1:]))
""",
)


def eventually(condition: Callable[[], bool], what: str, timeout: float = PATIENCE) -> None:
    """Wait for a condition; fail with words when it does not come."""
    end = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < end, f"not within {timeout} s: {what}"
        time.sleep(0.01)


def surroundings(home: Path, **more: str) -> dict[str, str]:
    """The environment of a process of ours in a home of its own: nothing of the person who runs the tests is found."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("KORU_", "XDG_"))}
    return {
        **kept,
        "HOME": str(home),
        "XDG_STATE_HOME": str(home / "state"),
        "XDG_CONFIG_HOME": str(home / "config"),
        SWITCH: "raise",  # "keep" where a test plants a fault of ours
        **more,
    }


def launch(
    environment: Mapping[str, str],
    cwd: Path,
    *,
    output: int = subprocess.DEVNULL,
    new_session: bool = False,
    command: Sequence[str] | None = None,
) -> Process:
    """A daemon that answers, forked from a process that is loaded already or started by a command. AssertionError.

    What it prints goes to `output`, a descriptor.
    """
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb", buffering=0) as pipe:
        try:
            process = _start(command, ["--ready-fd", str(writing)], writing, environment, cwd, output, new_session)
        finally:
            os.close(writing)
        said = json.loads(_all_of(pipe.fileno()) or b'{"error": "it ended without a word"}')
    if not said.get("ready"):
        process.kill()
        process.wait(PATIENCE)
        raise AssertionError(f"the daemon did not start: {said}")
    return process


def _start(
    command: Sequence[str] | None,
    arguments: Sequence[str],
    passed: int,
    environment: Mapping[str, str],
    cwd: Path,
    output: int,
    new_session: bool,
) -> Process:
    if command is None:
        given: dict[str, Any] = {"output": output, "pass_fds": [passed], "new_session": new_session}
        return fork("daemon", arguments, environment=environment, cwd=cwd, **given)
    return subprocess.Popen(
        [*command, *arguments],
        cwd=cwd,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        pass_fds=[passed],
        start_new_session=new_session,
    )


def _all_of(descriptor: int) -> bytes:
    """What is said there to the end; what there is when it takes too long."""
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    said = b""
    while poll.poll(PATIENCE * 1000) and (more := os.read(descriptor, 65_536)):
        said += more
    return said


class PatientClient(Client):
    """How fast the machine is does not decide a test."""

    def request(self, method: str, params: dict[str, Any], *, timeout: float = PATIENCE) -> dict[str, Any]:
        return super().request(method, params, timeout=timeout)


@dataclass
class Daemon:
    """A daemon process with its own state and socket: forked, or started by `command`."""

    home: Path
    process: Process | None = None
    environment: dict[str, str] = field(default_factory=dict)
    more: dict[str, str] = field(default_factory=dict)
    command: Sequence[str] | None = None

    @property
    def socket(self) -> Path:
        return self.home / "run" / "bridge.sock"

    @property
    def ledger(self) -> Path:
        return self.home / "state" / "koru" / "ledger"

    def start(self, fault: str | None = None) -> None:
        own = {"PYTHONSAFEPATH": "1", "KORU_SOCKET": str(self.socket), **({"KORU_FAULT": fault} if fault else {})}
        self.environment = surroundings(self.home, **{**own, **self.more})
        self.socket.parent.mkdir(mode=0o700, exist_ok=True)
        with (self.home / "out").open("ab") as out:
            try:
                self.process = launch(
                    self.environment, Path.cwd(), output=out.fileno(), new_session=True, command=self.command
                )
            except AssertionError as error:
                error.add_note((self.home / "out").read_text(encoding="utf-8"))
                raise

    def client(self, role: str = "client") -> Client:
        return PatientClient.connect(self.socket, role=role, timeout=PATIENCE)

    def wait_killed(self) -> None:
        assert self.process is not None
        assert self.process.wait(PATIENCE) == -signal.SIGKILL

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(timeout=5)
