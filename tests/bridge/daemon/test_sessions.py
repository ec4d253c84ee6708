"""Windows and their sessions, over a real socket."""

import json
import queue
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

import anyio
import anyio.lowlevel
import pytest
from anyio.streams.buffered import BufferedByteReceiveStream

from bridge.daemon.socket import sessions as sessions_module
from bridge.daemon.socket.connection import Connection
from bridge.daemon.socket.epochs import Epochs
from bridge.daemon.socket.plugin_session import PluginSession
from bridge.daemon.socket.sessions import REFUSED_KEPT_MS, REFUSED_MOST, Sessions
from bridge.protocol.answers import answers
from bridge.protocol.errors import BridgeError
from bridge.protocol.jsonrpc import envelope
from bridge.protocol.messages.base import Empty
from bridge.protocol.messages.chat import ChatEvent, FactReport
from bridge.protocol.messages.initialize import IdeInfo, InitializeParams, PluginInfo, ProtocolRange
from bridge.protocol.messages.log import LogMessage

if TYPE_CHECKING:
    from tests.bridge.conftest import DaemonProcess, Start, Wire
    from tests.bridge.daemon.conftest import Serve

PATIENCE = 60.0
T = TypeVar("T")


def reason(answer: dict[str, Any] | None) -> str:
    assert answer is not None
    assert "error" in answer, answer
    return str(answer["error"]["data"]["reason"])


def sessions_of(daemon: "DaemonProcess") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = daemon.status()["sessions"]
    return found


def until(condition: Callable[[], T]) -> T:
    """The first true value of the condition."""
    deadline = time.monotonic() + PATIENCE
    while not (value := condition()):
        assert time.monotonic() < deadline, "the condition never held"
        time.sleep(0.01)
    return value


@pytest.fixture(scope="module")
def daemon(shared_daemon: "DaemonProcess") -> "DaemonProcess":
    return shared_daemon


@pytest.fixture(autouse=True)
def nobody_stays(daemon: "DaemonProcess") -> Iterator[None]:
    yield
    daemon.hang_up()
    until(lambda: not sessions_of(daemon))


# --- attaching -------------------------------------------------------------------------------------------------------


def test_a_plugin_is_listed_with_what_it_said_until_it_goes(daemon: "DaemonProcess") -> None:
    wire = daemon.wire()
    hello = wire.attach("w1", surfaces=2)["result"]
    (listed,) = sessions_of(daemon)
    assert (listed["session_id"], listed["epoch"]) == (hello["session_id"], hello["epoch"])
    assert (listed["window_id"], listed["pid"], listed["protocol"]) == ("w1", 4242, 1)
    assert [surface["surface_id"] for surface in listed["surfaces"]] == ["chat0", "chat1"]
    wire.socket.close()
    until(lambda: not sessions_of(daemon))


def test_changed_surfaces_replace_the_old_ones(daemon: "DaemonProcess") -> None:
    wire = daemon.wire()
    wire.attach("w1", surfaces=2)
    wire.say({"jsonrpc": "2.0", "method": "surfaces/changed", "params": {"surfaces": []}})
    until(lambda: sessions_of(daemon)[0]["surfaces"] == [])


def test_epochs_grow_over_connections_windows_and_a_killed_daemon(start: "Start") -> None:
    epochs = []
    for _ in range(2):
        daemon = start()
        epochs += [daemon.wire().attach(window)["result"]["epoch"] for window in ("w1", "w2", "w1")]
        daemon.close()
    assert epochs == sorted(set(epochs))


def test_log_messages_of_a_plugin_are_logged_on_one_line_and_cut(daemon: "DaemonProcess") -> None:
    wire = daemon.wire()
    wire.attach("w1")
    text = "first\n2026-01-01T00:00:00.000Z ERROR forged\x1b[2J" + "x" * 5000
    wire.say({"jsonrpc": "2.0", "method": "log/message", "params": {"level": "warning", "message": text}})
    until(lambda: "first" in daemon.log())
    forged = [line for line in daemon.log().splitlines() if line.startswith("2026-01-01")]
    assert not forged
    assert "\x1b" not in daemon.log()
    assert "x" * 1000 in daemon.log()
    assert "x" * 2001 not in daemon.log()


