"""`koru status`: the daemon and the windows connected to it, in one page."""

from bridge.cli import exits
from bridge.cli.output import emit, paint, say, span, table
from bridge.client import Client
from bridge.clock import now_ms

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
        say(_page(status, now_ms()))
    return exits.DONE


def _page(status: "dict[str, Any]", now: int) -> str:
    protocol = status["protocol"]
    lines = [
        f"{paint('koru ' + status['version'], 'bold')}  {paint('up', 'green')} {span(now - status['started_at_ms'])}"
        f", pid {status['pid']}, protocol {protocol['min']} to {protocol['max']}",
        f"socket   {status['socket']}",
        f"state    {status['state_directory']}",
        f"drives   {status['drives_open']} open, {status['drives_settled']} settled",
        f"ledger   {status['ledger_rows']} rows",
        f"clients  {status['clients']}",
        *(_fault(fault, now) for fault in status.get("contained") or ()),
        "",
    ]
    rows = [row for session in status["sessions"] for row in _rows(session, now)]
    if not rows:
        return "\n".join([*lines, "no window is connected (koru plugin install)"])
    return "\n".join([*lines, table(("IDE", "WINDOW", "AGENT", "WORKSPACE", "HEARD"), rows)])


def _fault(fault: "dict[str, Any]", now: int) -> str:
    ago = span(now - fault["at_ms"])
    return f"fault    {fault['what']}: {fault['error']}, {fault['count']} times, {ago} ago (koru doctor)"


def _rows(session: "dict[str, Any]", now: int) -> list[tuple[str, ...]]:
    """A line for each chat of the window; one line for a window without a chat."""
    ide = f"{session['ide']['product']} {session['ide']['version']}"
    heard = f"{span(now - session['last_seen_at_ms'])} ago"
    return [
        (ide, session["window_id"], surface["agent"], ", ".join(surface["workspace_folders"]) or "-", heard)
        for surface in session["surfaces"]
    ] or [(ide, session["window_id"], "-", "-", heard)]
