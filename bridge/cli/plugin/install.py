"""`koru plugin install`: puts the plugin into IDEs, and asks each of them again what it has."""

from bridge.cli import exits
from bridge.cli.output import emit, paint, say
from bridge.cli.plugin import jetbrains, vsix
from bridge.cli.plugin.ide_command import IdeCommand, select
from bridge.protocol.errors import BridgeError, Reason
from registry.ides import JETBRAINS_IDES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from typing import Any


def run(arguments: "Namespace") -> int:
    """Of several IDEs, those that fail are named and the others get the plugin.

    BridgeError UNKNOWN_IDE, TOOL_MISSING; TOOL_FAILED where only one IDE is meant.
    """
    if arguments.ide in JETBRAINS_IDES:
        return _install_jetbrains(arguments)
    extension, bundled = vsix.bundled()
    commands = select(arguments.ide, arguments.command)
    if len(commands) == 1:
        results = [_install_into(commands[0], extension, bundled)]
    else:
        results = [_attempt(command, extension, bundled) for command in commands]
    if arguments.json:
        emit({"extension": extension, "version": bundled, "ides": results})
    else:
        say("\n".join(map(_line, results)))
        say("Windows that were open keep their old code until they are reloaded: koru plugin status")
    return exits.PARTLY if any("error" in result for result in results) else exits.DONE


def _attempt(command: IdeCommand, extension: str, bundled: str) -> "dict[str, Any]":
    """As `_install_into`; an error is part of the result, so that the other IDEs still get the plugin."""
    try:
        return _install_into(command, extension, bundled)
    except BridgeError as error:
        return {"ide": command.ide, "command": command.path, "error": error.message}


def _install_into(command: IdeCommand, extension: str, bundled: str) -> "dict[str, Any]":
    command.install(vsix.VSIX)
    # The IDE is asked again, because an exit code of 0 is only a claim.
    listed = command.installed_version(extension)
    if listed != bundled:
        has = "does not list it" if listed is None else f"still lists {listed}"
        text = f"{command.path} said that it installed {extension} {bundled}, and {has}"
        raise BridgeError(Reason.TOOL_FAILED, text, where=command.ide)
    return {"ide": command.ide, "command": command.path, "installed": listed}


def _line(result: "dict[str, Any]") -> str:
    if "error" in result:
        return f"{paint('failed', 'red')}  {result['ide']}: {result['error']}"
    return f"{paint('ok', 'green')}      {result['ide']}: {result['installed']} ({result['command']})"


def _install_jetbrains(arguments: "Namespace") -> int:
    """Into every plugins directory of the IDE that is new enough."""
    ide = jetbrains.meant(arguments)
    bundled = jetbrains.bundled()
    found = jetbrains.find(ide)
    for folder in found:
        jetbrains.put(folder, bundled)
    listed = [jetbrains.listed(folder, bundled) for folder in found]
    if arguments.json:
        emit(jetbrains.report(ide, bundled, listed))
    else:
        say("\n".join(_line({"ide": ide.id, "installed": x["installed"], "command": x["folder"]}) for x in listed))
        say(f"{ide.title} loads it at its next start: restart it, or use Settings, Plugins, Install Plugin from Disk")
    return exits.DONE
