"""Code run inside a window's extension host, through the test-only extension in probe/. Any thread may call."""

import json
import socket
from pathlib import Path
from typing import Any

from tests.real.vscode.deadline import SECONDS, until


class ProbeError(Exception):
    """The code threw, or its extension host went away before it answered."""


class Answer:
    """A call under way."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection

    def result(self, seconds: float = SECONDS) -> Any:
        """What the code returned, None for undefined. Raises ProbeError, or TimeoutError if it is still running."""
        self._connection.settimeout(seconds)
        try:
            with self._connection.makefile("rb") as stream:
                line = stream.readline()
        except ConnectionError as error:
            raise ProbeError(f"the extension host is gone: {error}") from error
        finally:
            self._connection.close()
        if not line:
            raise ProbeError("the extension host is gone")
        answer = json.loads(line)
        if "error" in answer:
            raise ProbeError(answer["error"])
        return answer.get("value")

    def close(self) -> None:
        """Gives the answer up; the code runs on."""
        self._connection.close()


class Probe:
    """One extension host, known by its process id until it ends."""

    def __init__(self, path: Path) -> None:
        self._path, self.pid = path, int(path.stem)

    def start(self, code: str, data: object = None) -> Answer:
        """Starts an async function body that may use vscode, context, require and data. Read the Answer once."""
        connection = socket.socket(socket.AF_UNIX)
        try:
            connection.settimeout(SECONDS)
            connection.connect(str(self._path))
            connection.sendall(json.dumps({"id": 1, "code": code, "data": data}).encode() + b"\n")
        except OSError as error:
            connection.close()
            raise ProbeError(f"extension host {self.pid} does not answer: {error}") from error
        return Answer(connection)

    def run(self, code: str, data: object = None, seconds: float = SECONDS) -> Any:
        return self.start(code, data).result(seconds)


class Probes:
    """The directory in which every extension host of one server leaves its socket, named by its process id."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def known(self) -> frozenset[Path]:
        return frozenset(self._directory.glob("*.sock"))

    def next_after(self, known: frozenset[Path], seconds: float = SECONDS) -> Probe:
        """The one host that has come up since. The caller starts one at a time, or they cannot be told apart."""
        return Probe(until(lambda: next(iter(self.known() - known), None), "an extension host came up", seconds))
