"""Who may connect, what they may ask, and that a bad peer falls alone. The real daemon, the real socket."""

import errno
import json
import os
import resource
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
import anyio.lowlevel
import pytest

from bridge import peercred
from bridge.daemon.socket.handshake import negotiate
from bridge.protocol.errors import BridgeError, Reason
from bridge.protocol.jsonrpc.framing import LINE_MAX_BYTES
from bridge.protocol.messages.base import Empty
from bridge.protocol.messages.initialize import PROTOCOL_MAX, PROTOCOL_MIN, ProtocolRange
from bridge.protocol.methods import METHODS

if TYPE_CHECKING:
    from tests.bridge.conftest import DaemonProcess, Start, Wire
    from tests.bridge.daemon.conftest import Serve

PATIENCE = 60.0
SOMEBODY_ELSE = 65534


def reason(answer: dict[str, Any] | None) -> str:
    assert answer is not None
    assert "error" in answer, answer
    return str(answer["error"]["data"]["reason"])


@pytest.fixture(scope="module")
def daemon(shared_daemon: "DaemonProcess") -> "DaemonProcess":
    return shared_daemon


@pytest.fixture(autouse=True)
def nobody_stays(daemon: "DaemonProcess") -> Iterator[None]:
    yield
    daemon.hang_up()


@pytest.fixture
def wire(daemon: "DaemonProcess") -> "Wire":
    return daemon.wire()


@pytest.fixture
def bystander(daemon: "DaemonProcess") -> "Wire":
    """Connected before the trouble, and asked afterwards."""
    wire = daemon.wire()
    assert "result" in wire.initialize()
    return wire


def fine(bystander: "Wire", daemon: "DaemonProcess") -> bool:
    """The daemon still serves both who was there and who comes."""
    newcomer = daemon.wire()
    with newcomer.socket:
        return "result" in bystander.ask("daemon/status") and "result" in newcomer.initialize()


# --- initialize ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["ping", "daemon/status", "drive/list", "daemon/stop"])
def test_nothing_is_answered_before_initialize(wire: "Wire", method: str) -> None:
    assert reason(wire.ask(method)) == "not_initialized"
    assert "result" in wire.initialize(), "and the connection is not lost by it"


def test_a_request_sent_along_with_initialize_has_to_wait_for_its_answer(wire: "Wire") -> None:
    params = b'{"role":"client","name":"t","version":"1","protocol":{"min":1,"max":1}}'
    wire.say(
        b'{"jsonrpc":"2.0","id":1,"method":"initialize","params":' + params + b"}\n"
        b'{"jsonrpc":"2.0","id":2,"method":"daemon/status"}\n'
    )
    answers = [wire.hear(), wire.hear()]
    by_id = {answer["id"]: answer for answer in answers if answer is not None}
    assert "result" in by_id[1]
    assert reason(by_id[2]) == "not_initialized"


def test_initialize_is_asked_once(wire: "Wire") -> None:
    wire.initialize()
    assert reason(wire.initialize()) == "invalid_request"
    assert "result" in wire.ask("daemon/status")


def test_a_refused_initialize_may_be_asked_again(wire: "Wire") -> None:
    assert reason(wire.initialize("plugin")) == "invalid_params"
    assert reason(wire.initialize("client", protocol={"min": 99, "max": 99})) == "protocol_mismatch"
    assert "result" in wire.initialize()


def test_a_plugin_says_what_it_is_and_nobody_else_does(wire: "Wire") -> None:
    assert reason(wire.initialize("plugin")) == "invalid_params"
    ide = {"product": "code", "version": "1", "app_name": "Code", "app_host": "desktop"}
    plugin = {"ide": ide, "pid": 1, "host_started_at_ms": 1, "window_id": "w", "capabilities": [], "surfaces": []}
    assert reason(wire.initialize("client", plugin=plugin)) == "invalid_params"


@pytest.mark.parametrize(
    ("low", "high", "chosen"),
    [(PROTOCOL_MIN, PROTOCOL_MAX, PROTOCOL_MAX), (1, 99, PROTOCOL_MAX), (PROTOCOL_MAX, 99, PROTOCOL_MAX)],
)
def test_the_highest_common_protocol_is_chosen(low: int, high: int, chosen: int) -> None:
    assert negotiate(ProtocolRange(min=low, max=high)) == chosen


def test_a_mismatch_names_both_ranges_and_who_is_behind(wire: "Wire") -> None:
    error = wire.initialize(protocol={"min": PROTOCOL_MAX + 1, "max": PROTOCOL_MAX + 2})["error"]
    assert error["data"]["reason"] == "protocol_mismatch"
    assert f"{PROTOCOL_MIN} to {PROTOCOL_MAX}" in error["message"]
    assert f"{PROTOCOL_MAX + 1} to {PROTOCOL_MAX + 2}" in error["message"]
    assert error["data"]["hint"] == "update the daemon"


