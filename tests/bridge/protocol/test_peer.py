"""Two peers on a Unix socket: asking, answering, telling, and how it all ends."""

import logging
import socket
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import anyio
import pytest

from bridge.protocol.errors import BridgeError, Reason
from bridge.protocol.jsonrpc.framing import LINE_MAX_BYTES
from bridge.protocol.jsonrpc.peer import Handler, Peer
from bridge.protocol.messages.base import Empty, Message
from bridge.protocol.messages.chat import ChatOpenParams, CommandResult
from bridge.protocol.messages.commands import CommandsListParams, CommandsListResult
from bridge.protocol.messages.drive import LookupParams, LookupResult
from bridge.protocol.messages.ledger import LedgerVerifyResult
from bridge.protocol.messages.log import LogMessage

pytestmark = pytest.mark.anyio

PATIENCE = 60.0
PROMPT = "correct horse battery staple"
LOOKUP = LookupParams(drive_id="d-1")
Pair = Callable[..., AbstractAsyncContextManager[tuple[Peer, Peer]]]
Against = Callable[..., AbstractAsyncContextManager[tuple[Peer, Any]]]


async def look_up(params: LookupParams) -> Message:
    return LookupResult(drive_id=params.drive_id, state="absent", facts=[])


async def never(params: Message) -> Message:
    await anyio.sleep_forever()
    return Empty()


def failing(error: Exception) -> Handler:
    async def fail(params: Message) -> Message:
        raise error

    return fail


async def refusal(peer: Peer, method: str = "drive/lookup", params: Message = LOOKUP) -> BridgeError:
    with pytest.raises(BridgeError) as caught:
        await peer.request(method, params, timeout=PATIENCE)
    return caught.value


async def test_both_ends_ask(pair: Pair) -> None:
    async with pair({"drive/lookup": look_up}, {"drive/lookup": look_up}) as (one, other):
        for peer in (one, other):
            assert await peer.request("ping", Empty(), timeout=PATIENCE) == Empty()
            found = await peer.request("drive/lookup", LOOKUP, timeout=PATIENCE)
            assert found == LookupResult(drive_id="d-1", state="absent", facts=[])


async def test_any_stream_will_do() -> None:
    """Without a socket to write to at once, answers go by the queue alone."""
    done = anyio.Event()

    async def serve(stream: anyio.abc.SocketStream) -> None:
        await Peer(stream, {"drive/lookup": look_up}, name="client").serve()
        done.set()

    with anyio.fail_after(PATIENCE):
        listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
        async with listener, anyio.create_task_group() as tasks:
            tasks.start_soon(listener.serve, serve)
            port = listener.extra(anyio.abc.SocketAttribute.local_port)  # noqa: S610 - not Django's
            stream = await anyio.connect_tcp("127.0.0.1", port)
            ping = b'{"jsonrpc":"2.0","id":1,"method":"ping"}\n'
            await stream.send(ping * 2000)
            received = 0
            while received < 2000:
                received += (await stream.receive()).count(b"\n")
            await stream.aclose()
            await done.wait()
            tasks.cancel_scope.cancel()


async def test_requests_run_side_by_side(pair: Pair) -> None:
    gate, order = anyio.Event(), []

    async def answer(params: CommandsListParams) -> Message:
        if params.contains == "first":
            await gate.wait()
        return CommandsListResult(commands=[params.contains or ""])

    async def ask(peer: Peer, what: str) -> None:
        result = await peer.request("commands/list", CommandsListParams(contains=what), timeout=PATIENCE)
        assert result == CommandsListResult(commands=[what])
        order.append(what)
        gate.set()

    async with pair({}, {"commands/list": answer}) as (one, _), anyio.create_task_group() as tasks:
        tasks.start_soon(ask, one, "first")
        tasks.start_soon(ask, one, "second")
    assert order == ["second", "first"]


async def test_a_refusal_keeps_its_words(pair: Pair) -> None:
    why = BridgeError(Reason.UNKNOWN_DRIVE, "no such drive", hint="koru drive list", where="drive_id", retry=True)
    async with pair({}, {"drive/lookup": failing(why)}) as (one, _):
        got = await refusal(one)
    assert (got.reason, got.message, got.hint, got.where, got.retry) == (
        why.reason, why.message, why.hint, why.where, True
    )  # fmt: skip


async def test_no_handler(pair: Pair) -> None:
    async with pair({}, {}) as (one, _):
        assert (await refusal(one)).reason is Reason.UNKNOWN_METHOD


