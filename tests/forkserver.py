"""A process that has imported all that a daemon needs, and forks one on request: the imports are most of a start.

A child has what a fresh process would have: only the environment, folder and descriptors that it is given, its own
session where asked, and the signals' default actions. A call that blocks its event loop raises, for blockbuster is on.
The process ends all its children and itself when the test run that started it hangs up. Asked by `tests.forked`.
"""

import fcntl
import gc
import json
import os
import select
import signal
import socket
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Sequence
from typing import Any, NoReturn

from blockbuster import BlockBuster

import bridge.daemon.app  # noqa: F401, the most of what there is to load
from bridge.daemon.process.main import leave, main
from tests.fakeide import fakeide

DESCRIPTORS_MOST = 16
FIRST_OF_OURS = 3


def run(program: str, arguments: Sequence[str]) -> NoReturn:
    """What the program's own command would do, to the end of this process."""
    match program:
        case "daemon":
            leave(main(arguments))
        case "fakeide":
            sys.argv = [str(fakeide.__file__), *arguments]
            fakeide.main()
            leave(0)
        case _:
            sys.exit(f"no program of that name: {program}")


def become(order: dict[str, Any], received: Sequence[int]) -> None:
    """Give this new process what the order says, and take what is the fork server's from it."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    if order["new_session"]:
        os.setsid()
    os.environ.clear()
    os.environ.update(order["environment"])
    time.tzset()
    tempfile.tempdir = None
    os.chdir(order["cwd"])
    targets: list[int] = order["descriptors"]
    above = max(FIRST_OF_OURS - 1, *targets) + 1
    for source, target in zip([fcntl.fcntl(fd, fcntl.F_DUPFD, above) for fd in received], targets, strict=True):
        os.dup2(source, target, inheritable=True)
    kept = sorted({0, 1, 2, *targets})
    for below, next_kept in zip(kept, [*kept[1:], os.sysconf("SC_OPEN_MAX")], strict=True):
        os.closerange(below + 1, next_kept)


def born(order: dict[str, Any], received: Sequence[int]) -> NoReturn:
    """The life of a child."""
    status = 1
    try:
        become(order, received)
        run(order["program"], order["arguments"])
    except SystemExit as ended:
        status = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
        if isinstance(ended.code, str):
            print(ended.code, file=sys.stderr)
    except BaseException:
        traceback.print_exc()
    leave(status)


class ForkServer:
    """Takes orders from one socket and tells each child's end on a pipe that came with the order."""

    def __init__(self, orders: socket.socket) -> None:
        self._orders = orders
        self._ends: dict[int, int] = {}
        self._woken, waking = os.pipe()
        os.set_blocking(waking, False)
        signal.set_wakeup_fd(waking)
        signal.signal(signal.SIGCHLD, lambda _number, _frame: None)

    def serve(self) -> None:
        """Until the other side hangs up."""
        while True:
            readable, _, _ = select.select([self._orders.fileno(), self._woken], [], [])
            if self._woken in readable:
                os.read(self._woken, 4096)
                self._reap()
            if self._orders.fileno() in readable and not self._take():
                break
        for pid in self._ends:
            os.kill(pid, signal.SIGKILL)

    def _take(self) -> bool:
        line, received, _, _ = socket.recv_fds(self._orders, 1 << 16, DESCRIPTORS_MOST)
        while line and not line.endswith(b"\n"):
            line += self._orders.recv(1 << 16)
        if not line:
            return False
        end, *given = received
        pid = os.fork()
        if pid == 0:
            born(json.loads(line), given)
        self._ends[pid] = end
        for descriptor in given:
            os.close(descriptor)
        self._orders.sendall(b"%d\n" % pid)
        return True

    def _reap(self) -> None:
        while self._ends:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            end = self._ends.pop(pid)
            os.write(end, b"%d" % os.waitstatus_to_exitcode(status))
            os.close(end)


if __name__ == "__main__":
    BlockBuster().activate()
    assert threading.active_count() == 1, threading.enumerate()
    gc.collect()
    gc.freeze()
    ForkServer(socket.socket(fileno=int(sys.argv[1]))).serve()
