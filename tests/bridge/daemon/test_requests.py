"""A request reaches the method that answers it, and subscriptions end with their connection."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import anyio
import anyio.lowlevel
import pytest

from bridge.protocol.answers import answers
from bridge.protocol.errors import BridgeError, Reason
from bridge.protocol.jsonrpc import envelope
from bridge.protocol.jsonrpc.framing import LINE_MAX_BYTES
from bridge.protocol.jsonrpc.peer import Peer
from bridge.protocol.messages.base import Empty, Message
from bridge.protocol.messages.chat import ChatTarget
from bridge.protocol.messages.daemon import StatusResult
from bridge.protocol.messages.drive import (
    DriveGetParams,
    DriveListParams,
    DriveListResult,
    DriveStartParams,
    DriveView,
    DriveWaitParams,
)
from bridge.protocol.messages.events import Event, SubscribeParams, SubscribeResult
from bridge.protocol.messages.initialize import InitializeParams, InitializeResult, ProtocolRange
from bridge.protocol.messages.ledger import LedgerTailParams, LedgerTailResult, LedgerVerifyResult
from bridge.protocol.messages.plugin import Lookup, SelfTestResult
from bridge.protocol.messages.sessions import SelfTestParams
from bridge.protocol.messages.surfaces import SurfaceSelector

if TYPE_CHECKING:
    from tests.bridge.daemon.conftest import Serve, Served

PATIENCE = 60.0
CLIENT = InitializeParams(role="client", name="test", version="1", protocol=ProtocolRange(min=1, max=1))


def view(drive_id: str, *, reason: str | None = None) -> DriveView:
    return DriveView(
        drive_id=drive_id,
        state="accepted",
        text_sha="0" * 64,
        text_chars=1,
        accepted_at_ms=1,
        facts=[],
        candidates=[],
        reason=reason,
    )


class Behind:
    """Notes what it is asked, as drives and as ledger."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Message | None]] = []
        self.subscribers: list[Callable[[Event], None]] = []

    @answers("drive/start")
    async def start(self, params: DriveStartParams) -> DriveView:
        return self._note("start", params)

    @answers("drive/get")
    async def get(self, params: DriveGetParams) -> DriveView:
        return self._note("get", params)

    @answers("drive/wait")
    async def wait(self, params: DriveWaitParams) -> DriveView:
        return self._note("wait", params)

    @answers("drive/cancel")
    async def cancel(self, params: DriveGetParams) -> DriveView:
        return self._note("cancel", params)

    @answers("drive/list")
    async def list(self, params: DriveListParams) -> DriveListResult:
        self._note("list", params)
        return DriveListResult(drives=[view("d1")])

    @answers("ledger/tail")
    async def tail(self, params: LedgerTailParams) -> LedgerTailResult:
        self._note("tail", params)
        return LedgerTailResult(rows=[])

    @answers("ledger/verify")
    async def verify(self) -> LedgerVerifyResult:
        self._note("verify", None)
        return LedgerVerifyResult(verdict="intact", rows=7, torn_tail=False, keyed=False)

    def _note(self, name: str, params: Message | None) -> DriveView:
        self.asked.append((name, params))
        return view(name)

    def subscribe(self, callback: Callable[[Event], None]) -> Callable[[], None]:
        self.subscribers.append(callback)
        return lambda: self.subscribers.remove(callback)

    def counts(self) -> tuple[int, int]:
        return 2, 3

    def last_seq(self) -> int:
        return 7

    def tell(self, seq: int, drive: DriveView | None) -> None:
        for subscriber in tuple(self.subscribers):
            subscriber(Event(seq=seq, kind="fact", at_ms=1, drive=drive))


START = DriveStartParams(drive_id="d1", text="hello", selector=SurfaceSelector(), target=ChatTarget())
FORWARDED = [
    ("drive/start", START, "start"),
    ("drive/get", DriveGetParams(drive_id="d1"), "get"),
    ("drive/list", DriveListParams(limit=3), "list"),
    ("drive/wait", DriveWaitParams(drive_id="d1", until="turn"), "wait"),
    ("drive/cancel", DriveGetParams(drive_id="d1"), "cancel"),
    ("ledger/tail", LedgerTailParams(after_seq=4), "tail"),
]


@pytest.mark.anyio
@pytest.mark.parametrize(("method", "params", "name"), FORWARDED)
async def test_a_request_reaches_what_stands_behind(serve: "Serve", method: str, params: Message, name: str) -> None:
    behind = Behind()
    async with serve(drives=behind) as served, served.peer() as peer:
        await peer.request("initialize", CLIENT, timeout=PATIENCE)
        await peer.request(method, params, timeout=PATIENCE)
    assert behind.asked == [(name, params)]


@pytest.mark.anyio
async def test_status_counts_what_there_is(serve: "Serve") -> None:
    async with serve(drives=Behind()) as served, served.plugin("w1"), served.peer() as peer:
        await peer.request("initialize", CLIENT, timeout=PATIENCE)
        status = await peer.request("daemon/status", Empty(), timeout=PATIENCE)
        assert isinstance(status, StatusResult)
        assert (status.drives_open, status.drives_settled, status.ledger_rows, status.clients) == (2, 3, 7, 1)
        assert [session.window_id for session in status.sessions] == ["w1"]
        verdict = await peer.request("ledger/verify", Empty(), timeout=PATIENCE)
        assert isinstance(verdict, LedgerVerifyResult)
        assert verdict.rows == 7


