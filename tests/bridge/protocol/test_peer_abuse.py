"""A peer against the other end at its worst: it is answered while that makes sense, then dropped, alone."""

import tracemalloc
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import anyio
import anyio.lowlevel
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.protocol.errors import Reason
from bridge.protocol.jsonrpc import outgoing
from bridge.protocol.jsonrpc.framing import LINE_MAX_BYTES
from bridge.protocol.jsonrpc.peer import GARBAGE_MAX, Peer
from bridge.protocol.messages.base import Empty, Message
from bridge.protocol.messages.log import LogMessage
from tests.sampling import count

PATIENCE = 60.0
PING = '{"jsonrpc":"2.0","id":"p","method":"ping"}'
PONG = {"jsonrpc": "2.0", "id": "p", "result": {}}
Pair = Callable[..., AbstractAsyncContextManager[tuple[Peer, Peer]]]
Against = Callable[..., AbstractAsyncContextManager[tuple[Peer, Any]]]


async def over(peer: Peer) -> Reason:
    while peer.gone is None:
        await anyio.lowlevel.checkpoint()
    return peer.gone.reason


@pytest.mark.anyio
async def test_a_million_lines_of_garbage(against: Against) -> None:
    async with against({}) as (victim, raw), against({}) as (_, neighbour), anyio.create_task_group() as tasks:
        answers: list[Any] = []

        async def listen() -> None:
            answers.extend(await raw.end())

        tasks.start_soon(listen)
        with pytest.raises((anyio.BrokenResourceError, anyio.ClosedResourceError)):
            for _ in range(100):
                await raw.stream.send(b"garbage\n" * 10_000)
                await neighbour.say(PING)
                assert await neighbour.hear() == PONG
        assert await over(victim) is Reason.INVALID_REQUEST
        await neighbour.say(PING)
        assert await neighbour.hear() == PONG
    assert len(answers) <= GARBAGE_MAX
    assert victim.counts.garbage == GARBAGE_MAX


@pytest.mark.anyio
async def test_garbage_is_answered_and_forgiven_a_while(against: Against) -> None:
    async with against({}) as (peer, raw):
        for _ in range(GARBAGE_MAX - 1):
            await raw.say("garbage")
            answer = await raw.hear()
            assert (answer["id"], answer["error"]["code"]) == (None, -32700)
        await raw.say(PING)
        assert await raw.hear() == PONG
        await raw.say("garbage")
        assert [answer["error"]["code"] for answer in await raw.end()] == [-32700]
        assert peer.gone is not None


@pytest.mark.anyio
async def test_half_a_line_and_away(against: Against) -> None:
    async with against({}) as (peer, raw):
        await raw.stream.send(PING.encode() + b"\n" + PING.encode())
        await raw.stream.send_eof()
        assert await raw.end() == [PONG]
    assert peer.counts.cut_lines == 1
    assert peer.counts.garbage == 0


@pytest.mark.anyio
async def test_a_line_over_the_cap_is_refused_and_the_next_is_read(against: Against) -> None:
    async with against({}) as (_, raw), anyio.create_task_group() as tasks:
        tasks.start_soon(raw.say, b"x" * (3 * LINE_MAX_BYTES), PING)
        answer = await raw.hear()
        assert answer["error"]["data"]["reason"] == Reason.LINE_TOO_LONG
        assert await raw.hear() == PONG


@pytest.mark.anyio
async def test_a_message_cut_at_every_byte(against: Against) -> None:
    line = '{"jsonrpc":"2.0","id":"ż\U0001f600","method":"ping"}\n'.encode()
    async with against({}) as (_, raw):
        for cut in range(1, len(line)):
            await raw.stream.send(line[:cut])
            await anyio.wait_all_tasks_blocked()
            await raw.stream.send(line[cut:])
            assert (await raw.hear())["id"] == "ż\U0001f600"


@pytest.mark.anyio
@pytest.mark.parametrize("size", [10, 100_000])
async def test_one_that_does_not_read_what_it_is_told(size: int, against: Against) -> None:
    """Neither many small nor few large messages may pile up, and telling never waits."""
    message = LogMessage(level="info", message="x" * size)
    async with against({}) as (peer, _):
        tracemalloc.start()
        try:
            told = 0
            while peer.gone is None:
                peer.notify("log/message", message)
                told += 1
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert peer.gone.reason is Reason.OVERLOADED
        assert told > 50
        assert peak < 2 * outgoing.BYTES_MAX


@pytest.mark.anyio
async def test_one_that_does_not_read_its_answers(against: Against) -> None:
    async with against({}) as (peer, raw):
        with pytest.raises((anyio.BrokenResourceError, anyio.ClosedResourceError)):
            while True:
                await raw.stream.send((PING.encode() + b"\n") * 1000)
        assert await over(peer) is Reason.OVERLOADED