# --- replacing -------------------------------------------------------------------------------------------------------


def test_a_newer_connection_of_the_same_host_replaces_the_older_which_is_told(daemon: "DaemonProcess") -> None:
    older, newer = daemon.wire(), daemon.wire()
    first = older.attach("w1", pid=7)["result"]
    second = newer.attach("w1", pid=7)["result"]
    assert second["epoch"] > first["epoch"]
    assert reason(older.hung_up()) == "superseded"
    assert [session["epoch"] for session in sessions_of(daemon)] == [second["epoch"]]


def test_a_live_window_keeps_its_name_and_the_newcomer_takes_another(daemon: "DaemonProcess") -> None:
    holder, newcomer = daemon.wire(), daemon.wire()
    epoch = holder.attach("w1", pid=7)["result"]["epoch"]
    asked = newcomer.post_attach("w1", pid=8)
    ping = holder.hear()
    assert ping is not None
    assert ping["method"] == "ping"
    holder.say({"jsonrpc": "2.0", "id": ping["id"], "result": {}})
    refused = newcomer.answer(asked)
    assert reason(refused) == "superseded"
    assert refused["error"]["data"]["retry"] is True
    assert "another window id" in refused["error"]["data"]["hint"]

    assert newcomer.attach("w1-2", pid=8)["result"]["epoch"] > epoch, "on the same connection"
    assert {s["window_id"]: s["pid"] for s in sessions_of(daemon)} == {"w1": 7, "w1-2": 8}


def test_a_holder_that_answers_with_an_error_is_alive(daemon: "DaemonProcess") -> None:
    holder, newcomer = daemon.wire(), daemon.wire()
    holder.attach("w1", pid=7)
    asked = newcomer.post_attach("w1", pid=8)
    ping = holder.hear()
    assert ping is not None
    holder.say({"jsonrpc": "2.0", "id": ping["id"], "error": {"code": -32601, "message": "no such method"}})
    assert reason(newcomer.answer(asked)) == "superseded"


def test_a_window_whose_host_hangs_is_taken_over(daemon: "DaemonProcess") -> None:
    hanging, newcomer = daemon.wire(), daemon.wire()
    hanging.attach("w1", pid=7)
    assert "result" in newcomer.attach("w1", pid=8)
    assert reason(hanging.hung_up()) == "superseded"
    assert [session["pid"] for session in sessions_of(daemon)] == [8]


def test_a_window_whose_host_dies_while_asked_is_taken_over(daemon: "DaemonProcess") -> None:
    dying, newcomer = daemon.wire(), daemon.wire()
    dying.attach("w1", pid=7)
    asked = newcomer.post_attach("w1", pid=8)
    assert dying.hear() is not None
    dying.socket.close()
    assert "result" in newcomer.answer(asked)


def test_of_many_newcomers_for_a_hanging_window_one_gets_it(daemon: "DaemonProcess") -> None:
    hanging = daemon.wire()
    hanging.attach("w1", pid=7)
    newcomers = [daemon.wire() for _ in range(5)]
    asked = [wire.post_attach("w1", pid=100 + number) for number, wire in enumerate(newcomers)]
    answers: queue.Queue[dict[str, Any]] = queue.Queue()
    threads = [threading.Thread(target=live, args=each) for each in zip(newcomers, asked, [answers] * 5, strict=True)]
    for thread in threads:
        thread.start()
    given = [answers.get(timeout=PATIENCE) for _ in newcomers]
    (holder,) = sessions_of(daemon)
    assert [answer["result"]["epoch"] for answer in given if "result" in answer] == [holder["epoch"]]
    assert [reason(answer) for answer in given if "error" in answer] == ["superseded"] * 4
    daemon.hang_up()
    for thread in threads:
        thread.join(PATIENCE)