def test_a_range_upside_down_is_a_fault_of_the_peer() -> None:
    with pytest.raises(BridgeError) as error:
        negotiate(ProtocolRange(min=2, max=1))
    assert error.value.reason is Reason.INVALID_PARAMS


@pytest.mark.anyio
async def test_who_does_not_initialize_in_time_is_told_and_dropped(serve: "Serve") -> None:
    async with serve(initialize_seconds=0.05) as served, served.peer() as peer:
        with anyio.fail_after(PATIENCE):
            while peer.gone is None:
                await anyio.lowlevel.checkpoint()


# --- roles -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", sorted(name for name, m in METHODS.items() if "plugin" not in m.asked_by))
def test_a_plugin_may_not_ask_what_clients_ask(wire: "Wire", method: str) -> None:
    wire.attach("w1")
    expected = "not_permitted" if METHODS[method].answered_by == "daemon" else "unknown_method"
    assert reason(wire.ask(method)) == expected


def test_a_client_may_not_tell_what_plugins_tell(daemon: "DaemonProcess", wire: "Wire") -> None:
    wire.initialize()
    wire.say({"jsonrpc": "2.0", "method": "log/message", "params": {"level": "error", "message": "forged line"}})
    assert "result" in wire.ask("daemon/status")
    assert "forged line" not in daemon.log()


# --- bad peers -------------------------------------------------------------------------------------------------------

GARBAGE = [
    b"\n",
    b"hello\n",
    b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"\xff\xfe\x00\n",
    b"[]\n",
    b"[" * 100_000 + b"\n",
    b'{"jsonrpc":"2.0","id":{},"method":"ping"}\n',
    b'{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"role":"client"}}\n',
    b'{"jsonrpc":"2.0","id":1,"result":{}}\n',
]


@pytest.mark.parametrize("garbage", GARBAGE)
def test_garbage_is_refused_and_nobody_else_notices(
    daemon: "DaemonProcess", bystander: "Wire", wire: "Wire", garbage: bytes
) -> None:
    wire.say(garbage)
    if b"result" not in garbage:
        answer = wire.hear()
        assert reason(answer) in ("parse_error", "invalid_request", "invalid_params")
    assert "result" in wire.initialize(), "one bad line costs itself alone"
    assert fine(bystander, daemon)


def test_half_a_line_and_then_nothing(daemon: "DaemonProcess", bystander: "Wire", wire: "Wire") -> None:
    wire.initialize()
    wire.say(b'{"jsonrpc":"2.0","id":7,"method":"daemon/st')
    wire.socket.shutdown(socket.SHUT_WR)
    assert wire.hung_up() is None
    assert fine(bystander, daemon)


def test_a_line_without_end_is_refused_and_the_next_is_read(
    daemon: "DaemonProcess", bystander: "Wire", wire: "Wire"
) -> None:
    wire.initialize()
    wire.say(b'{"jsonrpc":"2.0","id":7,"method":"' + b"x" * (2 * LINE_MAX_BYTES) + b'"}\n')
    assert reason(wire.hear()) == "line_too_long"
    assert "result" in wire.ask("daemon/status")
    assert fine(bystander, daemon)


def test_a_million_lines_of_garbage_end_the_one_who_sends_them(
    daemon: "DaemonProcess", bystander: "Wire", wire: "Wire"
) -> None:
    wire.initialize()
    assert flood(wire, b"garbage\n" * 100_000, times=10) == "hung up"
    assert fine(bystander, daemon)


def test_a_million_pings_whose_answers_nobody_reads_end_the_one_who_sends_them(
    daemon: "DaemonProcess", bystander: "Wire", wire: "Wire"
) -> None:
    wire.initialize()
    before = resident_bytes(daemon)
    assert flood(wire, b'{"jsonrpc":"2.0","id":1,"method":"ping"}\n' * 100_000, times=10) == "hung up"
    assert fine(bystander, daemon)
    assert resident_bytes(daemon) - before < 64 * 1_048_576


def test_a_flood_of_notifications_is_taken_in_turn_with_what_others_ask(
    daemon: "DaemonProcess", bystander: "Wire", wire: "Wire"
) -> None:
    wire.attach("w1")
    before = resident_bytes(daemon)
    line = b'{"jsonrpc":"2.0","method":"log/message","params":{"level":"debug","message":"x"}}\n'
    flooding = threading.Thread(target=flood, args=(wire, line * 1000), kwargs={"times": 50})
    flooding.start()
    while flooding.is_alive():
        assert fine(bystander, daemon)
    flooding.join()
    # Answered in its turn: everything before it has been taken.
    assert reason(wire.ask("initialize")) == "invalid_request"
    assert resident_bytes(daemon) - before < 64 * 1_048_576


