"""Ends a process group and removes its directory once standard input closes: so also when who started it was killed.

Run as a script: guardian.py GROUP DIRECTORY SECONDS_OF_GRACE.
"""

import os
import shutil
import signal
import sys
import time
from contextlib import suppress


def end(group: int, grace: float) -> None:
    """SIGTERM, then SIGKILL to whoever is left; returns when the group is gone or after twice the grace."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(group, sign)
        give_up = time.monotonic() + grace
        while time.monotonic() < give_up:
            try:
                os.killpg(group, 0)
            except ProcessLookupError:
                return
            time.sleep(0.02)


def main(group: str, directory: str, grace: str) -> None:
    # An interrupt at the terminal reaches this process too; it must outlive who it guards.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.stdin.read()
    end(int(group), float(grace))
    shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
