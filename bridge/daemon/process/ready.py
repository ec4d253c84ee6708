"""Tells the process that started the daemon, and systemd, that it answers, or why not: a JSON line on a descriptor."""

import json
import os
import socket
from contextlib import suppress

from bridge.protocol.errors import BridgeError


class Ready:
    """`descriptor` is the writing end of a pipe, or None. Each of the two calls is the last word on it."""

    def __init__(self, descriptor: int | None) -> None:
        self._descriptor = descriptor
        if descriptor is not None:
            os.set_inheritable(descriptor, False)
        # Taken out of the environment, so that no child speaks for us.
        self._systemd = os.environ.pop("NOTIFY_SOCKET", None)

    def answers(self) -> None:
        self._say({"ready": True, "pid": os.getpid()})
        self._notify("READY=1")

    def refused(self, error: BridgeError) -> None:
        wire = {"reason": error.reason, "message": error.message, "hint": error.hint, "where": error.where}
        self._say({"error": wire})
        self._notify(f"STATUS={error.message}")

    def stopping(self) -> None:
        self._notify("STOPPING=1")

    def _say(self, line: dict[str, object]) -> None:
        if self._descriptor is None:
            return
        # The parent may have gone; the daemon stays.
        with suppress(OSError):
            os.write(self._descriptor, json.dumps(line).encode("utf-8") + b"\n")
        os.close(self._descriptor)
        self._descriptor = None

    def _notify(self, state: str) -> None:
        if not self._systemd:
            return
        address = f"\0{self._systemd[1:]}" if self._systemd.startswith("@") else self._systemd
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told:
            told.setblocking(False)
            told.sendto(state.encode("utf-8"), address)