@pytest.mark.anyio
async def test_a_self_test_is_asked_of_that_session_s_plugin(serve: "Serve") -> None:
    found = SelfTestResult(lookups=[Lookup(kind="action", name="Send", found=False, detail="absent")])

    async def answer(params: Message) -> Message:
        return found

    async with serve() as served, served.peer({"plugin/selftest": answer}) as plugin, served.peer() as peer:
        hello = await plugin.request("initialize", served.hello("w1"), timeout=PATIENCE)
        assert isinstance(hello, InitializeResult)
        await peer.request("initialize", CLIENT, timeout=PATIENCE)
        asked = SelfTestParams(session_id=hello.session_id)
        assert await peer.request("sessions/selftest", asked, timeout=PATIENCE) == found
        with pytest.raises(BridgeError) as refused:
            await peer.request("sessions/selftest", SelfTestParams(session_id="nobody"), timeout=PATIENCE)
        assert (refused.value.reason, refused.value.where) == (Reason.INVALID_PARAMS, "session_id")


@pytest.mark.anyio
async def test_a_plugin_that_cannot_test_itself_says_so(serve: "Serve") -> None:
    async with serve() as served, served.plugin("w1") as (_, hello), served.peer() as peer:
        await peer.request("initialize", CLIENT, timeout=PATIENCE)
        with pytest.raises(BridgeError) as refused:
            asked = SelfTestParams(session_id=hello.session_id)
            await peer.request("sessions/selftest", asked, timeout=PATIENCE)
        assert refused.value.reason == Reason.UNKNOWN_METHOD


# --- subscriptions ---------------------------------------------------------------------------------------------------


class Subscriber:
    """What a client hears."""

    def __init__(self) -> None:
        self.heard: list[Event] = []

    async def hear(self, event: Event) -> None:
        self.heard.append(event)

    async def until(self, count: int) -> list[Event]:
        with anyio.fail_after(PATIENCE):
            while len(self.heard) < count:
                await anyio.lowlevel.checkpoint()
        return self.heard


async def subscribed(peer: Peer, drive_id: str | None = None) -> int:
    result = await peer.request("events/subscribe", SubscribeParams(drive_id=drive_id), timeout=PATIENCE)
    assert isinstance(result, SubscribeResult)
    return result.seq


@pytest.mark.anyio
async def test_events_of_one_drive_or_of_all(serve: "Serve") -> None:
    behind, one, every = Behind(), Subscriber(), Subscriber()
    async with (
        serve(drives=behind) as served,
        served.peer({"events/event": one.hear}) as first,
        served.peer({"events/event": every.hear}) as second,
    ):
        for peer in (first, second):
            await peer.request("initialize", CLIENT, timeout=PATIENCE)
        assert await subscribed(first, "d1") == 7
        assert await subscribed(second) == 7
        for seq, drive in ((8, view("d2")), (9, None), (10, view("d1"))):
            behind.tell(seq, drive)
        assert [event.seq for event in await every.until(3)] == [8, 9, 10]
        assert [event.seq for event in await one.until(1)] == [10]


@pytest.mark.anyio
async def test_a_drive_too_long_for_a_line_is_told_without_itself_and_disturbs_nobody(serve: "Serve") -> None:
    behind, subscriber = Behind(), Subscriber()
    async with serve(drives=behind) as served, served.peer({"events/event": subscriber.hear}) as peer:
        await peer.request("initialize", CLIENT, timeout=PATIENCE)
        await subscribed(peer)
        behind.tell(8, view("d1", reason="x" * LINE_MAX_BYTES))
        behind.tell(9, view("d1"))
        events = await subscriber.until(2)
    assert [(event.seq, event.drive is None) for event in events] == [(8, True), (9, False)]


@pytest.mark.anyio
async def test_subscriptions_end_with_their_connection(serve: "Serve") -> None:
    behind = Behind()
    async with serve(drives=behind) as served:
        async with served.peer() as peer:
            await peer.request("initialize", CLIENT, timeout=PATIENCE)
            for _ in range(3):
                await subscribed(peer)
            assert len(behind.subscribers) == 3
        await settled(served)
        assert behind.subscribers == []


async def settled(served: "Served") -> None:
    with anyio.fail_after(PATIENCE):
        while served.connections.all:
            await anyio.lowlevel.checkpoint()


@pytest.mark.anyio
async def test_a_connection_has_a_bounded_number_of_subscriptions(serve: "Serve") -> None:
    behind = Behind()
    async with serve(drives=behind) as served, served.peer() as peer:
        await peer.request("initialize", CLIENT, timeout=PATIENCE)
        for _ in range(16):
            await subscribed(peer)
        with pytest.raises(BridgeError) as error:
            await subscribed(peer)
        assert error.value.reason is Reason.OVERLOADED
        assert len(behind.subscribers) == 16


@pytest.mark.anyio
async def test_a_subscriber_that_does_not_read_is_dropped_and_the_rest_hear_on(serve: "Serve") -> None:
    behind, subscriber = Behind(), Subscriber()
    async with serve(drives=behind) as served, served.peer({"events/event": subscriber.hear}) as peer:
        await peer.request("initialize", CLIENT, timeout=PATIENCE)
        await subscribed(peer)
        async with await anyio.connect_unix(served.home.socket) as deaf:
            await deaf.send(envelope.request_line(1, "initialize", CLIENT))
            await deaf.receive()
            await deaf.send(envelope.request_line(2, "events/subscribe", SubscribeParams()))
            with anyio.fail_after(PATIENCE):
                seq = 7
                while len(served.connections.all) > 1 or seq == 7:
                    seq += 1
                    behind.tell(seq, view("d1", reason="x" * 10_000))
                    await subscriber.until(seq - 7)
        assert [event.seq for event in subscriber.heard] == list(range(8, seq + 1))
