"""A stand-in for the models: an HTTP server on loopback that answers as it is told, and fails when it is told to.

    with Standin() as model:
        client = openai.OpenAI(base_url=model.openai, api_key="none")        # chat completions and responses
        client = anthropic.Anthropic(base_url=model.anthropic, api_key="none")
        model.script("first answer", Say(calls=(Call("shell", {"command": "ls"}),)), "done")  # one a request
        model.script(rate_limited(7), Fail(500, times=3), Raw(b"{half"), Say("cut", cut_after=1))
        assert model.requests[-1].prompt == "…"  # what came, in order; model.strays: other paths

Streaming is the client's choice. `Say(hold=event)` stops a stream until the event is set; `Say(pause_s=…)` is slow.
A client's side questions (titles, summaries) would eat the script: `Standin(scripted=lambda request: …)` says which
requests it is for; the others get `otherwise`, by default an error 400 that says that nothing was scripted.
`script` may be called at any time, from any thread; `left` is how many replies nobody asked for yet.
Leaving the context ends every connection. As a fixture: `from tests.standin.server import standin`.
"""

import itertools
import json
import socket
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

import pytest

from tests.standin import anthropic_messages, gemini, openai_chat, openai_responses
from tests.standin.dialect import Dialect
from tests.standin.reply import Call, Fail, Raw, Reply, Request, Say, Stray, rate_limited

__all__ = ["Call", "Fail", "Raw", "Reply", "Request", "Say", "Standin", "Stray", "rate_limited", "standin"]

DIALECTS: tuple[Dialect, ...] = (openai_chat, openai_responses, anthropic_messages, gemini)
NOTHING = Fail(400, "nothing was scripted for this request")
# How long a client may keep a connection without a word.
PATIENCE_S = 60.0
CHECK_S = 0.02


class Standin:
    """A context manager; see the module."""

    def __init__(
        self, *, scripted: Callable[[Request], bool] = lambda _: True, otherwise: Reply | str = NOTHING
    ) -> None:
        self._scripted, self._otherwise = scripted, _reply(otherwise)
        self._replies: deque[Reply] = deque()
        self._lock = threading.Lock()
        self.requests: list[Request] = []
        self.strays: list[Stray] = []
        self.closing = threading.Event()

    def __enter__(self) -> Self:
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(CHECK_S,), name="stand-in")
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.disconnect()
        self._server.server_close()
        self._thread.join()

    def script(self, *replies: Reply | str) -> None:
        """Adds replies; text is `Say(text)`."""
        with self._lock:
            self._replies.extend(map(_reply, replies))

    @property
    def left(self) -> int:
        with self._lock:
            return len(self._replies)

    @property
    def address(self) -> str:
        """http://127.0.0.1:PORT"""
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def openai(self) -> str:
        return f"{self.address}/v1"

    @property
    def anthropic(self) -> str:
        return self.address

    @property
    def gemini(self) -> str:
        return self.address

    def answer(self, request: Request) -> Reply:
        """Records the request and takes the reply that is its turn."""
        with self._lock:
            self.requests.append(request)
            if not self._scripted(request) or not self._replies:
                return self._otherwise
            reply = self._replies.popleft()
            if isinstance(reply, Fail) and reply.times > 1:
                self._replies.appendleft(replace(reply, times=reply.times - 1))
            return reply


@pytest.fixture
def standin() -> Iterator[Standin]:
    """A stand-in that answers only what is scripted."""
    with Standin() as model:
        yield model


def _reply(given: Reply | str) -> Reply:
    return Say(given) if isinstance(given, str) else given


class _Left(ConnectionAbortedError):
    """The stand-in ends while an answer waits: its connection ends there, and nothing more of the answer is sent."""


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    block_on_close = True

    def __init__(self, model: Standin) -> None:
        self.model = model
        self._connections: set[socket.socket] = set()
        self._guard = threading.Lock()
        super().__init__(("127.0.0.1", 0), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._guard:
            self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._guard:
            self._connections.discard(request)
        super().shutdown_request(request)

    def disconnect(self) -> None:
        with self._guard:
            for connection in self._connections:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away in the middle is what some tests are about; anything else is told."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = PATIENCE_S
    server: _Server

    def log_message(self, format: str, *args: object) -> None:
        """Nothing on standard error: the requests are recorded."""

    def do_GET(self) -> None:
        self._aside()

    def do_POST(self) -> None:
        path, body = self.path.partition("?")[0], self._body()
        for dialect in DIALECTS:
            request = dialect.request(path, body, dict(self.headers.items()))
            if request is not None:
                return self._answer(dialect, request)
        return self._aside()

    def do_HEAD(self) -> None:
        self._json(200, {})

    def do_CONNECT(self) -> None:
        """Asked as a proxy, for another host: recorded and denied."""
        self.server.model.strays.append(Stray(self.command, self.path, dict(self.headers.items())))
        self.close_connection = True
        self._json(403, {"error": {"message": "the stand-in is no proxy", "type": "permission_error"}})

    def _body(self) -> dict[str, Any]:
        content = self.rfile.read(int(self.headers.get("content-length") or 0))
        try:
            found = json.loads(content)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    def _aside(self) -> None:
        path = self.path.partition("?")[0]
        for dialect in DIALECTS:
            found = dialect.aside(path)
            if found is not None:
                return self._json(200, found)
        self.server.model.strays.append(Stray(self.command, self.path, dict(self.headers.items())))
        return self._json(404, {"error": {"message": "the stand-in has no such path", "type": "not_found_error"}})

    def _answer(self, dialect: Dialect, request: Request) -> None:
        reply = self.server.model.answer(request)
        if isinstance(reply, Fail):
            self._json(reply.status, dialect.failure(reply), dict(reply.headers))
        elif isinstance(reply, Raw):
            self._whole(reply.status, reply.body, reply.content_type)
        elif request.stream:
            self._stream(dialect, request, reply)
        else:
            self._hold(reply)
            self._json(200, dialect.whole(request, reply), cut=reply.cut_after is not None)

    def _json(self, status: int, value: object, headers: dict[str, str] | None = None, cut: bool = False) -> None:
        self._whole(status, json.dumps(value).encode(), "application/json", headers, cut)

    def _whole(
        self, status: int, body: bytes, kind: str, headers: dict[str, str] | None = None, cut: bool = False
    ) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body[: len(body) // 2] if cut else body)
        self.close_connection = self.close_connection or cut

    def _stream(self, dialect: Dialect, request: Request, say: Say) -> None:
        if say.hold_after == 0:
            self._hold(say)
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        parts = itertools.count(1)
        for event in dialect.events(request, say):
            self._chunk(event.encode())
            if not event.part:
                continue
            sent = next(parts)
            if sent == say.cut_after:
                self.close_connection = True
                return
            if sent == say.hold_after:
                self._hold(say)
            if self.server.model.closing.wait(say.pause_s):
                raise _Left
        self._chunk(b"")

    def _hold(self, say: Say) -> None:
        """Wait until the hold is released; _Left when the stand-in ends before that."""
        while say.hold is not None and not say.hold.wait(CHECK_S):
            if self.server.model.closing.is_set():
                raise _Left

    def _chunk(self, data: bytes) -> None:
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        self.wfile.flush()
