"""One end of the wire: answers requests by handlers, sends its own. Used alike by daemon, clients and tests.

Every request of ours ends, with PEER_GONE if the other side does. Nothing grows without bound on behalf of the other.
"""

import itertools
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import anyio
import anyio.lowlevel
from anyio.abc import ByteStream, TaskGroup
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from pydantic import ValidationError

from bridge.contained import contained
from bridge.protocol.errors import BridgeError, Reason
from bridge.protocol.jsonrpc import envelope
from bridge.protocol.jsonrpc.envelope import Call, Id, Refused, Reply
from bridge.protocol.jsonrpc.framing import LineReader, Oversize, too_long
from bridge.protocol.jsonrpc.outgoing import Outgoing
from bridge.protocol.jsonrpc.transport import Transport, transport_of
from bridge.protocol.messages.base import Empty, Message
from bridge.protocol.methods import METHODS, Method

Handler = Callable[[Any], Awaitable[Message | None]]
_Told = tuple[str, Handler, Message]

GARBAGE_MAX = 32
NOTIFICATIONS_WAITING_MAX = 256
FLUSH_SECONDS = 1.0

_LOG = logging.getLogger(__name__)
_EMPTY: Final = Empty()
_STREAM_ENDS = (anyio.EndOfStream, anyio.ClosedResourceError, anyio.BrokenResourceError)


@dataclass(slots=True)
class Counts:
    """What was received and led to nothing."""

    garbage: int = 0
    cut_lines: int = 0
    replies_ignored: int = 0
    notifications_ignored: int = 0


@dataclass(slots=True)
class _Pending:
    done: anyio.Event
    reply: Reply | None = None


def allow_all(method: str) -> None:
    """Refuse nothing."""