@pytest.mark.anyio
async def test_one_that_stops_reading(against: Against, monkeypatch: pytest.MonkeyPatch) -> None:
    """Too little is queued to reach a limit; the write itself is bounded."""
    monkeypatch.setattr(outgoing, "STALL_SECONDS", 0.05)
    async with against({}) as (peer, _):
        for _ in range(4):
            peer.notify("log/message", LogMessage(level="info", message="x" * 900_000))
        assert await over(peer) is Reason.OVERLOADED


@pytest.mark.anyio
async def test_too_many_requests_at_once(against: Against) -> None:
    gate = anyio.Event()

    async def wait(params: Message) -> Message:
        await gate.wait()
        return Empty()

    async with against({"daemon/stop": wait}, handlers_limit=3) as (_, raw):
        for number in range(4):
            await raw.say(f'{{"jsonrpc":"2.0","id":{number},"method":"daemon/stop"}}')
        answer = await raw.hear()
        assert (answer["id"], answer["error"]["data"]["reason"]) == (3, Reason.OVERLOADED)
        assert answer["error"]["data"]["retry"] is True
        await raw.say(PING)
        assert await raw.hear() == PONG, "a peer that is busy is still alive"
        gate.set()
        assert sorted([(await raw.hear())["id"] for _ in range(3)]) == [0, 1, 2]
        await raw.say('{"jsonrpc":"2.0","id":3,"method":"daemon/stop"}')
        assert await raw.hear() == {"jsonrpc": "2.0", "id": 3, "result": {}}


@pytest.mark.anyio
async def test_an_id_is_free_again_after_its_answer(against: Against) -> None:
    async def stop(params: Message) -> None:
        await anyio.lowlevel.checkpoint()

    async with against({"daemon/stop": stop}) as (peer, raw):
        for _ in range(3):
            await raw.say('{"jsonrpc":"2.0","id":1,"method":"daemon/stop"}')
            assert await raw.hear() == {"jsonrpc": "2.0", "id": 1, "result": {}}
        assert peer.counts.garbage == 0


@pytest.mark.anyio
async def test_answers_nobody_asked_for(against: Against) -> None:
    async with against({}) as (peer, raw):
        for _ in range(1000):
            await raw.say('{"jsonrpc":"2.0","id":7,"result":{}}', '{"jsonrpc":"2.0","id":null,"error":{}}')
        await raw.say(PING)
        assert await raw.hear() == PONG
        assert peer.counts.replies_ignored == 2000


@pytest.mark.anyio
async def test_notifications_wait_for_their_handler_and_memory_does_not_grow(against: Against) -> None:
    heard = 0
    gate = anyio.Event()

    async def hear(params: Message) -> None:
        nonlocal heard
        await gate.wait()
        heard += 1

    line = b'{"jsonrpc":"2.0","method":"log/message","params":{"level":"info","message":"%s"}}\n' % (b"x" * 1000)
    async with against({"log/message": hear}) as (_, raw), anyio.create_task_group() as tasks:
        sent = anyio.Event()

        async def flood() -> None:
            await raw.stream.send(line * 3000)
            sent.set()

        tasks.start_soon(flood)
        await anyio.wait_all_tasks_blocked()
        assert not sent.is_set(), "three megabytes went into memory"
        gate.set()
        await sent.wait()
        await raw.say(PING)
        assert await raw.hear() == PONG
        while heard < 3000:
            await anyio.lowlevel.checkpoint()


PIECES = (
    st.sampled_from([b"\n", PING.encode() + b"\n", b'{"jsonrpc":"2.0",', b"\xff", b'"id":1', b"[" * 300]) | st.binary()
)


@settings(max_examples=count(60, 1_000))
@given(st.lists(PIECES, max_size=60))
def test_any_bytes_end_well(chunks: list[bytes]) -> None:
    """Whatever comes, the peer answers or refuses, and `serve` returns when the stream ends."""

    async def run() -> None:
        sent, received = anyio.create_memory_object_stream[bytes](100)
        peer = Peer(Scripted(received), {}, name="somebody")
        async with sent, received:
            for chunk in filter(None, chunks):
                sent.send_nowait(chunk)
            sent.close()
            with anyio.fail_after(PATIENCE):
                await peer.serve()
        assert peer.gone is not None
        assert peer.gone.reason in (Reason.PEER_GONE, Reason.INVALID_REQUEST)
        assert peer.counts.garbage <= GARBAGE_MAX

    anyio.run(run)


class Scripted(anyio.abc.ByteStream):
    """Says what it was given and swallows what it is told."""

    def __init__(self, received: anyio.abc.ObjectReceiveStream[bytes]) -> None:
        self._received = received

    async def receive(self, max_bytes: int = 65_536) -> bytes:
        return await self._received.receive()

    async def send(self, item: bytes) -> None:
        await anyio.lowlevel.checkpoint()

    async def send_eof(self) -> None:
        raise NotImplementedError

    async def aclose(self) -> None:
        await self._received.aclose()
