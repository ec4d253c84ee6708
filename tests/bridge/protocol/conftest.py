"""Peers of the wire on real Unix sockets, in this process."""

import json
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import anyio
import pytest
from anyio.abc import UNIXSocketStream

from bridge.protocol.jsonrpc.framing import LineReader
from bridge.protocol.jsonrpc.peer import Handler, Peer

PATIENCE = 60.0
Handlers = Mapping[str, Handler]


@dataclass
class Raw:
    """The other side of a peer, as bytes."""

    stream: UNIXSocketStream
    _reader: LineReader = field(default_factory=LineReader)
    _lines: list[Any] = field(default_factory=list)

    async def say(self, *lines: str | bytes) -> None:
        for line in lines:
            await self.stream.send((line.encode("utf-8") if isinstance(line, str) else line) + b"\n")

    async def hear(self) -> Any:
        """The next message of the peer; None at the end of the stream."""
        with anyio.fail_after(PATIENCE):
            while not self._lines:
                try:
                    data = await self.stream.receive()
                except (anyio.EndOfStream, anyio.BrokenResourceError):
                    return None
                self._lines += [json.loads(line) for line in self._reader.feed(data) if isinstance(line, bytes)]
        return self._lines.pop(0)

    async def end(self) -> list[Any]:
        """Everything the peer still says, up to the end of the stream."""
        said = []
        while (message := await self.hear()) is not None:
            said.append(message)
        return said


async def _streams() -> tuple[UNIXSocketStream, UNIXSocketStream]:
    one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    return await UNIXSocketStream.from_socket(one), await UNIXSocketStream.from_socket(other)


@asynccontextmanager
async def _pair(one: Handlers, other: Handlers, **options: Any) -> AsyncIterator[tuple[Peer, Peer]]:
    streams = await _streams()
    peers = Peer(streams[0], one, name="the other", **options), Peer(streams[1], other, name="the one", **options)
    with anyio.fail_after(PATIENCE):
        async with anyio.create_task_group() as tasks:
            for peer in peers:
                tasks.start_soon(peer.serve)
            yield peers
            for peer in peers:
                peer.close()


@asynccontextmanager
async def _against(handlers: Handlers, **options: Any) -> AsyncIterator[tuple[Peer, Raw]]:
    served, raw = await _streams()
    peer = Peer(served, handlers, name="somebody", **options)
    with anyio.fail_after(PATIENCE):
        async with raw, anyio.create_task_group() as tasks:
            tasks.start_soon(peer.serve)
            yield peer, Raw(raw)
            peer.close()


@pytest.fixture
def pair() -> Callable[..., AbstractAsyncContextManager[tuple[Peer, Peer]]]:
    """`pair(handlers, handlers, **options of Peer)`: two peers that talk to each other."""
    return _pair


@pytest.fixture
def against() -> Callable[..., AbstractAsyncContextManager[tuple[Peer, Raw]]]:
    """`against(handlers, **options of Peer)`: a peer, and the bare other end of its socket."""
    return _against
