"""The plugin in JetBrains IDEs: each has a plugins directory, which it reads at its start."""

import shutil
import tempfile
import zipfile
from pathlib import Path

from bridge.cli.plugin.versions import connected, state_of
from bridge.jetbrains_folders import ARCHIVE, NAME, SINCE, brought, folders, installed, root
from bridge.protocol.errors import BridgeError, Reason
from registry.ides import JETBRAINS_IDES, JetBrainsIde

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from typing import Any


def meant(arguments: "Namespace") -> JetBrainsIde:
    """The IDE of `--ide`. BridgeError INVALID_PARAMS when a command was given, too."""
    if arguments.command:
        raise BridgeError(
            Reason.INVALID_PARAMS,
            "a JetBrains IDE is found by its directory, not by a command",
            where="--command",
            hint=f"koru plugin {arguments.action} --ide {arguments.ide}",
        )
    return JETBRAINS_IDES[arguments.ide]


def bundled() -> str:
    """Version of the plugin that this Koru brings. BridgeError TOOL_MISSING."""
    version = brought(ARCHIVE)
    if version is None:
        text, hint = "this Koru brings no JetBrains plugin", "from a source tree: .ci/setup python intellij"
        raise BridgeError(Reason.TOOL_MISSING, text, where=str(ARCHIVE), hint=hint)
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


def put(folder: Path, wanted: str) -> None:
    """Put the plugin there whole or not at all, and read back its version. BridgeError TOOL_FAILED."""
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


def listed(folder: Path, version: str) -> "dict[str, str | None]":
    """What stands in a plugins directory, beside the version that this Koru brings."""
    found = installed(folder)
    return {"folder": str(folder), "installed": found, "state": state_of(found, version)}


def report(ide: JetBrainsIde, version: str, found: "list[dict[str, str | None]]") -> "dict[str, Any]":
    """For `--json`. `sessions`: the versions that connected IDEs of this kind run; none where no daemon runs."""
    running = [each["plugin_version"] for each in connected() or [] if each["ide"]["product"] == ide.id]
    return {"plugin": NAME, "bundled": version, "ides": found, "sessions": running}
