"""The small client: against the real daemon, and against servers that lie."""

import json
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from bridge import client as client_module
from bridge import peercred
from bridge.client import Client
from bridge.protocol.errors import BridgeError, Reason
from bridge.protocol.jsonrpc import framing
from bridge.protocol.messages import initialize

if TYPE_CHECKING:
    from tests.bridge.conftest import DaemonProcess, Home

PATIENCE = 60.0
HELLO = b'{"jsonrpc":"2.0","id":1,"result":{"protocol":1}}\n'
Script = Callable[[socket.socket], None]
Lying = Callable[[Script], Path]


@pytest.fixture(scope="module")
def daemon(shared_daemon: "DaemonProcess") -> "DaemonProcess":
    return shared_daemon


@pytest.fixture
def lying(home: "Home") -> Iterator[Lying]:
    """Makes a server that reads the client's first line and then follows the script."""
    threads: list[threading.Thread] = []
    listening = socket.socket(socket.AF_UNIX)
    path = home.root / "s"

    def serve(script: Script) -> None:
        accepted, _ = listening.accept()
        with accepted:
            accepted.settimeout(PATIENCE)
            accepted.recv(65_536)
            with suppress(ConnectionError):
                script(accepted)

    def make(script: Script) -> Path:
        listening.bind(str(path))
        listening.listen()
        threads.append(threading.Thread(target=serve, args=(script,)))
        threads[0].start()
        return path

    yield make
    for thread in threads:
        thread.join(PATIENCE)
    listening.close()


def saying(*parts: bytes) -> Script:
    """Answer initialize, then say the rest without being asked, and hang up when the client does."""

    def script(accepted: socket.socket) -> None:
        accepted.sendall(HELLO + b"".join(parts))
        while accepted.recv(65_536):
            pass

    return script


def refused(call: Callable[[], object]) -> BridgeError:
    with pytest.raises(BridgeError) as error:
        call()
    return error.value


# --- the real daemon -------------------------------------------------------------------------------------------------


def test_it_speaks_the_protocol_of_the_wire() -> None:
    assert initialize.PROTOCOL_MIN <= client_module.PROTOCOL <= initialize.PROTOCOL_MAX
    assert client_module.LINE_MAX_BYTES == framing.LINE_MAX_BYTES


def test_it_introduces_itself_and_asks(daemon: "DaemonProcess") -> None:
    with Client.connect(daemon.home.socket) as client:
        assert client.hello["protocol"] == 1
        assert client.request("daemon/status", {})["pid"] == daemon.pid
        assert client.request("sessions/list", {}) == {"sessions": []}


def test_refusals_of_the_daemon_keep_reason_and_words(daemon: "DaemonProcess") -> None:
    with Client.connect(daemon.home.socket) as client:
        error = refused(lambda: client.request("no/such", {}))
        assert error.reason is Reason.UNKNOWN_METHOD
        error = refused(lambda: client.request("drive/list", {"limit": 0}))
        assert (error.reason, error.where) == (Reason.INVALID_PARAMS, "limit")
        assert client.request("daemon/status", {})["pid"] == daemon.pid


def test_what_cannot_be_sent_is_refused_before_and_not_quoted(daemon: "DaemonProcess") -> None:
    with Client.connect(daemon.home.socket) as client:
        error = refused(lambda: client.request("drive/list", {"x": "words \ud800"}))
        assert error.reason is Reason.INVALID_PARAMS
        assert "words" not in str(error)
        too_long = refused(lambda: client.request("drive/list", {"x": "x" * framing.LINE_MAX_BYTES}))
        assert too_long.reason is Reason.LINE_TOO_LONG
        assert client.request("daemon/status", {})["pid"] == daemon.pid


# --- nobody there ----------------------------------------------------------------------------------------------------


def test_a_missing_socket_means_no_daemon(home: "Home") -> None:
    error = refused(lambda: Client.connect(home.root / "s"))
    assert (error.reason, error.where, error.hint) == (Reason.DAEMON_NOT_RUNNING, str(home.root / "s"), "koru up")


