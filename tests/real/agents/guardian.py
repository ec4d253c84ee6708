"""Ends every process of a home directory and removes it once standard input closes: so also when a test was killed.

Run as a script: guardian.py HOME. Some agents leave a daemon in a session of its own; all have HOME in common.
"""

import os
import shutil
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path

GIVE_UP_S = 20.0


def processes(home: str) -> set[int]:
    """The ids of the processes that were started with this HOME."""
    wanted, found = f"HOME={home}".encode(), set()
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        with suppress(OSError):
            if wanted in (entry / "environ").read_bytes().split(b"\0"):
                found.add(int(entry.name))
    return found


def end(home: str) -> None:
    """SIGKILL until none is left: what they write is thrown away."""
    give_up = time.monotonic() + GIVE_UP_S
    while (left := processes(home)) and time.monotonic() < give_up:
        for process in left:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        time.sleep(0.02)


def stand_still(home: str) -> bool:
    """SIGSTOP for those that run; whether none does any more. What they were asked to do in the kernel is over then."""
    running = {process for process in processes(home) if not stopped(process)}
    for process in running:
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGSTOP)
    return not running


def go_on(home: str) -> None:
    """SIGCONT for all of them."""
    for process in processes(home):
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGCONT)


def stopped(process: int) -> bool:
    """Stopped, or gone."""
    try:
        return (Path("/proc") / str(process) / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()[
            0
        ] in "TtZX"
    except OSError:
        return True


def main(home: str) -> None:
    # An interrupt at the terminal reaches this process too; it must outlive who it guards.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.stdin.read()
    end(home)
    shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