def live(wire: "Wire", asked: int, answers: "queue.Queue[dict[str, Any]]") -> None:
    """Wait for the answer, and from then on answer every ping until the connection ends."""
    answers.put(wire.answer(asked))
    with suppress(OSError):
        while (message := wire.hear()) is not None:
            if message.get("method") == "ping":
                wire.say({"jsonrpc": "2.0", "id": message["id"], "result": {}})


# --- who was turned away ---------------------------------------------------------------------------------------------


def stranger(window: str) -> InitializeParams:
    ide = IdeInfo(product="code", version="1", app_name="Code", app_host="desktop")
    info = PluginInfo(ide=ide, pid=1, host_started_at_ms=1, window_id=window, capabilities=[], surfaces=[])
    return InitializeParams(
        role="plugin", name="koru-vscode", version="9", protocol=ProtocolRange(min=7, max=9), plugin=info
    )


@pytest.mark.anyio
async def test_who_was_turned_away_is_remembered_while_he_tries_and_of_many_the_last(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 1_000_000
    monkeypatch.setattr(sessions_module, "now_ms", lambda: now)
    sessions = Sessions(Epochs(1, 1000))
    for number in range(REFUSED_MOST + 5):
        sessions.refuse(stranger(f"w{number}"))
    sessions.refuse(stranger("w7"))
    assert [refused.window_id for refused in sessions.refused()][-2:] == [f"w{REFUSED_MOST + 4}", "w7"]
    assert len(sessions.refused()) == REFUSED_MOST
    now += REFUSED_KEPT_MS + 1
    sessions.refuse(stranger("w1"))
    assert [refused.window_id for refused in sessions.refused()] == ["w1"]


# --- the lease -------------------------------------------------------------------------------------------------------


def test_a_silent_plugin_loses_its_lease_and_is_told(start: "Start") -> None:
    daemon = start(KORU_HEARTBEAT_MS="50")
    wire = daemon.wire()
    assert wire.attach("w1")["result"]["heartbeat_ms"] == 50
    assert reason(wire.hung_up()) == "timeout"
    until(lambda: not sessions_of(daemon))


class Clock:
    """In the place of the loop's clock, for what our code reads from it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        monkeypatch.setattr(anyio, "current_time", lambda: self.now)


LEASE = 0.003


@pytest.mark.anyio
async def test_a_plugin_that_answers_pings_keeps_its_lease(serve: "Serve", monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    async with serve(heartbeat_ms=1) as served, served.plugin("w1"):
        session = served.sessions.find("w1")
        assert session is not None
        for _ in range(10):
            clock.now += 0.9 * LEASE
            with anyio.fail_after(PATIENCE):
                while session.silent_seconds() > 0:
                    await anyio.lowlevel.checkpoint()
        assert session.alive


@pytest.mark.anyio
async def test_anything_heard_keeps_the_lease_and_silence_ends_it(
    serve: "Serve", monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock(monkeypatch)
    async with serve(heartbeat_ms=1) as served, await anyio.connect_unix(served.home.socket) as stream:
        await stream.send(envelope.request_line(1, "initialize", served.hello("w1")))
        lines = BufferedByteReceiveStream(stream)
        with anyio.fail_after(PATIENCE):
            assert b"result" in await lines.receive_until(b"\n", 65_536)
            session = served.sessions.find("w1")
            assert session is not None
            for _ in range(5):
                assert b'"ping"' in await lines.receive_until(b"\n", 65_536), "and is never answered"
                clock.now += 0.9 * LEASE
                await stream.send(envelope.notification_line("log/message", LogMessage(level="debug", message="busy")))
                while session.silent_seconds() > 0:
                    await anyio.lowlevel.checkpoint()
            assert session.alive
            clock.now += 2 * LEASE
            while b'"timeout"' not in (line := await lines.receive_until(b"\n", 65_536)):
                assert b'"ping"' in line
        assert not session.alive


# --- what those who drive are told -----------------------------------------------------------------------------------


def event(epoch: int) -> ChatEvent:
    return ChatEvent(surface_id="chat0", epoch=epoch, fact=FactReport(kind="turn_ended", grade="host", at_ms=1))


class Drives:
    """Takes the events of plugins as the drives do."""

    def __init__(self) -> None:
        self.heard: list[tuple[int, bool]] = []
        self.last = anyio.Event()

    @answers("chat/event")
    def hear(self, event: ChatEvent, connection: Connection) -> None:
        session = connection.session_of(event)
        self.heard.append((event.epoch, session.is_late(event)))
        if event.fact.at_ms == 2:
            self.last.set()


@pytest.mark.anyio
async def test_late_events_are_handed_over_and_marked_and_lies_are_dropped(serve: "Serve") -> None:
    drives = Drives()
    async with serve(more=[drives]) as served:
        async with served.plugin("w1") as (_, first):
            pass
        async with served.plugin("w1") as (peer, second):
            for epoch in (second.epoch, first.epoch, second.epoch + 1):
                peer.notify("chat/event", event(epoch))
            last = FactReport(kind="turn_ended", grade="host", at_ms=2)
            peer.notify("chat/event", ChatEvent(surface_id="chat0", epoch=second.epoch, fact=last))
            with anyio.fail_after(PATIENCE):
                await drives.last.wait()
    assert drives.heard == [(second.epoch, False), (first.epoch, True), (second.epoch, False)]


@pytest.mark.anyio
async def test_a_session_can_be_asked_as_soon_as_it_is_announced(serve: "Serve") -> None:
    """The plugin has its answer to initialize before the first thing it is asked."""
    async with serve() as served, anyio.create_task_group() as tasks:
        sessions = served.sessions

        async def ask() -> None:
            session = await sessions.wait_for("w1", PATIENCE)
            assert session is not None and sessions.find("w1") is session
            with suppress(BridgeError):
                await session.peer.request("window/reload", Empty(), timeout=PATIENCE)

        tasks.start_soon(ask)
        await anyio.wait_all_tasks_blocked()
        async with await anyio.connect_unix(served.home.socket) as stream:
            await stream.send(envelope.request_line(1, "initialize", served.hello("w1")))
            lines = BufferedByteReceiveStream(stream)
            with anyio.fail_after(PATIENCE):
                first = json.loads(await lines.receive_until(b"\n", 65_536))
                second = json.loads(await lines.receive_until(b"\n", 65_536))
    assert first["result"]["epoch"] == 1
    assert second["method"] == "window/reload"


@pytest.mark.anyio
async def test_waiting_for_a_window_ends_when_it_attaches_or_when_time_is_up(serve: "Serve") -> None:
    async with serve() as served, anyio.create_task_group() as tasks:
        sessions = served.sessions
        assert await sessions.wait_for("w1", 0.01) is None
        found: list[PluginSession | None] = []

        async def wait() -> None:
            found.append(await sessions.wait_for("w1", PATIENCE))

        tasks.start_soon(wait)
        async with served.plugin("w2"), served.plugin("w1"):
            with anyio.fail_after(PATIENCE):
                while not found:
                    await anyio.lowlevel.checkpoint()
            assert found == [sessions.find("w1")]
            assert found[0] is not None
            assert await sessions.wait_for("w1", 0) is found[0]
            assert found[0].surface_key("chat0") == "code:w1/chat0"
            assert {session.window_id for session in sessions.live()} == {"w1", "w2"}
        with anyio.fail_after(PATIENCE):
            while sessions.live():
                await anyio.lowlevel.checkpoint()
        assert not found[0].alive
        assert sessions.find("w1") is None
