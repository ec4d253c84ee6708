"""Runs the checks of a goal: bounded in time and output, nothing left running; an end that is not known is no pass."""

import json
import os
import selectors
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Event
from typing import IO

import anyio
from anyio import CapacityLimiter, to_thread

from bridge.goals.output import cleaned, failing, signature, useful
from bridge.goals.steps import CheckResult
from bridge.protocol.messages.goals import CheckTerms

HEAD_BYTES = 8_192
TAIL_BYTES = 262_144
CHUNK_BYTES = 65_536
GRACE_S = 10.0
WARDEN = Path(__file__).with_name("warden.py")
# Beginnings of variables that no check sees (Koru's own, keys of models), because a check runs code that agents wrote.
PRIVATE = ("KORU_", "PYTHONSAFEPATH", "OPENAI_API_KEY", "ANTHROPIC_API_KEY")


async def run_checks(
    checks: Iterable[CheckTerms], workspace: Path, *, hidden: Sequence[str] = (), limiter: CapacityLimiter
) -> tuple[CheckResult, ...]:
    """Run one check after the other. `hidden`: further beginnings of variables that checks must not see.

    When this is cancelled, the running check is killed. Never raises for what a command does.
    """
    environment = {name: value for name, value in os.environ.items() if not name.startswith((*PRIVATE, *hidden))}
    results = []
    for check in checks:
        job = Job(check, workspace, environment)
        try:
            results.append(await to_thread.run_sync(job.run, limiter=limiter, abandon_on_cancel=True))
        finally:
            job.stop()
        await anyio.lowlevel.checkpoint()
    return tuple(results)


class Job:
    """One run of one check."""

    def __init__(self, check: CheckTerms, workspace: Path, environment: Mapping[str, str]) -> None:
        self._check = check
        self._folder = workspace / check.cwd
        self._environment = environment
        self._stopped = Event()

    def stop(self) -> None:
        """End the command and all that it started; from any thread, at any time.

        The thread in `run` sees it within 0.2 s. A warden that is not over 10 s later is killed itself.
        """
        self._stopped.set()

    def run(self) -> CheckResult:
        """Run the command to its end or its time-out. Blocking. Never raises for what the command does."""
        began = time.monotonic()
        if not self._folder.is_dir():
            return self._unknown(began, f"there is no folder {self._check.cwd}", started=False)
        command = [sys.executable, "-I", "-S", str(WARDEN), *self._check.command]
        try:
            warden = subprocess.Popen(
                command,
                cwd=self._folder,
                env=dict(self._environment),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            return self._unknown(began, f"cannot be started: {error}", started=False)
        with warden:
            return self._watch(warden, began)

    def _watch(self, warden: "subprocess.Popen[bytes]", began: float) -> CheckResult:
        timeout = self._check.timeout_ms / 1000
        output, status = _Kept(), _Kept()
        over = self._read(warden, {warden.stdout: output, warden.stderr: status}, began + timeout)
        with suppress(BrokenPipeError):
            if warden.stdin:
                warden.stdin.close()
        if not over:
            over = self._read(warden, {warden.stdout: output, warden.stderr: status}, time.monotonic() + GRACE_S)
            late = "it was stopped" if self._stopped.is_set() else f"it did not end within {timeout:g} s"
            if not over:
                warden.kill()
            return self._unknown(began, late, output)
        return self._judge(began, output, status)

    def _read(
        self, warden: "subprocess.Popen[bytes]", sinks: "Mapping[IO[bytes] | None, _Kept]", deadline: float
    ) -> bool:
        """Whether both ended before the deadline (`time.monotonic`). A stop meanwhile ends the reading within 0.2 s."""
        already = self._stopped.is_set()
        with selectors.DefaultSelector() as selector:
            for stream, sink in sinks.items():
                if stream is not None and not sink.ended:
                    selector.register(stream, selectors.EVENT_READ, sink)
            while selector.get_map():
                left = deadline - time.monotonic()
                if left <= 0 or (self._stopped.is_set() and not already):
                    return False
                for key, _ in selector.select(min(left, 0.2)):
                    data = os.read(key.fd, CHUNK_BYTES)
                    key.data.add(data)
                    if not data:
                        selector.unregister(key.fileobj)
        return True

    def _judge(self, began: float, output: "_Kept", status: "_Kept") -> CheckResult:
        try:
            said = json.loads(status.bytes().split(b"\n")[0])
        except ValueError:
            return self._unknown(began, "nothing is known of its end", output)
        if "absent" in said:
            return self._unknown(began, f"cannot be started: {said['absent']}", started=False)
        if "signal" in said:
            return self._unknown(began, f"it was ended by signal {said['signal']}", output)
        text = cleaned(output.bytes())
        state = "pass" if said["exit"] == self._check.exit else "fail"
        part = useful(text)
        return CheckResult(
            self._check.name,
            "pass" if state == "pass" else "fail",
            _ms(began),
            signature(said["exit"], part),
            output=part,
            exit=said["exit"],
            failing=failing(text) if state == "fail" else None,
        )

    def _unknown(self, began: float, why: str, output: "_Kept | None" = None, *, started: bool = True) -> CheckResult:
        part = useful(cleaned(output.bytes())) if output else ""
        mark = signature(None, f"{why}\n{part}")
        return CheckResult(self._check.name, "unknown", _ms(began), mark, output=part, why=why, started=started)


class _Kept:
    """The first 8 KiB of a stream, and 256 to 512 KiB of its end."""

    def __init__(self) -> None:
        self._head = bytearray()
        self._tail = bytearray()
        self._lost = 0
        self.ended = False

    def add(self, data: bytes) -> None:
        self.ended = not data
        room = HEAD_BYTES - len(self._head)
        self._head += data[:room]
        self._tail += data[max(room, 0) :]
        if len(self._tail) > 2 * TAIL_BYTES:
            self._lost += len(self._tail) - TAIL_BYTES
            del self._tail[:-TAIL_BYTES]

    def bytes(self) -> bytes:
        gap = f"\n[… {self._lost} bytes left out …]\n".encode() if self._lost else b""
        return bytes(self._head) + gap + bytes(self._tail)


def _ms(began: float) -> int:
    return int((time.monotonic() - began) * 1000)
