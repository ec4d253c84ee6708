"""A fault of ours in a peer ends one request, one notification, or this one connection, and is told without words."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import anyio
import pytest

from bridge.protocol.errors import BridgeError, Reason
from bridge.protocol.jsonrpc import envelope
from bridge.protocol.jsonrpc.peer import Peer
from bridge.protocol.messages.base import Empty, Message
from bridge.protocol.messages.drive import LookupParams, LookupResult
from bridge.protocol.messages.log import LogMessage
from tests.bridge.planted import one_fault

pytestmark = pytest.mark.anyio

PATIENCE = 60.0
PROMPT = "correct horse battery staple"
Pair = Callable[..., AbstractAsyncContextManager[tuple[Peer, Peer]]]
Against = Callable[..., AbstractAsyncContextManager[tuple[Peer, Any]]]


async def look_up(params: LookupParams) -> Message:
    if params.drive_id == "bad":
        raise LookupError(PROMPT)
    return LookupResult(drive_id=params.drive_id, state="absent", facts=[])


async def ask(peer: Peer, drive_id: str = "good") -> Message:
    return await peer.request("drive/lookup", LookupParams(drive_id=drive_id), timeout=PATIENCE)


async def refused(peer: Peer, drive_id: str) -> tuple[Reason, str]:
    with pytest.raises(BridgeError) as caught:
        await ask(peer, drive_id)
    assert PROMPT not in f"{caught.value} {caught.value.hint}"
    return caught.value.reason, caught.value.message


def once(method: str) -> Callable[[str], None]:
    """Lets everything pass, but for the first call of one method, where it fails."""
    left = [method]

    def allow(asked: str) -> None:
        if asked in left:
            left.remove(asked)
            raise LookupError(PROMPT)

    return allow


async def test_a_handler_that_fails_is_an_answer(pair: Pair) -> None:
    with one_fault("answering a request", "LookupError"):
        async with pair({}, {"drive/lookup": look_up}) as (one, _):
            assert await refused(one, "bad") == (Reason.INTERNAL, "drive/lookup failed with LookupError")
            assert await ask(one) == LookupResult(drive_id="good", state="absent", facts=[])


async def test_a_request_that_cannot_be_read_is_answered(pair: Pair) -> None:
    with one_fault("reading a request", "LookupError"):
        async with pair({}, {"drive/lookup": look_up}, allow=once("drive/lookup")) as (one, _):
            assert await refused(one, "good") == (Reason.INTERNAL, "drive/lookup failed with LookupError")
            assert await ask(one) == LookupResult(drive_id="good", state="absent", facts=[])


async def test_a_notification_that_cannot_be_read_is_passed_over(pair: Pair) -> None:
    heard: list[str] = []

    async def hear(params: LogMessage) -> None:
        heard.append(params.message)

    with one_fault("reading a notification", "LookupError"):
        async with pair({}, {"log/message": hear}, allow=once("log/message")) as (one, other):
            for said in ("first", "second"):
                one.notify("log/message", LogMessage(level="info", message=said))
            assert await one.request("ping", Empty(), timeout=PATIENCE) == Empty()
            await anyio.wait_all_tasks_blocked()
            assert other.counts.notifications_ignored == 1
    assert heard == ["second"]


async def test_a_notification_that_is_not_taken_keeps_back_none_after_it(pair: Pair) -> None:
    heard: list[str] = []

    async def hear(params: LogMessage) -> None:
        heard.append(params.message)
        if len(heard) == 1:
            raise LookupError(PROMPT)

    with one_fault("taking a notification", "LookupError"):
        async with pair({}, {"log/message": hear}) as (one, _):
            for said in ("first", "second"):
                one.notify("log/message", LogMessage(level="info", message=said))
            assert await one.request("ping", Empty(), timeout=PATIENCE) == Empty()
            await anyio.wait_all_tasks_blocked()
    assert heard == ["first", "second"]


async def test_a_peer_that_cannot_be_read_is_over_and_its_requests_with_it(
    against: Against, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(line: bytes) -> Any:
        raise LookupError(PROMPT)

    waiting: list[tuple[Reason, str]] = []

    async def wait(peer: Peer) -> None:
        waiting.append(await refused(peer, "good"))

    with one_fault("reading from a peer", "LookupError"):
        async with against({}) as (peer, raw), anyio.create_task_group() as tasks:
            tasks.start_soon(wait, peer)
            await raw.hear()
            monkeypatch.setattr(envelope, "read", fail)
            await raw.say('{"jsonrpc":"2.0","id":1,"method":"ping"}')
            assert await raw.hear() is None, "the connection stayed open"
    assert peer.gone is not None
    assert peer.gone.reason is Reason.INTERNAL
    assert waiting == [(Reason.PEER_GONE, "reading failed with LookupError")]
