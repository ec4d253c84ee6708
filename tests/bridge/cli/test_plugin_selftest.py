"""`koru plugin selftest`: the daemon asks the plugin of each connected IDE, and people are shown what it found."""

import json
import threading
from typing import TYPE_CHECKING

from tests.bridge.conftest import plugin

if TYPE_CHECKING:
    from tests.bridge.conftest import DaemonProcess, Koru, Wire

LOOKUPS = [
    {"kind": "tool_window", "name": "AI\x1b[2J", "found": True},
    {"kind": "action", "name": "Send", "found": False, "detail": "the IDE has no such action"},
]


def attach(wire: "Wire", *capabilities: str) -> None:
    hello = plugin("w1", pid=4242, surfaces=1) | {"capabilities": list(capabilities)}
    wire.initialize("plugin", plugin=hello)


def answer(wire: "Wire") -> None:
    """The next self-test that is asked for."""
    while (message := wire.hear()) is not None:
        if message.get("method") == "plugin/selftest":
            wire.say({"jsonrpc": "2.0", "id": message["id"], "result": {"lookups": LOOKUPS}})
            return


def asked(koru: "Koru", daemon: "DaemonProcess", *more: str) -> str:
    wire = daemon.wire()
    attach(wire, "plugin/selftest")
    answering = threading.Thread(target=answer, args=[wire])
    answering.start()
    done = koru("plugin", "selftest", *more)
    answering.join(timeout=30)
    assert done.returncode == 0, done.stderr
    return str(done.stdout)


def test_as_json_it_is_what_the_plugin_said(koru: "Koru", daemon: "DaemonProcess") -> None:
    (session,) = json.loads(asked(koru, daemon, "--json"))["sessions"]
    assert session["window_id"] == "w1"
    assert session["lookups"] == LOOKUPS


def test_for_people_it_is_a_table_that_cannot_steer_the_terminal(koru: "Koru", daemon: "DaemonProcess") -> None:
    page = asked(koru, daemon, "--ide", "code")
    assert "action\tSend\tno\tthe IDE has no such action" in page
    assert "tool_window" in page
    assert "\x1b" not in page


def test_without_such_an_ide_it_says_so(koru: "Koru", daemon: "DaemonProcess") -> None:
    attach(daemon.wire())
    done = koru("plugin", "selftest")
    assert done.returncode != 0
    assert "no IDE is connected whose plugin can test itself" in done.stderr
    assert "no idea is connected" in koru("plugin", "selftest", "--ide", "idea").stderr
