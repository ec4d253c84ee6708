"""Runs one command and leaves nothing behind: every process it started is gone when this one ends.

`bridge.goals.checks` starts it as a process of its own; it imports the standard library alone. It ends the command when
its stdin is closed, so also when the daemon dies. It writes one line of JSON to stderr: {"exit": n}, {"signal": n} or
{"absent": "why"}.
"""

import ctypes
import json
import os
import select
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

PR_SET_CHILD_SUBREAPER = 36
SWEEPS_MOST = 1000


def main(command: list[str]) -> int:
    """Always 0: what became of the command is said on stderr."""
    _adopt_orphans()
    ended, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake)
    signal.signal(signal.SIGCHLD, lambda number, frame: None)
    try:
        child = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stderr=subprocess.STDOUT, start_new_session=True, close_fds=True
        )
    except OSError as error:
        _say({"absent": f"{command[0]}: {os.strerror(error.errno or 0)}"})
        return 0
    # Not reaped before its group was killed: until it is reaped, the system gives its number to no other process.
    while os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is None:
        ready, _, _ = select.select([ended, 0], [], [])
        if 0 in ready and not os.read(0, 64):
            break
        if ended in ready:
            os.read(ended, 512)
    with suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    status = child.wait()
    _sweep()
    _say({"exit": status} if status >= 0 else {"signal": -status})
    return 0


def _adopt_orphans() -> None:
    """On Linux, processes whose parent is gone become children of this one. Elsewhere only the group is killed."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _sweep() -> None:
    """Kill the children that are left, and then those that become children by it, in at most 1000 rounds."""
    for _ in range(SWEEPS_MOST):
        for pid in _children():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return


def _children() -> list[int]:
    with suppress(OSError):
        return [int(pid) for pid in Path("/proc/self/task", str(os.getpid()), "children").read_text("ascii").split()]
    return []


def _say(status: dict[str, object]) -> None:
    with suppress(OSError):
        os.write(2, json.dumps(status).encode() + b"\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
