"""`koru plugin selftest`: what the plugin of each connected IDE found of all that it looks for."""

from bridge.cli import exits
from bridge.cli.output import emit, say, table
from bridge.client import Client
from bridge.protocol.errors import BridgeError, Reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from typing import Any

CAPABILITY = "plugin/selftest"
PATIENCE_S = 20.0


def run(arguments: "Namespace") -> int:
    """Asks every connected IDE that can answer, or those of one kind. BridgeError UNKNOWN_IDE when there is none."""
    with Client.connect() as client:
        sessions = [each for each in client.request("sessions/list", {})["sessions"] if _fits(each, arguments.ide)]
        if not sessions:
            which = arguments.ide or "IDE"
            text = f"no {which} is connected whose plugin can test itself"
            raise BridgeError(Reason.UNKNOWN_IDE, text, where="--ide", hint="koru status")
        tested = [(session, _ask(client, session)) for session in sessions]
    if arguments.json:
        emit({"sessions": [_identity(session) | {"lookups": lookups} for session, lookups in tested]})
    else:
        say("\n\n".join(_page(session, lookups) for session, lookups in tested))
    return exits.DONE


def _fits(session: "dict[str, Any]", ide: str | None) -> bool:
    return CAPABILITY in session["capabilities"] and ide in (None, session["ide"]["product"])


def _ask(client: Client, session: "dict[str, Any]") -> "list[dict[str, Any]]":
    asked = {"session_id": session["session_id"]}
    lookups: list[dict[str, Any]] = client.request("sessions/selftest", asked, timeout=PATIENCE_S)["lookups"]
    return lookups


def _identity(session: "dict[str, Any]") -> "dict[str, Any]":
    return {"ide": session["ide"], "window_id": session["window_id"], "plugin": session["plugin_version"]}


def _page(session: "dict[str, Any]", lookups: "list[dict[str, Any]]") -> str:
    ide = session["ide"]
    rows = [(each["kind"], each["name"], _word(each["found"]), each.get("detail") or "-") for each in lookups]
    head = f"{ide['product']} {ide['version']}, window {session['window_id']}, plugin {session['plugin_version']}"
    return f"{head}\n{table(('LOOKED FOR', 'NAME', 'FOUND', 'DETAIL'), rows)}"


def _word(found: bool) -> str:
    return "yes" if found else "no"