def test_a_dead_socket_means_no_daemon(home: "Home") -> None:
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(home.root / "s"))
    assert refused(lambda: Client.connect(home.root / "s")).reason is Reason.DAEMON_NOT_RUNNING


def test_a_path_that_cannot_be_a_socket_is_usage(home: "Home") -> None:
    assert refused(lambda: Client.connect(home.root / ("x" * 120))).reason is Reason.USAGE


def test_a_queue_that_stays_full_ends_in_a_timeout(home: "Home") -> None:
    with socket.socket(socket.AF_UNIX) as busy, socket.socket(socket.AF_UNIX) as first:
        busy.bind(str(home.root / "s"))
        busy.listen(0)
        first.connect(str(home.root / "s"))
        assert refused(lambda: Client.connect(home.root / "s", timeout=0.1)).reason is Reason.TIMEOUT


# --- servers that lie ------------------------------------------------------------------------------------------------


def test_nothing_is_said_to_somebody_else(lying: Lying, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[bytes] = []
    monkeypatch.setattr(peercred, "peer_uid", lambda _: 12345)
    path = lying(lambda accepted: heard.append(accepted.recv(65_536)))
    assert refused(lambda: Client.connect(path)).reason is Reason.SOCKET_UNSAFE
    assert heard in ([], [b""])


def test_who_cannot_be_identified_is_somebody_else(lying: Lying, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peercred, "peer_uid", lambda _: None)
    path = lying(lambda _: None)
    assert refused(lambda: Client.connect(path)).reason is Reason.SOCKET_UNSAFE


def test_a_server_that_says_nothing_ends_in_a_timeout(lying: Lying) -> None:
    def script(accepted: socket.socket) -> None:
        accepted.recv(1)

    path = lying(script)
    assert refused(lambda: Client.connect(path, timeout=0.1)).reason is Reason.TIMEOUT


def test_a_server_that_hangs_up_is_gone(lying: Lying) -> None:
    path = lying(lambda _: None)
    assert refused(lambda: Client.connect(path)).reason is Reason.PEER_GONE


@pytest.mark.parametrize("line", [b"hello\n", b"[]\n", b"\xff\n", b"null\n"])
def test_a_line_that_is_no_message_is_refused(lying: Lying, line: bytes) -> None:
    with Client.connect(lying(saying(line))) as client:
        assert refused(lambda: client.request("daemon/status", {})).reason is Reason.INVALID_RESULT


def test_a_line_without_end_is_not_kept(lying: Lying) -> None:
    with Client.connect(lying(saying(b"x" * (framing.LINE_MAX_BYTES + 200_000)))) as client:
        assert refused(lambda: client.request("daemon/status", {})).reason is Reason.INVALID_RESULT


def test_an_answer_without_result_is_refused(lying: Lying) -> None:
    with Client.connect(lying(saying(b'{"jsonrpc":"2.0","id":2}\n'))) as client:
        assert refused(lambda: client.request("daemon/status", {})).reason is Reason.INVALID_RESULT


def test_answers_to_others_are_passed_over(lying: Lying) -> None:
    answers = b'{"id":99,"result":{"x":1}}\n{"id":1,"result":{"x":2}}\n{"id":2,"result":{"x":3}}\n'
    with Client.connect(lying(saying(answers))) as client:
        assert client.request("daemon/status", {}) == {"x": 3}


def test_a_reason_of_a_newer_daemon_is_kept_in_the_text(lying: Lying) -> None:
    error = b'{"id":2,"error":{"code":-32000,"message":"why","data":{"reason":"brand_new","retry":true}}}\n'
    with Client.connect(lying(saying(error))) as client:
        raised = refused(lambda: client.request("daemon/status", {}))
    assert (raised.message, raised.retry) == ("brand_new: why", True)


def test_an_error_that_answers_nothing_in_particular_ends_the_request(lying: Lying) -> None:
    error = b'{"id":null,"error":{"code":-32000,"message":"why","data":{"reason":"overloaded"}}}\n'
    with Client.connect(lying(saying(error))) as client:
        assert refused(lambda: client.request("daemon/status", {})).reason is Reason.OVERLOADED


def test_a_ping_is_answered_and_other_requests_are_refused(lying: Lying) -> None:
    heard: list[dict[str, Any]] = []

    def script(accepted: socket.socket) -> None:
        accepted.sendall(HELLO + b'{"id":"a","method":"ping"}\n{"id":"b","method":"chat/open"}\n')
        lines = accepted.makefile("rb")
        heard.extend(json.loads(lines.readline()) for _ in range(3))
        accepted.sendall(b'{"id":2,"result":{}}\n')
        accepted.recv(1)

    with Client.connect(lying(script)) as client:
        client.request("daemon/status", {})
    by_id = {message["id"]: message for message in heard}
    assert by_id["a"]["result"] == {}
    assert by_id["b"]["error"]["code"] == -32601


def test_notifications_keep_their_order_and_are_not_lost_to_a_request(lying: Lying) -> None:
    told = [b'{"method":"events/event","params":{"seq":%d}}\n' % seq for seq in range(3)]
    with Client.connect(lying(saying(*told[:2], b'{"id":2,"result":{}}\n', told[2]))) as client:
        client.request("daemon/status", {})
        heard = []
        for method, params in client.notifications(PATIENCE):
            heard.append((method, params["seq"]))
            if len(heard) == 3:
                break
    assert heard == [("events/event", 0), ("events/event", 1), ("events/event", 2)]


def test_waiting_for_notifications_ends_with_the_time_or_with_the_daemon(lying: Lying) -> None:
    def script(accepted: socket.socket) -> None:
        accepted.sendall(HELLO)
        proceed.wait(PATIENCE)

    proceed = threading.Event()
    with Client.connect(lying(script)) as client:
        assert list(client.notifications(0.05)) == []
        proceed.set()
        assert refused(lambda: list(client.notifications(None))).reason is Reason.PEER_GONE


def test_a_flood_of_notifications_that_nobody_reads_is_an_error(lying: Lying, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "NOTIFICATIONS_WAITING_MAX", 10)
    with Client.connect(lying(saying(b'{"method":"events/event","params":{}}\n' * 11))) as client:
        assert refused(lambda: client.request("daemon/status", {})).reason is Reason.OVERLOADED


def test_characters_cut_in_two_by_the_socket_arrive_whole(lying: Lying) -> None:
    line = json.dumps({"id": 2, "result": {"text": "a\u2028b\U0001f600c\u0085"}}, ensure_ascii=False).encode() + b"\n"

    def script(accepted: socket.socket) -> None:
        accepted.sendall(HELLO)
        accepted.recv(65_536)
        for byte in line:
            accepted.send(bytes([byte]))
        accepted.recv(1)

    with Client.connect(lying(script)) as client:
        assert client.request("daemon/status", {}) == {"text": "a\u2028b\U0001f600c\u0085"}


# --- the start -------------------------------------------------------------------------------------------------------

HEAVY = {"anyio", "argparse", "asyncio", "dataclasses", "inspect", "logging", "pathlib", "pydantic", "socket", "typing"}


def test_koru_status_imports_nothing_heavy(daemon: "DaemonProcess") -> None:
    """Counted without `site`, which imports what it likes in a development install."""
    paths = json.dumps([str(Path(client_module.__file__).parent.parent)])
    code = f"import sys; sys.path += {paths}; from bridge.cli.main import main; main(['status']); print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-P", "-S", "-c", code],
        env=daemon.home.environment(),
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE,
        check=True,
    )
    *page, modules = done.stdout.splitlines()
    assert f"pid {daemon.pid}" in page[0]
    assert HEAVY & set(modules.split()) == set()
