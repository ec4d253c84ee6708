"""`koru status`: the daemon and the windows connected to it, in one page."""

import time

from bridge.cli.output import emit, paint, say, span, table
from bridge.client import Client

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from typing import Any

HELP = "show the daemon and the windows connected to it"
FLAGS = frozenset({"--json"})


def configure(parser: "ArgumentParser") -> None:
    """Nothing beyond what every verb takes."""


def run(arguments: "Namespace") -> int:
    with Client.connect() as client:
        status = client.request("daemon/status", {})
    if arguments.json:
        emit(status)
    else:
        say(_page(status, time.time_ns() // 1_000_000))
    return 0


def _page(status: "dict[str, Any]", now_ms: int) -> str:
    protocol = status["protocol"]
    lines = [
        f"{paint('koru ' + status['version'], 'bold')}  {paint('up', 'green')} {span(now_ms - status['started_at_ms'])}"
        f", pid {status['pid']}, protocol {protocol['min']} to {protocol['max']}",
        f"socket   {status['socket']}",
        f"state    {status['state_directory']}",
        f"drives   {status['drives_open']} open, {status['drives_settled']} settled",
        f"ledger   {status['ledger_rows']} rows",
        f"clients  {status['clients']}",
        "",
    ]
    rows = [row for session in status["sessions"] for row in _rows(session, now_ms)]
    if not rows:
        return "\n".join([*lines, "no window is connected (koru plugin install)"])
    return "\n".join([*lines, table(("IDE", "WINDOW", "AGENT", "WORKSPACE", "HEARD"), rows)])


def _rows(session: "dict[str, Any]", now_ms: int) -> list[tuple[str, ...]]:
    """A line for each chat of the window; one without a chat is still there."""
    ide = f"{session['ide']['product']} {session['ide']['version']}"
    heard = f"{span(now_ms - session['last_seen_at_ms'])} ago"
    return [
        (ide, session["window_id"], surface["agent"], ", ".join(surface["workspace_folders"]) or "-", heard)
        for surface in session["surfaces"]
    ] or [(ide, session["window_id"], "-", "-", heard)]
