"""The queue to a peer refuses at its limits, counts what is being written, and forgets what was."""

import anyio
import anyio.lowlevel
import pytest

from bridge.protocol.jsonrpc.outgoing import BATCH_MAX_BYTES, Outgoing

pytestmark = pytest.mark.anyio


class Gate:
    """A transport that takes what it is sent when the gate is open."""

    def __init__(self) -> None:
        self.open = anyio.Event()
        self.sent: list[bytes] = []
        self.at_once = 0

    async def receive(self) -> bytes:
        raise NotImplementedError

    async def send(self, data: bytes) -> None:
        await self.open.wait()
        self.sent.append(data)

    def send_now(self, data: bytes) -> int:
        now = data[: self.at_once]
        if now:
            self.sent.append(now)
        return len(now)

    async def close(self) -> None:
        raise NotImplementedError


def filled(queue: Outgoing, line: bytes) -> int:
    """How many times `line` was taken."""
    count = 0
    while queue.put(line):
        count += 1
    return count


async def test_limits_hold_while_writing_and_are_free_after() -> None:
    gate, queue = Gate(), Outgoing(3, 100)
    with anyio.fail_after(20):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(queue.write, gate)
            await anyio.wait_all_tasks_blocked()
            for line, room in ((b"x" * 10, 3), (b"x" * 50, 2), (b"x" * 101, 0), (b"x" * 100, 1)):
                gate.open = anyio.Event()
                assert filled(queue, line) == room
                await anyio.wait_all_tasks_blocked()
                assert not room or not queue.put(b"x" * 100), "what is being written does not count"
                gate.open.set()
                await queue.drained()
                assert not queue.waiting
            tasks.cancel_scope.cancel()
    assert len(b"".join(gate.sent)) == 3 * 10 + 2 * 50 + 100


async def test_the_order_holds_when_a_line_is_written_in_part() -> None:
    gate, queue = Gate(), Outgoing(10)
    with anyio.fail_after(20):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(queue.write, gate)
            await anyio.wait_all_tasks_blocked()
            gate.at_once = 4
            for line in (b"all\n", b"first half\n", b"two\n"):
                queue.put(line)
            assert gate.sent == [b"all\n", b"firs"]
            gate.open.set()
            await queue.drained()
            tasks.cancel_scope.cancel()
    assert b"".join(gate.sent) == b"all\nfirst half\ntwo\n"


async def test_batches_are_bounded() -> None:
    gate, queue = Gate(), Outgoing(100)
    for _ in range(9):
        queue.put(b"x" * (BATCH_MAX_BYTES // 2))
    gate.open.set()
    with anyio.fail_after(20):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(queue.write, gate)
            await queue.drained()
            tasks.cancel_scope.cancel()
    assert [len(data) for data in gate.sent] == [BATCH_MAX_BYTES] * 4 + [BATCH_MAX_BYTES // 2]


async def test_nobody_waits_for_a_writer_that_ended() -> None:
    queue = Outgoing(10)
    queue.put(b"never written\n")
    with anyio.fail_after(20):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(queue.write, Gate())
            await anyio.wait_all_tasks_blocked()
            tasks.cancel_scope.cancel()
        await queue.drained()
