"""How a peer reads and writes bytes: over any anyio stream, and with less ado over a Unix socket on asyncio.

anyio's own socket stream registers with the selector anew and goes round the loop twice for every read.
"""

import asyncio
import socket
from collections import deque
from typing import Protocol

import anyio
from anyio.abc import ByteStream, SocketAttribute, UNIXSocketStream

CHUNK_BYTES = 65_536


class Transport(Protocol):
    """Errors of the methods are those of anyio streams: EndOfStream, ClosedResourceError, BrokenResourceError."""

    async def receive(self) -> bytes:
        """The next bytes, at least one and at most CHUNK_BYTES."""

    async def send(self, data: bytes) -> None:
        """Write all of it."""

    def send_now(self, data: bytes) -> int:
        """Write what can be written without waiting; how many bytes that were."""

    async def close(self) -> None:
        """Close the stream beneath, at once."""


def transport_of(stream: ByteStream) -> Transport:
    """The best transport for this stream. It owns the stream from now on. Needs the running event loop."""
    return SocketTransport(stream) if isinstance(stream, UNIXSocketStream) else StreamTransport(stream)


class StreamTransport:
    """Any anyio stream."""

    def __init__(self, stream: ByteStream) -> None:
        self._stream = stream

    async def receive(self) -> bytes:
        return await self._stream.receive(CHUNK_BYTES)

    async def send(self, data: bytes) -> None:
        await self._stream.send(data)

    def send_now(self, data: bytes) -> int:
        return 0

    async def close(self) -> None:
        await anyio.aclose_forcefully(self._stream)


class SocketTransport:
    """A Unix socket that stays registered with the selector. Holds at most two chunks that were not asked for yet."""

    def __init__(self, stream: UNIXSocketStream) -> None:
        self._stream = stream
        self._socket: socket.socket = stream.extra(SocketAttribute.raw_socket)  # noqa: S610
        self._loop = asyncio.get_running_loop()
        self._chunks: deque[bytes] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self._end: type[Exception] | None = None
        self._registered = False
        self._register(True)

    def _register(self, wanted: bool) -> None:
        if wanted and not self._registered:
            self._loop.add_reader(self._socket, self._readable)
        elif self._registered and not wanted:
            self._loop.remove_reader(self._socket)
        self._registered = wanted

    def _readable(self) -> None:
        try:
            data = self._socket.recv(CHUNK_BYTES)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            data, self._end = b"", anyio.BrokenResourceError
        if data:
            self._chunks.append(data)
        else:
            self._end = self._end or anyio.EndOfStream
        if self._end or len(self._chunks) > 1:
            self._register(False)
        if self._waiter and not self._waiter.done():
            self._waiter.set_result(None)

    async def receive(self) -> bytes:
        while not self._chunks:
            if self._end:
                raise self._end
            self._register(True)
            self._waiter = self._loop.create_future()
            await self._waiter
        return self._chunks.popleft()

    async def send(self, data: bytes) -> None:
        await self._stream.send(data)

    def send_now(self, data: bytes) -> int:
        try:
            return self._socket.send(data)
        except OSError:
            # Full, or broken: `send` comes next and says which.
            return 0

    async def close(self) -> None:
        self._register(False)
        self._end = self._end or anyio.ClosedResourceError
        await anyio.aclose_forcefully(self._stream)
