"""The small client of the daemon's socket: blocking, one connection, one request at a time.

Used by the command line, the doctor and the recoveries. Standard library only and little of it, because the start of
every command pays for this file.
"""

# Not `socket`, which makes enums of all its constants at import: every command would wait for that.
import _socket
import json
import os
import time
from collections import deque

from bridge import peercred
from bridge.paths import socket_name, state_name
from bridge.protocol.errors import BridgeError, Reason
from bridge.version import VERSION

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import TracebackType
    from typing import Any

PROTOCOL = 1
LINE_MAX_BYTES = 1_048_576
CHUNK_BYTES = 65_536
NOTIFICATIONS_WAITING_MAX = 10_000
CONNECT_PAUSE_SECONDS = 0.01


class Client:
    """One connection, a context that closes it. `hello` is the daemon's answer to `initialize`.

    Not for several threads at once. At most NOTIFICATIONS_WAITING_MAX notifications are kept while a request waits.
    """

    def __init__(self, connected: _socket.socket) -> None:
        self.hello: dict[str, Any] = {}
        self._socket = connected
        self._received = bytearray()
        self._waiting: deque[tuple[str, dict[str, Any]]] = deque()
        self._last_id = 0

    @classmethod
    def connect(
        cls, socket_path: "Path | None" = None, *, role: str = "client", name: str = "koru", timeout: float = 5.0
    ) -> "Client":
        """Connect and initialize, within `timeout` seconds in all; by default to the socket of this environment.

        BridgeError DAEMON_NOT_RUNNING, PEER_REFUSED, SOCKET_UNSAFE (another user listens), PROTOCOL_MISMATCH, TIMEOUT,
        USAGE (the path is no socket).
        """
        path = os.fspath(socket_path) if socket_path is not None else socket_name()
        deadline = time.monotonic() + timeout
        client = cls(_connect(path, deadline))
        try:
            if not peercred.is_ours(client._socket):
                hint = "look who made it; nothing was sent"
                raise BridgeError(Reason.SOCKET_UNSAFE, "the one who listens is not you", where=path, hint=hint)
            params = {"role": role, "name": name, "version": VERSION, "protocol": {"min": PROTOCOL, "max": PROTOCOL}}
            client.hello = client.request("initialize", params, timeout=deadline - time.monotonic())
        except BaseException:
            client.close()
            raise
        return client

    def request(self, method: str, params: "dict[str, Any]", *, timeout: float = 5.0) -> "dict[str, Any]":
        """Ask, and wait at most `timeout` seconds for the result. Notifications that come first are kept for later.

        BridgeError: the reason the daemon refused with, TIMEOUT, PEER_GONE, LINE_TOO_LONG, OVERLOADED, INVALID_PARAMS
        (not to be written as JSON), INVALID_RESULT (not the daemon's protocol).
        """
        deadline = time.monotonic() + timeout
        self._last_id += 1
        request_id = self._last_id
        self._send({"jsonrpc": "2.0", "id": request_id, "method": method, "params": params}, deadline)
        while True:
            message = self._message(deadline)
            if message is None:
                raise BridgeError(
                    Reason.TIMEOUT, f"the daemon did not answer {method} within {timeout:g} s", hint="koru status"
                )
            if "method" in message:
                self._keep(message, deadline)
            elif message.get("id") == request_id or (message.get("id") is None and "error" in message):
                return _result(message)

    def notifications(self, timeout: float | None) -> "Iterator[tuple[str, dict[str, Any]]]":
        """Method and params of each notification, for `timeout` seconds; None: without end.

        BridgeError PEER_GONE when the daemon hangs up; an error of the daemon that is about no request, by its reason.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        while True:
            while self._waiting:
                yield self._waiting.popleft()
            message = self._message(deadline)
            if message is None:
                return
            if "method" in message:
                self._keep(message, deadline)
            elif message.get("id") is None and "error" in message:
                raise _error(message["error"])

    def close(self) -> None:
        self._socket.close()

    def __enter__(self) -> "Client":
        return self

    def __exit__(
        self, kind: "type[BaseException] | None", error: BaseException | None, frames: "TracebackType | None"
    ) -> None:
        self.close()

    def _keep(self, message: "dict[str, Any]", deadline: float | None) -> None:
        """Keep a notification; answer a request of the daemon: `ping`, and an error to every other."""
        if message.get("id") is not None:
            answer = {"jsonrpc": "2.0", "id": message["id"]}
            missing = {"code": -32601, "message": "a client answers ping only"}
            self._send(answer | ({"result": {}} if message["method"] == "ping" else {"error": missing}), deadline)
            return
        if len(self._waiting) >= NOTIFICATIONS_WAITING_MAX:
            raise BridgeError(Reason.OVERLOADED, f"more than {NOTIFICATIONS_WAITING_MAX} notifications wait to be read")
        self._waiting.append((message["method"], message.get("params", {})))

    def _send(self, message: "dict[str, Any]", deadline: float | None) -> None:
        line = _encode(message)
        try:
            self._socket.settimeout(_left(deadline))
            self._socket.sendall(line)
        except TimeoutError:
            raise BridgeError(Reason.TIMEOUT, "the daemon does not read", hint="koru status") from None
        except ConnectionError:
            # The last lines from the daemon may say why it hung up.
            self._drain()
            raise _gone() from None

    def _drain(self) -> None:
        """Read what is left for at most a second, and raise the error of the daemon in it, if there is one."""
        deadline = time.monotonic() + 1.0
        while (message := self._message(deadline)) is not None:
            if message.get("id") is None and "error" in message:
                raise _error(message["error"])

    def _message(self, deadline: float | None) -> "dict[str, Any] | None":
        """The next message; None when the deadline passes. PEER_GONE when the daemon hangs up."""
        while (end := self._received.find(b"\n")) < 0:
            try:
                self._socket.settimeout(_left(deadline))
                data = self._socket.recv(CHUNK_BYTES)
            except TimeoutError:
                return None
            except ConnectionError:
                data = b""
            if not data:
                raise _gone()
            self._received += data
            if len(self._received) > LINE_MAX_BYTES + CHUNK_BYTES:
                raise _no_message()
        line = bytes(self._received[:end])
        del self._received[: end + 1]
        return _decode(line)


def _connect(path: str, deadline: float) -> _socket.socket:
    connected = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
    try:
        while True:
            try:
                connected.settimeout(_left(deadline))
                connected.connect(os.fsencode(path))
                return connected
            except BlockingIOError:
                # The queue of connections to be accepted is full, and the kernel offers nothing to wait on.
                if time.monotonic() >= deadline:
                    raise
                time.sleep(CONNECT_PAUSE_SECONDS)
    except OSError as error:
        connected.close()
        raise _refused(path, error) from None


def _refused(path: str, error: OSError) -> BridgeError:
    if isinstance(error, (BlockingIOError, TimeoutError)):
        hint = "koru down --force, then: koru up"
        return BridgeError(Reason.TIMEOUT, "the daemon takes no connections", where=path, hint=hint)
    if isinstance(error, PermissionError):
        return BridgeError(Reason.PEER_REFUSED, "you may not use this socket", where=path, hint="is it another user's?")
    if isinstance(error, (FileNotFoundError, ConnectionRefusedError, NotADirectoryError)):
        from bridge.lock import holder

        other = holder(os.path.join(state_name(), "daemon.lock"))
        hint = f"it listens elsewhere: KORU_SOCKET={other.socket}" if other and other.socket != path else "koru up"
        return BridgeError(Reason.DAEMON_NOT_RUNNING, "no daemon answers", where=path, hint=hint)
    # One of these errors is a path longer than the system allows, for which Python's error has no number.
    why = os.strerror(error.errno) if error.errno else str(error)
    return BridgeError(Reason.USAGE, f"not a socket to connect to: {why}", where=path, hint="look at KORU_SOCKET")


def _left(deadline: float | None) -> float | None:
    # Never zero: that means "do not wait" to a socket, and raises another error than a wait that was too long.
    return None if deadline is None else max(deadline - time.monotonic(), 0.001)


def _encode(message: "dict[str, Any]") -> bytes:
    try:
        line = json.dumps(message, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode("utf-8")
    except ValueError:
        # `from None`: the text of Python's error quotes what could not be written, which may be a prompt.
        hint = "send strings without lone surrogates"
        raise BridgeError(Reason.INVALID_PARAMS, "the request cannot be written as JSON", hint=hint) from None
    if len(line) > LINE_MAX_BYTES:
        message_text = f"the request is longer than {LINE_MAX_BYTES} bytes"
        raise BridgeError(Reason.LINE_TOO_LONG, message_text, hint="send less at once")
    return line + b"\n"


def _decode(line: bytes) -> "dict[str, Any]":
    try:
        message = json.loads(line)
    except ValueError:
        message = None
    if not isinstance(message, dict):
        raise _no_message()
    return message


def _no_message() -> BridgeError:
    hint = "is it another program's socket? look at KORU_SOCKET"
    return BridgeError(Reason.INVALID_RESULT, "the daemon sent a line that is no message", hint=hint)


def _result(message: "dict[str, Any]") -> "dict[str, Any]":
    if "error" in message:
        raise _error(message["error"])
    result = message.get("result")
    if not isinstance(result, dict):
        raise BridgeError(Reason.INVALID_RESULT, "the daemon's answer has no result")
    return result


def _error(wire: "Any") -> BridgeError:
    data = wire.get("data") or {}
    text, said = wire.get("message", ""), data.get("reason", "")
    try:
        reason = Reason(said)
    except ValueError:
        # A newer daemon has reasons that are unknown here: its word is put into the message.
        reason, text = Reason.INTERNAL, f"{said}: {text}"
    return BridgeError(reason, text, hint=data.get("hint"), where=data.get("where"), retry=bool(data.get("retry")))


def _gone() -> BridgeError:
    return BridgeError(Reason.PEER_GONE, "the daemon hung up", hint="koru status")
