"""The lines on their way to one peer: bounded in number and in bytes, written by one task, never waited for."""

from collections import deque

import anyio

from bridge.protocol.jsonrpc.transport import Transport

BYTES_MAX = 8 * 1_048_576
BATCH_MAX_BYTES = 262_144
STALL_SECONDS = 30.0


class Outgoing:
    """A queue that refuses instead of growing. What is being written still counts."""

    def __init__(self, messages_max: int, bytes_max: int = BYTES_MAX) -> None:
        self._transport: Transport | None = None
        self._messages_max = messages_max
        self._bytes_max = bytes_max
        self._lines: deque[bytes] = deque()
        self._messages = 0
        self._bytes = 0
        self._more = anyio.Event()
        self._empty = anyio.Event()
        self._empty.set()

    @property
    def waiting(self) -> bool:
        """Whether there is a line that was not written yet."""
        return self._messages > 0

    def put(self, line: bytes) -> bool:
        """Queue a line; False when the limit is reached and the line was not taken."""
        if self._messages >= self._messages_max or self._bytes + len(line) > self._bytes_max:
            return False
        if not self._messages:
            line = line[self._transport.send_now(line) :] if self._transport else line
            if not line:
                return True
            self._empty = anyio.Event()
            self._more.set()
        self._lines.append(line)
        self._messages += 1
        self._bytes += len(line)
        return True

    async def write(self, transport: Transport) -> None:
        """Write until cancelled. TimeoutError when nothing is read for STALL_SECONDS; the errors of the transport."""
        self._transport = transport
        try:
            while True:
                await self._more.wait()
                while self._lines:
                    await self._write_batch(transport)
                self._more = anyio.Event()
                self._empty.set()
        finally:
            # Nothing is written any more, so no wait for it may go on.
            self._empty.set()

    async def _write_batch(self, transport: Transport) -> None:
        batch = self._batch()
        with anyio.fail_after(STALL_SECONDS):
            await transport.send(b"".join(batch))
        self._messages -= len(batch)
        self._bytes -= sum(map(len, batch))

    def _batch(self) -> list[bytes]:
        batch = [self._lines.popleft()]
        size = len(batch[0])
        while self._lines and size + len(self._lines[0]) <= BATCH_MAX_BYTES:
            batch.append(self._lines.popleft())
            size += len(batch[-1])
        return batch

    async def drained(self) -> None:
        """Return when everything queued was handed to the system, or never will be."""
        await self._empty.wait()
