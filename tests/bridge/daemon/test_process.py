"""The daemon as a process: how it starts, what stops it, and what it leaves behind."""

import os
import resource
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bridge.lock import holder

if TYPE_CHECKING:
    from tests.bridge.conftest import DaemonProcess, Home, Start

PATIENCE = 60.0
pytestmark = pytest.mark.command
SOMEBODY_ELSE = 65534
STOP_SIGNALS = [signal.SIGTERM, signal.SIGINT, signal.SIGHUP]


def run_daemon(home: "Home", **environment: str) -> "subprocess.CompletedProcess[str]":
    """A daemon that is expected to end by itself."""
    return subprocess.run(
        [sys.executable, "-P", "-m", "bridge.daemon", "--foreground"],
        cwd=home.root,
        env=home.environment(**environment),
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE,
        check=False,
    )


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


# --- what it makes ---------------------------------------------------------------------------------------------------


def test_all_it_makes_is_private(daemon: "DaemonProcess") -> None:
    assert mode(daemon.home.socket) == 0o600
    for directory in (daemon.home.socket.parent, daemon.home.state, daemon.home.log.parent):
        assert mode(directory) == 0o700, directory
    made = [path for path in daemon.home.state.rglob("*") if not path.is_dir()]
    assert made
    assert {path: oct(mode(path)) for path in made if mode(path) != 0o600} == {}


def test_loose_rights_of_earlier_days_are_taken_away(home: "Home", start: "Start") -> None:
    for directory in (home.socket.parent, home.state):
        directory.mkdir(parents=True)
        directory.chmod(0o755)
    start()
    assert mode(home.socket.parent) == mode(home.state) == 0o700


def test_the_lock_names_the_process(daemon: "DaemonProcess") -> None:
    for path in (f"{daemon.home.socket}.lock", str(daemon.home.state / "daemon.lock")):
        found = holder(path)
        assert found is not None
        assert (found.pid, found.socket) == (daemon.pid, str(daemon.home.socket))


def test_it_may_open_as_many_files_as_the_system_allows(daemon: "DaemonProcess") -> None:
    soft, hard = resource.prlimit(daemon.pid, resource.RLIMIT_NOFILE)
    assert soft == hard


def test_folders_of_the_workspace_do_not_pass_for_our_packages(home: "Home", start: "Start") -> None:
    for name in ("bridge", "registry", "observers", "anyio"):
        (home.root / name).mkdir()
        (home.root / name / "__init__.py").write_text("raise SystemExit('the workspace ran')", encoding="utf-8")
    assert start().status()["pid"]


# --- how it ends -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", STOP_SIGNALS)
def test_a_signal_ends_it_cleanly(daemon: "DaemonProcess", number: signal.Signals) -> None:
    plugin, client = daemon.wire(), daemon.wire()
    plugin.attach("w1")
    client.initialize()
    assert daemon.stop(number) == 0
    assert not daemon.home.socket.exists()
    assert plugin.hung_up() is None
    assert client.hung_up() is None
    assert holder(f"{daemon.home.socket}.lock") is None
    assert f"stopping on {number.name}" in daemon.log()
    assert daemon.log().rstrip().endswith("stopped")


def test_a_request_ends_it_and_is_answered(daemon: "DaemonProcess") -> None:
    wire = daemon.wire()
    wire.initialize()
    assert wire.ask("daemon/stop")["result"] == {}
    assert daemon.process.wait(PATIENCE) == 0
    assert not daemon.home.socket.exists()


def test_peers_that_hang_do_not_keep_it(daemon: "DaemonProcess") -> None:
    silent, deaf, waiting = daemon.wire(), daemon.wire(), daemon.wire()
    silent.say(b'{"jsonrpc":')
    deaf.initialize()
    for _ in range(200):
        deaf.post("daemon/status")
    waiting.initialize()
    waiting.post("drive/wait", drive_id="none")
    assert daemon.stop() == 0


def test_it_leaves_a_socket_alone_that_is_no_longer_its_own(daemon: "DaemonProcess") -> None:
    daemon.home.socket.unlink()
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(daemon.home.socket))
        assert daemon.stop() == 0
    assert daemon.home.socket.exists()


