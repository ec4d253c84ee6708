"""A real daemon as a process, with its own state and socket; a call that blocks its event loop raises there."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bridge.client import Client
from bridge.protocol.errors import BridgeError

PATIENCE = 60.0
WATCHED = """
import sys
from blockbuster import BlockBuster
from bridge.daemon.process.main import leave, main
BlockBuster().activate()
leave(main(sys.argv[1:]))
"""


def eventually(condition: Callable[[], bool], what: str, timeout: float = PATIENCE) -> None:
    """Wait for a condition; fail with words when it does not come."""
    end = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < end, f"not within {timeout} s: {what}"
        time.sleep(0.01)


class PatientClient(Client):
    """How fast the machine is does not decide a test."""

    def request(self, method: str, params: dict[str, Any], *, timeout: float = PATIENCE) -> dict[str, Any]:
        return super().request(method, params, timeout=timeout)


@dataclass
class Daemon:
    """A daemon process with its own state and socket."""

    home: Path
    process: "subprocess.Popen[bytes] | None" = None
    environment: dict[str, str] = field(default_factory=dict)
    more: dict[str, str] = field(default_factory=dict)

    @property
    def socket(self) -> Path:
        return self.home / "run" / "bridge.sock"

    @property
    def ledger(self) -> Path:
        return self.home / "state" / "koru" / "ledger"

    def start(self, fault: str | None = None) -> None:
        self.environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith(("KORU_", "XDG_"))},
            "PYTHONSAFEPATH": "1",
            "HOME": str(self.home),
            "XDG_STATE_HOME": str(self.home / "state"),
            "XDG_CONFIG_HOME": str(self.home / "config"),
            "KORU_SOCKET": str(self.socket),
            **({"KORU_FAULT": fault} if fault else {}),
            **self.more,
        }
        self.socket.parent.mkdir(mode=0o700, exist_ok=True)
        with (self.home / "out").open("ab") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-P", "-c", WATCHED],
                env=self.environment,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        eventually(self._answers, "the daemon answers")

    def _answers(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, (self.home / "out").read_text(encoding="utf-8")
        try:
            self.client().close()
        except BridgeError:
            return False
        return True

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
