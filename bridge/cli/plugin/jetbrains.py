"""`koru plugin` for a JetBrains IDE: into its plugins directory, which it reads at its start."""

import shutil
import tempfile
import zipfile
from pathlib import Path

from bridge.cli.output import emit, paint, say, table
from bridge.client import Client
from bridge.jetbrains_folders import ARCHIVE, NAME, SINCE, brought, folders, installed, root
from bridge.protocol.errors import BridgeError, Reason
from registry.ides import JETBRAINS_IDES, JetBrainsIde

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace


def run(arguments: "Namespace") -> int:
    """Installs into, or compares with, every directory of the IDE that is new enough."""
    if arguments.command:
        raise BridgeError(
            Reason.INVALID_PARAMS,
            "a JetBrains IDE is found by its directory, not by a command",
            where="--command",
            hint=f"koru plugin {arguments.action} --ide {arguments.ide}",
        )
    ide = JETBRAINS_IDES[arguments.ide]
    bundled = bundle(ARCHIVE)
    found = find(ide)
    if arguments.action == "install":
        for folder in found:
            install(folder, bundled)
    listed = [_listed(folder, bundled) for folder in found]
    if arguments.json:
        emit({"plugin": NAME, "bundled": bundled, "ides": listed, "sessions": _running(ide)})
        return 0
    if arguments.action == "install":
        say(
            "\n".join(
                f"{paint('ok', 'green')}      {ide.id}: {each['installed']} ({each['folder']})" for each in listed
            )
        )
        say(f"{ide.title} loads it at its next start: restart it, or use Settings, Plugins, Install Plugin from Disk")
    else:
        rows = [(ide.id, each["installed"] or "-", each["state"] or "-", each["folder"] or "-") for each in listed]
        say(table(("IDE", "INSTALLED", "STATE", "DIRECTORY"), rows))
        say(f"running now: {', '.join(_running(ide)) or 'no IDE of this kind is connected'}")
    return 0


def bundle(archive: Path) -> str:
    """Version of the plugin that this Koru brings. BridgeError TOOL_MISSING."""
    version = brought(archive)
    if version is None:
        text = "this Koru brings no JetBrains plugin"
        raise BridgeError(
            Reason.TOOL_MISSING, text, where=str(archive), hint="from a source tree: .ci/setup python intellij"
        )
    return version


def find(ide: JetBrainsIde) -> list[Path]:
    """The plugins directories of all its versions that are new enough. BridgeError TOOL_MISSING."""
    found = folders(ide)
    if not found:
        wanted = " or ".join(f"{name}{SINCE[0]}.{SINCE[1]}" for name in ide.folders)
        there = root(ide.vendor)
        text = f"no {ide.title} of {SINCE[0]}.{SINCE[1]} or newer was ever started here; looked for {wanted} in {there}"
        raise BridgeError(Reason.TOOL_MISSING, text, hint=f"start {ide.title} once, then run this again")
    return found


def install(folder: Path, wanted: str) -> None:
    """Puts the plugin there whole or not at all, and reads back what is there. BridgeError TOOL_FAILED."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder, prefix=".koru-") as fresh:
            with zipfile.ZipFile(ARCHIVE) as packed:
                packed.extractall(fresh)
            if (folder / NAME).exists():
                (folder / NAME).rename(Path(fresh, "old"))
            Path(fresh, NAME).rename(folder / NAME)
    except (OSError, shutil.Error) as error:
        text = f"{folder} could not be written ({type(error).__name__})"
        raise BridgeError(Reason.TOOL_FAILED, text, where=str(folder)) from None
    if installed(folder) != wanted:
        raise BridgeError(Reason.TOOL_FAILED, f"{folder} holds another plugin than was put there", where=str(folder))


def _listed(folder: Path, bundled: str) -> "dict[str, str | None]":
    version = installed(folder)
    state = "missing" if version is None else "current" if version == bundled else "different"
    return {"folder": str(folder), "installed": version, "state": state}


def _running(ide: JetBrainsIde) -> list[str]:
    """Versions that connected IDEs of this kind really run; none without a daemon."""
    try:
        with Client.connect() as client:
            sessions = client.request("sessions/list", {})["sessions"]
    except BridgeError as error:
        if error.reason is Reason.DAEMON_NOT_RUNNING:
            return []
        raise
    return [each["plugin_version"] for each in sessions if each["ide"]["product"] == ide.id]