def test_after_kill_9_the_next_takes_over_the_stale_socket(start: "Start") -> None:
    first = start()
    assert first.stop(signal.SIGKILL) == -signal.SIGKILL
    assert first.home.socket.exists(), "nobody could clean up"
    second = start()
    assert second.status()["pid"] == second.pid


def test_it_can_be_killed_and_started_over_and_over(start: "Start") -> None:
    for _ in range(5):
        daemon = start()
        assert daemon.status()["pid"] == daemon.pid
        daemon.stop(signal.SIGKILL)


# --- why it does not start -------------------------------------------------------------------------------------------


def test_a_second_one_is_refused_and_the_first_goes_on(daemon: "DaemonProcess") -> None:
    done = run_daemon(daemon.home)
    assert done.returncode == 1
    assert f"already running (pid {daemon.pid}" in done.stderr
    assert "koru down" in done.stderr
    assert daemon.status()["pid"] == daemon.pid


def test_a_second_one_on_another_socket_does_not_share_the_ledger(daemon: "DaemonProcess") -> None:
    done = run_daemon(daemon.home, KORU_SOCKET=str(daemon.home.socket.with_name("other.sock")))
    assert done.returncode == 1
    assert f"already running (pid {daemon.pid}, socket {daemon.home.socket})" in done.stderr


def test_a_second_one_with_another_state_does_not_share_the_socket(daemon: "DaemonProcess") -> None:
    done = run_daemon(daemon.home, XDG_STATE_HOME=str(daemon.home.root / "state2"))
    assert done.returncode == 1
    assert f"already running (pid {daemon.pid}" in done.stderr


def test_a_chosen_directory_open_to_others_is_refused(home: "Home") -> None:
    (home.root / "open").mkdir()
    (home.root / "open").chmod(0o755)
    done = run_daemon(home, KORU_SOCKET=str(home.root / "open" / "s"))
    assert done.returncode == 1
    assert "open to other users (mode 0755)" in done.stderr
    assert f"chmod 700 {home.root / 'open'}" in done.stderr


def test_a_path_too_long_for_a_socket_is_refused(home: "Home") -> None:
    done = run_daemon(home, KORU_SOCKET=str(home.root / ("x" * 60) / ("y" * 60)))
    assert done.returncode == 1
    assert "longer than" in done.stderr
    assert "KORU_SOCKET" in done.stderr


@pytest.mark.parametrize(
    ("variable", "value"), [("KORU_HEARTBEAT_MS", "soon"), ("KORU_HEARTBEAT_MS", "0"), ("KORU_LOG_LEVEL", "shouting")]
)
def test_a_setting_that_makes_no_sense_is_named(home: "Home", variable: str, value: str) -> None:
    done = run_daemon(home, **{variable: value})
    assert done.returncode == 1
    assert variable in done.stderr


def test_a_file_in_the_way_of_the_state_is_named(home: "Home") -> None:
    home.state.parent.mkdir()
    home.state.write_text("in the way", encoding="utf-8")
    done = run_daemon(home)
    assert done.returncode == 1
    assert str(home.state) in done.stderr
    assert home.state.read_text(encoding="utf-8") == "in the way"


RUN_AS = """
import os, sys
# Before: the interpreter may lie where only root can read.
import bridge.daemon.app
from bridge.daemon.process.main import main
uid = int(sys.argv[1])
os.setgroups([])
os.setresgid(uid, uid, uid)
os.setresuid(uid, uid, uid)
sys.exit(main(["--foreground"]))
"""


