"""A relay between a plugin and the daemon that cuts what it passes on, stops in the middle, or says what it likes."""

import socket
import threading
from contextlib import suppress
from pathlib import Path

CHUNK = 65_536


class Relay:
    """Listens where the plugin looks. `chunk`: bytes passed at a time; `stop_after`: bytes to the plugin on the first
    connection before it is cut; `first`: bytes that the plugin hears before the daemon's."""

    def __init__(self, path: Path, daemon: Path, chunk: int = CHUNK, stop_after: int | None = None, first: bytes = b""):
        path.parent.mkdir(mode=0o700, exist_ok=True)
        path.unlink(missing_ok=True)
        self.connections = 0
        self.passed = 0
        self._daemon, self._chunk, self._stop_after, self._first = daemon, chunk, stop_after, first
        self._open: list[socket.socket] = []
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen()
        self._threads = [self._start(self._accept)]

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for each in self._open:
            _end(each)
        for thread in self._threads:
            thread.join(timeout=20)

    def _start(self, run: object, *arguments: object) -> threading.Thread:
        thread = threading.Thread(target=run, args=arguments, daemon=True)  # type: ignore[arg-type]
        thread.start()
        return thread

    def _accept(self) -> None:
        while True:
            try:
                plugin, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            upstream = socket.socket(socket.AF_UNIX)
            self._open += [plugin, upstream]
            try:
                upstream.connect(str(self._daemon))
                plugin.sendall(self._first)
            except OSError:
                _end(plugin)
                upstream.close()
                continue
            limit = self._stop_after if self.connections == 1 else None
            self._threads.append(self._start(self._pass, plugin, upstream, None))
            self._threads.append(self._start(self._pass, upstream, plugin, limit))

    def _pass(self, source: socket.socket, target: socket.socket, limit: int | None) -> None:
        left = limit
        try:
            while left is None or left > 0:
                data = source.recv(CHUNK if left is None else min(CHUNK, left))
                if not data:
                    break
                for at in range(0, len(data), self._chunk):
                    target.sendall(data[at : at + self._chunk])
                self.passed += len(data)
                left = None if left is None else left - len(data)
        except OSError:
            pass
        _end(source)
        _end(target)


def _end(each: socket.socket) -> None:
    with suppress(OSError):
        each.shutdown(socket.SHUT_RDWR)
    each.close()
