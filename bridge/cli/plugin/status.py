"""`koru plugin status`: which version of the plugin each IDE has, and which one really runs. It changes nothing."""

from bridge.cli import exits
from bridge.cli.output import emit, say, table
from bridge.cli.plugin import jetbrains, vsix
from bridge.cli.plugin.ide_command import IdeCommand, select
from bridge.cli.plugin.versions import connected, state_of
from bridge.protocol.errors import BridgeError, Reason
from registry.ides import JETBRAINS_IDES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from typing import Any

WORDS = {
    "current": "up to date",
    "missing": "not installed: koru plugin install",
    "different": "another version: koru plugin install",
    "unknown": "the IDE could not be asked",
    "old_code": "still runs another version: reload the window",
}


def run(arguments: "Namespace") -> int:
    """BridgeError UNKNOWN_IDE, TOOL_MISSING."""
    if arguments.ide in JETBRAINS_IDES:
        return _jetbrains(arguments)
    extension, bundled = vsix.bundled()
    ides = [_listed(command, extension, bundled) for command in _found(arguments)]
    sessions = _sessions(arguments.ide, bundled)
    report = {"extension": extension, "bundled": bundled, "ides": ides, "daemon": sessions is not None}
    if arguments.json:
        emit({**report, "sessions": sessions or []})
    else:
        say(_page(report, sessions))
    return exits.DONE


def _found(arguments: "Namespace") -> list[IdeCommand]:
    """The IDEs that are meant. That none is found is an answer of this command, unless one was named."""
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
    return {**known, "installed": installed, "state": state_of(installed, bundled)}


def _sessions(ide: str | None, bundled: str) -> "list[dict[str, Any]] | None":
    """What the connected windows run; None where no daemon runs."""
    sessions = connected()
    if sessions is None:
        return None
    return [
        {
            "ide": session["ide"]["product"],
            "window_id": session["window_id"],
            "pid": session["pid"],
            "running": session["plugin_version"],
            "state": "current" if session["plugin_version"] == bundled else "old_code",
        }
        for session in sessions
        if session["plugin_name"] == vsix.PLUGIN_NAME and ide in (None, session["ide"]["product"])
    ]


def _page(report: "dict[str, Any]", sessions: "list[dict[str, Any]] | None") -> str:
    lines = [f"this Koru brings {report['extension']} {report['bundled']}", ""]
    rows = [(ide["ide"], ide["installed"] or "-", WORDS[ide["state"]], ide["command"]) for ide in report["ides"]]
    lines.append(table(("IDE", "INSTALLED", "STATE", "COMMAND"), rows) if rows else "no IDE was found on PATH")
    lines += [f"{ide['ide']}: {ide['error']}" for ide in report["ides"] if "error" in ide]
    lines.append("")
    if sessions is None:
        return "\n".join([*lines, "no daemon runs, so what open windows run is not known (koru up)"])
    if not sessions:
        return "\n".join([*lines, "no window is connected"])
    windows = [(each["ide"], each["running"], WORDS[each["state"]], each["window_id"]) for each in sessions]
    return "\n".join([*lines, table(("IDE", "RUNNING", "STATE", "WINDOW"), windows)])


def _jetbrains(arguments: "Namespace") -> int:
    ide = jetbrains.meant(arguments)
    bundled = jetbrains.bundled()
    listed = [jetbrains.listed(folder, bundled) for folder in jetbrains.find(ide)]
    report = jetbrains.report(ide, bundled, listed)
    if arguments.json:
        emit(report)
        return exits.DONE
    rows = [(ide.id, each["installed"] or "-", each["state"] or "-", each["folder"] or "-") for each in listed]
    say(table(("IDE", "INSTALLED", "STATE", "DIRECTORY"), rows))
    say(f"running now: {', '.join(report['sessions']) or 'no IDE of this kind is connected'}")
    return exits.DONE