@pytest.mark.parametrize("part", ["state", "state/koru", "state/koru/log", "state/koru/ledger", "run"])
def test_a_directory_without_write_permission_is_named(home: "Home", part: str) -> None:
    """Root may write everywhere, so that as root the daemon is run as another user."""
    for made in ("state/koru/log", "state/koru/ledger"):
        (home.root / made).mkdir(parents=True, exist_ok=True)
    for path in (home.root, *home.root.rglob("*")):
        path.chmod(0o700)
        if os.geteuid() == 0:
            os.chown(path, SOMEBODY_ELSE, SOMEBODY_ELSE)
    (home.root / part).chmod(0o500)
    if part == "state":
        (home.root / "state" / "koru" / "log").rmdir()
        (home.root / "state" / "koru" / "ledger").rmdir()
        (home.root / "state" / "koru").rmdir()
    uid = SOMEBODY_ELSE if os.geteuid() == 0 else os.geteuid()
    code = RUN_AS if os.geteuid() == 0 else RUN_AS.replace("os.set", "(lambda *_: None) #")
    done = subprocess.run(
        [sys.executable, "-P", "-c", code, str(uid)],
        cwd="/",
        env=home.environment(),
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert str(home.root / part) in done.stderr
    assert "next:" in done.stderr


# --- what it says ----------------------------------------------------------------------------------------------------


def test_systemd_is_told_when_it_answers_and_when_it_ends(home: "Home", start: "Start") -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(home.root / "notify"))
        systemd.settimeout(PATIENCE)
        daemon = start(NOTIFY_SOCKET=str(home.root / "notify"))
        assert systemd.recv(1000) == b"READY=1"
        daemon.stop()
        assert systemd.recv(1000) == b"STOPPING=1"


def test_no_text_of_a_prompt_is_logged_even_at_debug(start: "Start") -> None:
    daemon = start(KORU_LOG_LEVEL="debug")
    wire = daemon.wire()
    wire.initialize()
    private = "xyzzy-the-text-of-the-prompt"
    wire.ask("drive/start", drive_id="d1", text=private, selector={}, target={})
    wire.ask("drive/start", drive_id=private * 10, text=private, selector={}, target={})
    wire.ask("drive/start", drive_id="d2", text=[private], selector={}, target={})
    wire.ask("drive/start", drive_id="d3", text=private, selector=private, target={"mode": 5})
    wire.say({"jsonrpc": "2.0", "method": "drive/start", "params": {"text": private}})
    wire.say(private.encode("utf-8") + b"\n")
    wire.ask("drive/list")
    daemon.stop()
    assert private not in daemon.log()
    assert "stopped" in daemon.log(), "the log was written at all"


HANGS = """
import sys, threading
from bridge.daemon import app
from bridge.daemon.process import main as process
process.STOP_SECONDS_MAX = 0.5
run = app.run

async def hanging(*arguments):
    await run(*arguments)
    threading.Event().wait()

app.run = hanging
sys.exit(process.main(["--foreground"]))
"""


def told_to_stop(home: "Home", code: str) -> tuple[int, str]:
    """How a daemon that was made odd ends when it is told to, and the rest of what it said."""
    with subprocess.Popen(
        [sys.executable, "-P", "-c", code], env=home.environment(), stderr=subprocess.PIPE, encoding="utf-8"
    ) as process:
        assert process.stderr is not None
        while "ready" not in process.stderr.readline():
            assert process.poll() is None
        process.terminate()
        try:
            _, err = process.communicate(timeout=PATIENCE)
        finally:
            process.kill()
    return process.returncode, err


def test_what_hangs_at_the_end_is_shown_in_the_log_and_ended(home: "Home") -> None:
    status, err = told_to_stop(home, HANGS)
    assert status == 1
    assert "Timeout" in err
    assert "in hanging" in err


ABANDONS = """
import threading
from anyio import to_thread
from bridge.daemon import app
from bridge.daemon.process import main as process
run = app.run

async def abandoning(*arguments):
    async with app.anyio.create_task_group() as tasks:
        tasks.start_soon(lambda: to_thread.run_sync(threading.Event().wait, abandon_on_cancel=True))
        await run(*arguments)
        tasks.cancel_scope.cancel()

app.run = abandoning
process.leave(process.main(["--foreground"]))
"""


def test_a_thread_that_never_ends_does_not_keep_the_daemon(home: "Home") -> None:
    status, err = told_to_stop(home, ABANDONS)
    assert status == 0, err
    assert err.endswith("stopped\n")
    assert not home.socket.exists()