class Peer:
    """A JSON-RPC peer on a stream.

    `handlers` answer what the other side asks or tells; each gets its validated params. Requests run side by side, at
    most `handlers_limit` (more are answered OVERLOADED); notifications run one after the other, in their order. When
    the other side goes, running handlers are cancelled, unless they shield themselves. `ping` needs no handler.
    `allow(method)` may raise BridgeError before any of that. `last_received` is the `anyio.current_time()` of the last
    bytes read, 0 before the first.
    """

    def __init__(
        self,
        stream: ByteStream,
        handlers: Mapping[str, Handler],
        *,
        name: str,
        allow: Callable[[str], None] = allow_all,
        outgoing_limit: int = 512,
        handlers_limit: int = 256,
    ) -> None:
        self.name = name
        self.counts = Counts()
        self.last_received = 0.0
        self._stream = stream
        self._handlers = handlers
        self._allow = allow
        self._handlers_limit = handlers_limit
        self._outgoing = Outgoing(outgoing_limit)
        self._ids = itertools.count(1)
        self._pending: dict[Id, _Pending] = {}
        self._running: set[Id] = set()
        self._gone: BridgeError | None = None
        self._reading = anyio.CancelScope()
        self._tasks: TaskGroup
        self._told: MemoryObjectSendStream[_Told]

    def __str__(self) -> str:
        """The name, which a connection gets only when it has said who it is: logs ask for it when they are written."""
        return self.name

    @property
    def gone(self) -> BridgeError | None:
        """Why this peer is over; None while it is not."""
        return self._gone

    # --- life --------------------------------------------------------------------------------------------------------

    async def serve(self) -> None:
        """Read and answer until the stream ends or `close`; closes the stream. The other side makes nothing raise."""
        transport = transport_of(self._stream)
        self._told, to_tell = anyio.create_memory_object_stream[_Told](NOTIFICATIONS_WAITING_MAX)
        try:
            async with self._told, to_tell, anyio.create_task_group() as self._tasks:
                self._tasks.start_soon(self._write, transport)
                self._tasks.start_soon(self._tell, to_tell)
                with self._reading:
                    await self._read(transport)
                self._over()
                await self._flush()
                self._tasks.cancel_scope.cancel()
        finally:
            self._over()
            await transport.close()

    def close(self) -> None:
        """End `serve` soon. What is already queued is still written, for a second at most."""
        self._end(BridgeError(Reason.PEER_GONE, f"the connection to {self.name} was closed here"))

    def dismiss(self, why: BridgeError) -> None:
        """Tell why in an error that answers no request (id null), then `close`. Does nothing to a peer that is gone."""
        if self._gone is None:
            self._send(envelope.error_line(None, why))
            self.close()

    def _end(self, why: BridgeError) -> None:
        if self._gone is None:
            self._gone = why
            self._reading.cancel()

    def _over(self) -> None:
        self._end(BridgeError(Reason.PEER_GONE, f"{self.name} is gone"))
        for pending in self._pending.values():
            pending.done.set()

    async def _flush(self) -> None:
        if self._gone is not None and self._gone.reason is not Reason.OVERLOADED:
            with anyio.move_on_after(FLUSH_SECONDS):
                await self._outgoing.drained()

    # --- asking ------------------------------------------------------------------------------------------------------

    async def request(self, method: str, params: Message, *, timeout: float) -> Message:
        """Ask and wait at most `timeout` seconds. The result is of the type METHODS names.

        BridgeError: what the other side refused with, or TIMEOUT, PEER_GONE, LINE_TOO_LONG, INVALID_RESULT.
        """
        spec = METHODS[method]
        if spec.result is None:
            raise ValueError(f"{method} is a notification")
        if self._gone is not None:
            raise self._peer_gone()
        request_id = next(self._ids)
        pending = self._pending[request_id] = _Pending(anyio.Event())
        try:
            self._send(envelope.request_line(request_id, method, params))
            with anyio.move_on_after(timeout):
                await pending.done.wait()
        finally:
            del self._pending[request_id]
        if pending.reply is not None:
            return self._result(method, spec.result, pending.reply)
        if pending.done.is_set():
            raise self._peer_gone()
        raise BridgeError(Reason.TIMEOUT, f"{self.name} did not answer {method} within {timeout:g} s")

    def _result(self, method: str, kind: type[Message], reply: Reply) -> Message:
        if reply.error is not None:
            raise reply.error
        try:
            return kind.model_validate(reply.result)
        except ValidationError as error:
            raise envelope.invalid(error, Reason.INVALID_RESULT, f"{self.name} answered {method}") from None

    def _peer_gone(self) -> BridgeError:
        # A new one for each waiter: a shared exception would collect the tracebacks of all.
        return BridgeError(Reason.PEER_GONE, self._gone.message if self._gone else f"{self.name} is gone")

    def notify(self, method: str, params: Message) -> None:
        """Tell, without waiting. Does nothing when the peer is gone; drops the peer when it does not read.

        BridgeError LINE_TOO_LONG, INVALID_REQUEST.
        """
        line = envelope.notification_line(method, params)
        if self._gone is None:
            self._send(line)

    def _send(self, line: bytes) -> None:
        if not self._outgoing.put(line):
            self._end(BridgeError(Reason.OVERLOADED, f"{self.name} does not read what it is sent; it was dropped"))

    async def _write(self, transport: Transport) -> None:
        try:
            await self._outgoing.write(transport)
        except TimeoutError:
            self._end(BridgeError(Reason.OVERLOADED, f"{self.name} stopped reading; it was dropped"))
        except _STREAM_ENDS:
            self._end(BridgeError(Reason.PEER_GONE, f"{self.name} is gone"))

    # --- reading -----------------------------------------------------------------------------------------------------

    async def _read(self, transport: Transport) -> None:
        lines = LineReader()
        with contained("reading from a peer", self, foreseen=BridgeError) as held:
            try:
                while await self._take_all(lines.feed(await transport.receive())):
                    pass
            except _STREAM_ENDS:
                self.counts.cut_lines += lines.unfinished
        if held.error is not None:
            self._end(_as_bridge_error(held.error, "reading"))

    async def _take_all(self, lines: Iterable[bytes | Oversize]) -> bool:
        """False when the peer was ended meanwhile."""
        self.last_received = anyio.current_time()
        for line in lines:
            if self._gone is not None:
                return False
            await self._take(line)
            if self._outgoing.waiting:
                # A long chunk of requests must not outrun the task that writes the answers.
                await anyio.lowlevel.checkpoint()
        return True

    async def _take(self, line: bytes | Oversize) -> None:
        if isinstance(line, Oversize):
            self._refuse(Refused(None, too_long(line.limit)))
            return
        message = envelope.read(line)
        if isinstance(message, Refused):
            self._refuse(message)
        elif isinstance(message, Reply):
            self._replied(message)
        elif message.id is None:
            await self._notification(message)
        else:
            self._request(message.id, message)

    def _refuse(self, refused: Refused) -> None:
        self.counts.garbage += 1
        self._send(envelope.error_line(refused.id, refused.error))
        if self.counts.garbage >= GARBAGE_MAX:
            why = f"{self.name} sent {GARBAGE_MAX} lines that are no messages; it was dropped"
            self._end(BridgeError(Reason.INVALID_REQUEST, why))

    def _replied(self, reply: Reply) -> None:
        pending = self._pending.get(reply.id) if reply.id is not None else None
        if pending is None or pending.done.is_set():
            self.counts.replies_ignored += 1
            return
        pending.reply = reply
        pending.done.set()

    # --- answering ---------------------------------------------------------------------------------------------------

    async def _notification(self, call: Call) -> None:
        """Queue for `_tell`. When that is behind, reading waits, which slows down this peer alone."""
        with contained("reading a notification", self.name, call.method, foreseen=BridgeError) as held:
            spec, handler = self._lookup(call.method)
            if spec.result is not None:
                raise BridgeError(Reason.INVALID_REQUEST, f"{call.method} needs an id", where="id")
            params = self._params(call, spec)
        if held.error is None:
            await self._told.send((call.method, handler, params))
            return
        self.counts.notifications_ignored += 1
        reason = _as_bridge_error(held.error, call.method).reason
        _LOG.debug("%s: a notification was ignored: %s", self.name, reason)

    async def _tell(self, told: MemoryObjectReceiveStream[_Told]) -> None:
        async for method, handler, params in told:
            with contained("taking a notification", self.name, method, foreseen=BridgeError) as held:
                await handler(params)
            if held.error is not None:
                reason = _as_bridge_error(held.error, method).reason
                _LOG.info("%s: %s was not taken: %s", self.name, method, reason)

    def _request(self, request_id: Id, call: Call) -> None:
        if request_id in self._running:
            # Not answered under its id: that would be read as the answer to the first.
            why = BridgeError(Reason.INVALID_REQUEST, "a request with this id is still in flight", where="id")
            self._refuse(Refused(None, why))
            return
        with contained("reading a request", self.name, call.method, foreseen=BridgeError) as held:
            spec, handler = self._lookup(call.method)
            if spec.result is None:
                raise BridgeError(Reason.INVALID_REQUEST, f"{call.method} is a notification: no id", where="id")
            params = self._params(call, spec)
            if handler is _pong:
                self._send(envelope.result_line(request_id, _EMPTY))
                return
            if len(self._running) >= self._handlers_limit:
                raise BridgeError(Reason.OVERLOADED, "too many requests at once", retry=True)
        if held.error is not None:
            self._send(envelope.error_line(request_id, _as_bridge_error(held.error, call.method)))
            return
        self._running.add(request_id)
        self._tasks.start_soon(self._answer, request_id, call.method, spec, handler, params)

    async def _answer(self, request_id: Id, method: str, spec: Method, handler: Handler, params: Message) -> None:
        try:
            with contained("answering a request", self.name, method, foreseen=BridgeError) as held:
                result = await handler(params)
                if result is None and spec.result is Empty:
                    result = _EMPTY
                if not isinstance(result, spec.result or Message):
                    raise TypeError(f"the handler of {method} gave {type(result).__name__}")
                line = envelope.result_line(request_id, result)
        finally:
            self._running.discard(request_id)
        if held.error is not None:
            line = envelope.error_line(request_id, _as_bridge_error(held.error, method))
        self._send(line)

    def _lookup(self, method: str) -> tuple[Method, Handler]:
        handler = self._handlers.get(method, _pong if method == "ping" else None)
        if handler is None or method not in METHODS:
            raise BridgeError(Reason.UNKNOWN_METHOD, "there is no such method here", where="method")
        self._allow(method)
        return METHODS[method], handler

    def _params(self, call: Call, spec: Method) -> Message:
        try:
            return spec.params.model_validate(call.params)
        except ValidationError as error:
            raise envelope.invalid(error, Reason.INVALID_PARAMS, call.method) from None


def _as_bridge_error(error: Exception, method: str) -> BridgeError:
    """The one place where exceptions become words for the other side, which is told the class of a fault of ours and no
    more: the text of an unforeseen exception can hold a prompt."""
    if isinstance(error, BridgeError):
        return error
    return BridgeError(Reason.INTERNAL, f"{method} failed with {type(error).__name__}", hint="see the daemon's log")


async def _pong(params: Message) -> Message:
    return _EMPTY
