"""`koru status`: one page, for people or for programs."""

import json
import os
import pty
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.bridge.conftest import DaemonProcess, Home, Koru

PATIENCE = 60.0


def test_without_a_daemon_it_says_how_to_start_one(koru: "Koru", home: "Home") -> None:
    done = koru("status")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"koru: no daemon answers ({home.socket})\n  next: koru up\n"
    assert json.loads(koru("status", "--json").stdout)["error"]["reason"] == "daemon_not_running"


def test_a_daemon_elsewhere_is_pointed_to(koru: "Koru", daemon: "DaemonProcess") -> None:
    done = koru("status", XDG_RUNTIME_DIR=str(daemon.home.root / "run2"))
    assert done.returncode == 1
    assert f"KORU_SOCKET={daemon.home.socket}" in done.stderr


def test_as_json_it_is_the_daemons_own_answer(koru: "Koru", daemon: "DaemonProcess") -> None:
    wire = daemon.wire()
    wire.attach("w1")
    said = json.loads(koru("status", "--json").stdout)
    assert said["pid"] == daemon.pid
    assert [session["window_id"] for session in said["sessions"]] == ["w1"]
    assert said.keys() == daemon.status().keys()


def test_for_people_it_names_daemon_places_and_windows(koru: "Koru", daemon: "DaemonProcess") -> None:
    assert "no window is connected" in koru("status").stdout
    wire = daemon.wire()
    wire.attach("w1", surfaces=1)
    page = koru("status").stdout
    for part in (f"pid {daemon.pid}", str(daemon.home.socket), str(daemon.home.state), "0 open", "/home/me/w1"):
        assert part in page, part
    (row,) = [line.split("\t") for line in page.splitlines() if "\t" in line]
    assert row[:4] == ["code 1.90.0", "w1", "copilot", "/home/me/w1"], "for cut and awk: no header, no colours"
    assert "\x1b" not in page


def test_a_window_without_a_chat_is_listed(koru: "Koru", daemon: "DaemonProcess") -> None:
    daemon.wire().attach("w1", surfaces=0)
    assert "code 1.90.0\tw1\t-\t-\t" in koru("status").stdout


@pytest.mark.parametrize("no_color", ["", "1"])
def test_on_a_terminal_there_are_columns_and_colours_unless_unwanted(daemon: "DaemonProcess", no_color: str) -> None:
    wire = daemon.wire()
    wire.attach("w1")
    page = on_a_terminal(daemon, ["status"], NO_COLOR=no_color)
    assert bool(re.search(r"\x1b\[\d+m", page)) == (not no_color)
    plain = re.sub(r"\x1b\[\d+m", "", page)
    header, row = plain.splitlines()[-2:]
    assert header.split() == ["IDE", "WINDOW", "AGENT", "WORKSPACE", "HEARD"]
    assert header.index("AGENT") == row.index("copilot")


def test_what_a_plugin_says_cannot_steer_the_terminal(daemon: "DaemonProcess") -> None:
    wire = daemon.wire()
    wire.attach("w\x1b[2J\x07\x9b1")
    page = on_a_terminal(daemon, ["status"], NO_COLOR="1")
    assert not set(page) & set("\x1b\x07\x9b")
    assert "w\ufffd[2J\ufffd\ufffd1" in page


def on_a_terminal(daemon: "DaemonProcess", words: list[str], **environment: str) -> str:
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-P", "-m", "bridge.cli", *words], env=daemon.home.environment(**environment), stdout=theirs
    ) as process:
        os.close(theirs)
        received = b""
        while True:
            try:
                data = os.read(ours, 65_536)
            except OSError:  # how Linux says that the other end was closed
                break
            if not data:
                break
            received += data
        assert process.wait(PATIENCE) == 0
    os.close(ours)
    return received.decode("utf-8").replace("\r\n", "\n")