def flood(wire: "Wire", data: bytes, *, times: int) -> str:
    """Send without reading; whether all of it was taken, or the other side hung up."""
    wire.socket.settimeout(PATIENCE)
    for _ in range(times):
        try:
            wire.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            return "hung up"
    return "taken"


def resident_bytes(daemon: "DaemonProcess") -> int:
    pages = Path(f"/proc/{daemon.pid}/statm").read_text(encoding="ascii").split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


# --- who may connect -------------------------------------------------------------------------------------------------

CONNECT_AS = """
import os, socket, sys
os.setgroups([])
os.setresgid(int(sys.argv[2]), int(sys.argv[2]), int(sys.argv[2]))
os.setresuid(int(sys.argv[2]), int(sys.argv[2]), int(sys.argv[2]))
with socket.socket(socket.AF_UNIX) as s:
    s.settimeout(30)
    s.connect(sys.argv[1])
    sys.stdout.buffer.write(s.makefile("rb").read())
"""


def connect_as(uid: int, path: Path) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(
        [sys.executable, "-P", "-c", CONNECT_AS, str(path), str(uid)],
        capture_output=True,
        timeout=PATIENCE,
        check=False,
    )


@pytest.fixture
def as_root() -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")


@pytest.mark.usefixtures("as_root")
def test_another_user_is_kept_out_by_the_rights(start: "Start") -> None:
    daemon = start()
    daemon.home.root.chmod(0o755)
    (daemon.home.root / "run").chmod(0o755)
    done = connect_as(SOMEBODY_ELSE, daemon.home.socket)
    assert b"PermissionError" in done.stderr


@pytest.mark.usefixtures("as_root")
def test_another_user_is_turned_away_even_where_the_rights_were_opened(start: "Start") -> None:
    daemon = start()
    bystander = daemon.wire()
    bystander.initialize()
    daemon.home.root.chmod(0o755)
    for path in (daemon.home.root / "run", daemon.home.socket.parent):
        path.chmod(0o755)
    daemon.home.socket.chmod(0o666)
    done = connect_as(SOMEBODY_ELSE, daemon.home.socket)
    said = json.loads(done.stdout)
    assert reason(said) == "peer_refused"
    assert f"user {SOMEBODY_ELSE}" in said["error"]["message"]
    assert fine(bystander, daemon)
    assert f"runs as user {SOMEBODY_ELSE}" in daemon.log()


@pytest.mark.anyio
async def test_who_cannot_be_identified_is_turned_away(serve: "Serve", monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peercred, "peer_uid", lambda _: None)
    async with serve() as served, await anyio.connect_unix(served.home.socket) as stream:
        with anyio.fail_after(PATIENCE):
            said = json.loads(await stream.receive())
            with pytest.raises(anyio.EndOfStream):
                await stream.receive()
    assert reason(said) == "peer_refused"
    assert "could not be identified" in said["error"]["message"]


@pytest.mark.anyio
async def test_one_too_many_is_told_so_and_a_place_becomes_free_again(serve: "Serve") -> None:
    async with serve(connections_max=2) as served, served.plugin("w1"):
        async with served.plugin("w2"):
            async with await anyio.connect_unix(served.home.socket) as stream:
                with anyio.fail_after(PATIENCE):
                    said = json.loads(await stream.receive())
            assert reason(said) == "overloaded"
            assert said["error"]["data"]["retry"] is True
        with anyio.fail_after(PATIENCE):
            while len(served.connections.all) > 1:
                await anyio.lowlevel.checkpoint()
        async with served.plugin("w3") as (peer, _):
            await peer.request("ping", Empty(), timeout=PATIENCE)


# --- many ------------------------------------------------------------------------------------------------------------


def test_a_thousand_windows(daemon: "DaemonProcess", bystander: "Wire") -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < 2200:
        pytest.skip(f"a thousand connections need 2200 descriptors; the system allows {hard}")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    for number in range(1000):
        assert "result" in daemon.wire().attach(f"window-{number:04}", pid=number + 1)
    listed = {session["window_id"] for session in bystander.ask("sessions/list")["result"]["sessions"]}
    assert listed >= {f"window-{number:04}" for number in range(1000)}
    assert len(daemon.status()["sessions"]) >= 1000


@pytest.mark.anyio
async def test_without_descriptors_those_connected_go_on_and_the_rest_wait(
    serve: "Serve", monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = 0

    async with serve() as served, served.plugin("w1") as (peer, _):
        accept = socket.socket.accept

        def none_left(self: socket.socket) -> object:
            nonlocal refused
            if refused < 3:
                refused += 1
                raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
            return accept(self)

        monkeypatch.setattr(socket.socket, "accept", none_left)
        async with served.plugin("w2"):
            await peer.request("ping", Empty(), timeout=PATIENCE)
    assert refused == 3
