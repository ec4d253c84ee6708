"""`koru plugin`: puts the plugin into IDEs, and shows which version each of them has and which one really runs."""

import json
import zipfile
from pathlib import Path

from bridge.cli.output import emit, paint, say, table
from bridge.cli.plugin import jetbrains as jetbrains_plugin
from bridge.cli.plugin import selftest as plugin_selftest
from bridge.cli.plugin.ide_command import IdeCommand, select
from bridge.client import Client
from bridge.protocol.errors import BridgeError, Reason
from registry.ides import JETBRAINS_IDES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from typing import Any

HELP = "install the plugin into an IDE, compare versions, or let it test itself"
VSIX = Path(__file__).parents[2] / "assets" / "koru-vscode.vsix"
PLUGIN_NAME = "koru-vscode"
EXIT_PARTLY = 1  # what could be done was done, what could not was named


def configure(parser: "ArgumentParser") -> None:
    parser.add_argument(
        "action",
        choices=("install", "status", "selftest"),
        help="install the plugin, compare versions, or show what running plugins find in their IDEs",
    )
    parser.add_argument(
        "--ide", metavar="IDE", help="only this one: code, cursor, idea, pycharm ... (all found of VS Code's)"
    )
    parser.add_argument("--command", metavar="PATH", help="the command that starts the IDE, where it is not on PATH")


def run(arguments: "Namespace") -> int:
    if arguments.action == "selftest":
        return plugin_selftest.run(arguments)
    if arguments.ide in JETBRAINS_IDES:
        return jetbrains_plugin.run(arguments)
    extension, bundled = bundle(VSIX)
    return {"install": _install, "status": _status}[arguments.action](arguments, extension, bundled)


def bundle(vsix: Path) -> tuple[str, str]:
    """Id and version of the plugin that this Koru brings. BridgeError TOOL_MISSING."""
    try:
        with zipfile.ZipFile(vsix) as packed:
            manifest: dict[str, str] = json.loads(packed.read("extension/package.json"))
        return f"{manifest['publisher']}.{manifest['name']}", manifest["version"]
    except (OSError, KeyError, ValueError, zipfile.BadZipFile):
        hint = "from a source tree: make setup"
        raise BridgeError(
            Reason.TOOL_MISSING, "this Koru brings no VS Code plugin", where=str(vsix), hint=hint
        ) from None


# --- install ---------------------------------------------------------------------------------------------------------


def _install(arguments: "Namespace", extension: str, bundled: str) -> int:
    commands = select(arguments.ide, arguments.command)
    if len(commands) == 1:
        results = [_install_into(commands[0], extension, bundled)]
    else:
        results = [_attempt(command, extension, bundled) for command in commands]
    if arguments.json:
        emit({"extension": extension, "version": bundled, "ides": results})
    else:
        say("\n".join(map(_installed, results)))
        say("Windows that were open keep their old code until they are reloaded: koru plugin status")
    return EXIT_PARTLY if any("error" in result for result in results) else 0


def _attempt(command: IdeCommand, extension: str, bundled: str) -> "dict[str, Any]":
    """One IDE that fails does not keep the plugin from the others."""
    try:
        return _install_into(command, extension, bundled)
    except BridgeError as error:
        return {"ide": command.ide, "command": command.path, "error": error.message}


def _install_into(command: IdeCommand, extension: str, bundled: str) -> "dict[str, Any]":
    command.install(VSIX)
    # Asked again: an exit code of 0 is only what the command says of itself.
    listed = command.installed_version(extension)
    if listed != bundled:
        has = "does not list it" if listed is None else f"still lists {listed}"
        text = f"{command.path} said that it installed {extension} {bundled}, and {has}"
        raise BridgeError(Reason.TOOL_FAILED, text, where=command.ide)
    return {"ide": command.ide, "command": command.path, "installed": listed}


def _installed(result: "dict[str, Any]") -> str:
    if "error" in result:
        return f"{paint('failed', 'red')}  {result['ide']}: {result['error']}"
    return f"{paint('ok', 'green')}      {result['ide']}: {result['installed']} ({result['command']})"


# --- status ----------------------------------------------------------------------------------------------------------


def _status(arguments: "Namespace", extension: str, bundled: str) -> int:
    ides = [_listed(command, extension, bundled) for command in _found(arguments)]
    sessions = _sessions(arguments.ide, bundled)
    report = {"extension": extension, "bundled": bundled, "ides": ides, "daemon": sessions is not None}
    if arguments.json:
        emit({**report, "sessions": sessions or []})
    else:
        say(_page(report, sessions))
    return 0


def _found(arguments: "Namespace") -> list[IdeCommand]:
    """That no IDE is found is an answer here, unless one was asked for."""
    try:
        return select(arguments.ide, arguments.command)
    except BridgeError as error:
        if error.reason is not Reason.TOOL_MISSING or arguments.ide or arguments.command:
            raise
        return []


def _listed(command: IdeCommand, extension: str, bundled: str) -> "dict[str, Any]":
    known = {"ide": command.ide, "command": command.path}
    try:
        installed = command.installed_version(extension)
    except BridgeError as error:
        return {**known, "installed": None, "state": "unknown", "error": error.message}
    state = "missing" if installed is None else "current" if installed == bundled else "different"
    return {**known, "installed": installed, "state": state}


def _sessions(ide: str | None, bundled: str) -> "list[dict[str, Any]] | None":
    """What the connected windows really run; None without a daemon."""
    try:
        with Client.connect() as client:
            sessions = client.request("sessions/list", {})["sessions"]
    except BridgeError as error:
        if error.reason is Reason.DAEMON_NOT_RUNNING:
            return None
        raise
    return [
        {
            "ide": session["ide"]["product"],
            "window_id": session["window_id"],
            "pid": session["pid"],
            "running": session["plugin_version"],
            "state": "current" if session["plugin_version"] == bundled else "old_code",
        }
        for session in sessions
        if session["plugin_name"] == PLUGIN_NAME and ide in (None, session["ide"]["product"])
    ]


_WORDS = {
    "current": "up to date",
    "missing": "not installed: koru plugin install",
    "different": "another version: koru plugin install",
    "unknown": "the IDE could not be asked",
    "old_code": "still runs another version: reload the window",
}
_STYLES = {"current": "green", "missing": "yellow", "different": "yellow", "unknown": "red", "old_code": "yellow"}


def _page(report: "dict[str, Any]", sessions: "list[dict[str, Any]] | None") -> str:
    lines = [f"this Koru brings {report['extension']} {report['bundled']}", ""]
    rows = [(ide["ide"], ide["installed"] or "-", _word(ide["state"]), ide["command"]) for ide in report["ides"]]
    lines.append(table(("IDE", "INSTALLED", "STATE", "COMMAND"), rows) if rows else "no IDE was found on PATH")
    lines += [f"{ide['ide']}: {ide['error']}" for ide in report["ides"] if "error" in ide]
    lines.append("")
    if sessions is None:
        return "\n".join([*lines, "no daemon runs, so what open windows run is not known (koru up)"])
    if not sessions:
        return "\n".join([*lines, "no window is connected"])
    windows = [(each["ide"], each["running"], _word(each["state"]), each["window_id"]) for each in sessions]
    return "\n".join([*lines, table(("IDE", "RUNNING", "STATE", "WINDOW"), windows)])


def _word(state: str) -> str:
    return paint(_WORDS[state], _STYLES[state])