async def test_not_allowed(pair: Pair) -> None:
    asked: list[str] = []

    def allow(method: str) -> None:
        asked.append(method)
        raise BridgeError(Reason.NOT_INITIALIZED, "initialize first")

    async with pair({"drive/lookup": look_up}, {"drive/lookup": look_up}, allow=allow) as (one, _):
        assert (await refusal(one)).reason is Reason.NOT_INITIALIZED
        assert (await refusal(one, "ping", Empty())).reason is Reason.NOT_INITIALIZED
    assert asked == ["drive/lookup", "ping"]


@pytest.mark.usefixtures("faults_kept")
async def test_a_fault_of_a_handler_is_ours_and_says_nothing(pair: Pair, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        async with pair({}, {"drive/lookup": failing(KeyError(PROMPT))}) as (one, _):
            error = await refusal(one)
            assert await one.request("ping", Empty(), timeout=PATIENCE) == Empty()
    assert error.reason is Reason.INTERNAL
    assert "KeyError" in caplog.text
    assert "in fail" in caplog.text, "the log does not say where"
    assert PROMPT not in f"{error} {caplog.text}"


@pytest.mark.usefixtures("faults_kept")
async def test_a_handler_that_answers_something_else(pair: Pair) -> None:
    async def wrong(params: Message) -> Message | None:
        return None if isinstance(params, LookupParams) else Empty()

    async with pair({}, {"drive/lookup": wrong, "chat/open": wrong, "daemon/stop": wrong}) as (one, _):
        assert (await refusal(one)).reason is Reason.INTERNAL
        assert (await refusal(one, "chat/open", ChatOpenParams(surface_id="s"))).reason is Reason.INTERNAL
        assert await one.request("daemon/stop", Empty(), timeout=PATIENCE) == Empty()


async def test_a_result_that_is_no_result(against: Against) -> None:
    async with against({}) as (peer, raw), anyio.create_task_group() as tasks:
        errors: list[BridgeError] = []

        async def ask() -> None:
            errors.append(await refusal(peer))

        tasks.start_soon(ask)
        asked = await raw.hear()
        await raw.say(f'{{"jsonrpc":"2.0","id":{asked["id"]},"result":{{"drive_id":"{PROMPT}"}}}}')
        while not errors:
            await anyio.lowlevel.checkpoint()
        assert errors[0].reason is Reason.INVALID_RESULT
        assert PROMPT not in str(errors[0])


async def test_no_answer_in_time_and_then_one(against: Against) -> None:
    async with against({}) as (peer, raw):
        with pytest.raises(BridgeError) as caught:
            await peer.request("ping", Empty(), timeout=0.01)
        assert caught.value.reason is Reason.TIMEOUT
        asked = await raw.hear()
        await raw.say(
            f'{{"jsonrpc":"2.0","id":{asked["id"]},"result":{{}}}}', '{"jsonrpc":"2.0","id":1,"method":"ping"}'
        )
        assert await raw.hear() == {"jsonrpc": "2.0", "id": 1, "result": {}}
        assert peer.counts.replies_ignored == 1
        assert not peer._pending


async def test_a_cancelled_request_leaves_nothing(against: Against) -> None:
    async with against({}) as (peer, raw):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(lambda: peer.request("ping", Empty(), timeout=PATIENCE))
            asked = await raw.hear()
            tasks.cancel_scope.cancel()
        assert not peer._pending
        await raw.say(
            f'{{"jsonrpc":"2.0","id":{asked["id"]},"result":{{}}}}', '{"jsonrpc":"2.0","id":1,"method":"ping"}'
        )
        await raw.hear()
        assert peer.counts.replies_ignored == 1


@pytest.mark.parametrize("how", ["it goes", "we close"])
async def test_every_pending_request_ends(how: str, against: Against) -> None:
    errors: list[BridgeError] = []

    async def ask(peer: Peer) -> None:
        errors.append(await refusal(peer))

    async with against({}) as (peer, raw), anyio.create_task_group() as tasks:
        for _ in range(3):
            tasks.start_soon(ask, peer)
        for _ in range(3):
            await raw.hear()
        if how == "it goes":
            await raw.stream.aclose()
        else:
            peer.close()
    assert [error.reason for error in errors] == [Reason.PEER_GONE] * 3
    assert len({id(error) for error in errors}) == 3, "waiters share an exception"


async def test_a_cancelled_serve_lets_go() -> None:
    ours, theirs = socket.socketpair()
    peer = Peer(await anyio.abc.UNIXSocketStream.from_socket(ours), {}, name="somebody")
    errors: list[BridgeError] = []

    async def ask() -> None:
        errors.append(await refusal(peer))

    with theirs, anyio.fail_after(PATIENCE):
        async with anyio.create_task_group() as asking, anyio.create_task_group() as tasks:
            tasks.start_soon(peer.serve)
            asking.start_soon(ask)
            await anyio.wait_all_tasks_blocked()
            tasks.cancel_scope.cancel()
        theirs.setblocking(False)
        assert b"drive/lookup" in theirs.recv(65_536)
        assert theirs.recv(1) == b"", "the stream was left open"
    assert errors[0].reason is Reason.PEER_GONE


async def test_after_the_end(pair: Pair) -> None:
    async with pair({}, {}) as (one, other):
        other.close()
        while one.gone is None:
            await anyio.lowlevel.checkpoint()
        one.notify("log/message", LogMessage(level="info", message="nobody hears"))
        assert (await refusal(one)).reason is Reason.PEER_GONE


async def test_what_is_queued_is_written_before_the_end(against: Against) -> None:
    async with against({}) as (peer, raw):
        for number in range(300):
            peer.notify("log/message", LogMessage(level="info", message=f"{number}" + "x" * 10_000))
        peer.close()
        said = await raw.end()
    assert [message["params"]["message"].rstrip("x") for message in said] == [str(number) for number in range(300)]


async def test_running_handlers_end_with_the_peer(against: Against) -> None:
    ended: list[str] = []
    started = [anyio.Event(), anyio.Event()]

    async def plain(params: Message) -> Message:
        try:
            started[0].set()
            await anyio.sleep_forever()
        finally:
            ended.append("plain")
        return Empty()

    async def shielded(params: Message) -> Message:
        started[1].set()
        with anyio.CancelScope(shield=True):
            while "plain" not in ended:
                await anyio.lowlevel.checkpoint()
            ended.append("shielded")
        return LedgerVerifyResult(verdict="intact", rows=0, torn_tail=False, keyed=False)

    async with against({"daemon/stop": plain, "ledger/verify": shielded}) as (_, raw):
        await raw.say(
            '{"jsonrpc":"2.0","id":1,"method":"daemon/stop"}', '{"jsonrpc":"2.0","id":2,"method":"ledger/verify"}'
        )
        for event in started:
            await event.wait()
        await raw.stream.aclose()
    assert ended == ["plain", "shielded"]


async def test_notifications_keep_their_order(pair: Pair) -> None:
    heard: list[str] = []
    done = anyio.Event()

    async def hear(params: LogMessage) -> None:
        # Those that come first take longer.
        for _ in range(10 - len(heard) // 100):
            await anyio.lowlevel.checkpoint()
        heard.append(params.message)
        if len(heard) % 7 == 0:
            raise BridgeError(Reason.SUPERSEDED, "one that fails stops none after it")
        if len(heard) == 1000:
            done.set()

    async with pair({}, {"log/message": hear}) as (one, other):
        for number in range(1000):
            one.notify("log/message", LogMessage(level="info", message=str(number)))
            await anyio.lowlevel.checkpoint()
        await done.wait()
        assert other.counts.notifications_ignored == 0
    assert heard == [str(number) for number in range(1000)]


@pytest.mark.parametrize("size", [LINE_MAX_BYTES - 200, LINE_MAX_BYTES // 2, 65_536])
async def test_large_messages_both_ways(size: int, pair: Pair) -> None:
    async def echo(params: CommandsListParams) -> Message:
        return CommandsListResult(commands=[params.contains or ""])

    text = "\U0001f600" * (size // 4)
    async with pair({}, {"commands/list": echo}) as (one, _):
        got = await one.request("commands/list", CommandsListParams(contains=text), timeout=PATIENCE)
    assert got == CommandsListResult(commands=[text])


async def test_too_large_to_ask_or_to_answer(pair: Pair) -> None:
    async def too_much(params: Message) -> Message:
        return CommandResult(issued=True, message="x" * LINE_MAX_BYTES)

    async with pair({}, {"chat/open": too_much}) as (one, _):
        assert (await refusal(one, "chat/open", ChatOpenParams(surface_id="s"))).reason is Reason.LINE_TOO_LONG
        large = CommandsListParams(contains="x" * LINE_MAX_BYTES)
        assert (await refusal(one, "commands/list", large)).reason is Reason.LINE_TOO_LONG
        assert not one._pending
        with pytest.raises(BridgeError):
            one.notify("log/message", LogMessage(level="info", message="x" * LINE_MAX_BYTES))
        assert await one.request("ping", Empty(), timeout=PATIENCE) == Empty()
