"""The plugin in each IDE that is found, and in each window that is connected."""

import json
import os
import shutil
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bridge import jetbrains_folders
from bridge.doctor.finding import Check, Finding, Remedy, Seen
from bridge.doctor.scene import Scene, bundled_plugin, bundled_versions
from registry.ides import IDES, JETBRAINS_IDES, JetBrainsIde

# Where each IDE lists its extensions, below the home directory. Only code-server's file was tried.
EXTENSIONS: dict[str, str] = {
    "code": ".vscode/extensions",
    "code-insiders": ".vscode-insiders/extensions",
    "code-oss": ".vscode-oss/extensions",
    "code-server": ".local/share/code-server/extensions",
    "codium": ".vscode-oss/extensions",
    "codium-insiders": ".vscodium-insiders/extensions",
    "cursor": ".cursor/extensions",
    "windsurf": ".windsurf/extensions",
    "antigravity": ".antigravity/extensions",
    "kiro": ".kiro/extensions",
    "qoder": ".qoder/extensions",
    "trae": ".trae/extensions",
}
LIST_MAX_BYTES = 8_388_608
_ASK = "see what the IDE itself says"


def installed(scene: Scene) -> Iterator[Finding | Seen]:
    ides = found_ides()
    yield Seen("IDEs found", ", ".join(ides) or "none")
    bundled = bundled_plugin()
    if bundled is None:
        remedy = Remedy("in a source tree, build it", ("make setup",))
        yield Finding("plugin-installed", "error", "this Koru brings no VS Code plugin", remedy)
        return
    for ide in ides:
        yield from _in_ide(ide, *bundled)


def found_ides() -> list[str]:
    """The ids of the known IDEs whose command is on PATH or in one of its usual places."""
    return [ide.id for ide in IDES.values() if any(_which(name) for name in (*ide.commands, *ide.places))]


def _which(name: str) -> str | None:
    return shutil.which(str(Path(name).expanduser()) if name.startswith("~") else name)


def _in_ide(ide: str, extension: str, version: str) -> Iterator[Finding | Seen]:
    try:
        listed = installed_version(ide, extension)
    except (OSError, ValueError) as error:
        problem = f"whether {ide} has the plugin cannot be seen ({type(error).__name__})"
        remedy = Remedy(_ASK, (f"koru plugin status --ide {ide}",))
        yield Finding("plugin-installed", "note", problem, remedy, ide)
        return
    yield Seen(f"plugin in {ide}", listed or "none")
    install = Remedy("install it, then reload the windows that are open", (f"koru plugin install --ide {ide}",))
    if listed is None:
        problem = f"{ide} has no Koru plugin"
        yield Finding("plugin-installed", "warning", problem, install, ide, blocker="plugin_not_installed")
    elif listed != version:
        problem = f"{ide} has the plugin {listed}, this Koru brings {version}"
        yield Finding("plugin-installed", "warning", problem, install, ide, blocker="plugin_outdated")


def installed_version(ide: str, extension: str) -> str | None:
    """The installed version of an extension, None without it: by the IDE's list on disk, because asking the IDE takes
    seconds. OSError, ValueError when the list cannot be read."""
    directory = Path.home() / EXTENSIONS[ide]
    if not directory.parent.is_dir() or not (directory / "extensions.json").exists():
        # The IDE was never started, or nothing was ever installed into it.
        return None
    with (directory / "extensions.json").open("rb") as file:
        listed = json.loads(file.read(LIST_MAX_BYTES))
    for each in listed if isinstance(listed, list) else ():
        if isinstance(each, dict) and str(each.get("identifier", {}).get("id", "")).lower() == extension.lower():
            return str(each.get("version"))
    return None


def connected(scene: Scene) -> Iterator[Finding]:
    """An interface that no window offers cannot act, whatever is installed."""
    status = scene.status()
    if status is None:
        return
    offered = {name for session in status["sessions"] for s in session["surfaces"] for name in s["interfaces"]}
    missing = tuple(name for name in scene.built("plugin_session") if name not in offered)
    if not missing:
        return
    if status["sessions"]:
        problem = f"no connected window offers {', '.join(missing)}"
        remedy = Remedy("see which commands the window lacks", ("koru status", "koru explain"))
    else:
        problem = "no window is connected"
        remedy = Remedy("open an IDE that has the plugin, or reload its window", ("koru plugin status",))
    yield Finding(
        "plugin-connected",
        "note" if status["sessions"] else "warning",
        problem,
        remedy,
        interfaces=missing,
        blocker="plugin_not_connected",
        depends_on=("daemon-running", "plugin-installed"),
    )


def jetbrains(scene: Scene) -> Iterator[Finding | Seen]:
    """JetBrains IDEs are found by the directories that they make at their first start, so none of them need run."""
    found = found_jetbrains()
    yield Seen("JetBrains IDEs found", ", ".join(folder.name for _, folder in found) or "none")
    bundled = jetbrains_folders.brought(jetbrains_folders.ARCHIVE)
    if found and bundled is None:
        remedy = Remedy("in a source tree, build it", (".ci/setup python intellij",))
        yield Finding("plugin-jetbrains", "warning", "this Koru brings no JetBrains plugin", remedy)
        return
    for ide, folder in found:
        yield from _in_folder(ide, folder, bundled)


def found_jetbrains() -> list[tuple[JetBrainsIde, Path]]:
    """Each JetBrains IDE with the plugins directory of one of its versions."""
    return [(ide, folder) for ide in JETBRAINS_IDES.values() for folder in jetbrains_folders.folders(ide)]


def _in_folder(ide: JetBrainsIde, folder: Path, bundled: str | None) -> Iterator[Finding | Seen]:
    listed = jetbrains_folders.installed(folder)
    yield Seen(f"plugin in {folder}", listed or "none")
    if listed == bundled:
        return
    what = "has no Koru plugin" if listed is None else f"has the plugin {listed}, this Koru brings {bundled}"
    install = Remedy("install it, then restart the IDE", (f"koru plugin install --ide {ide.id}",))
    blocker = "plugin_not_installed" if listed is None else "plugin_outdated"
    yield Finding("plugin-jetbrains", "warning", f"{ide.title} {what}", install, str(folder), blocker=blocker)


def current(scene: Scene) -> Iterator[Finding]:
    """Windows that run another version of the plugin than this Koru brings: installing changes no open window."""
    bundled = bundled_versions()
    for session in scene.sessions():
        name, running = session["plugin_name"], session["plugin_version"]
        if running != bundled.get(name, running):
            window = f"{session['ide']['product']} window {session['window_id']}"
            problem = f"{window} still runs the plugin {running}, this Koru brings {bundled[name]}"
            remedy = _anew(name, session["window_id"])
            yield Finding("plugin-current", "warning", problem, remedy, session["window_id"], blocker="plugin_outdated")


def _anew(plugin: str, window: str) -> Remedy:
    if plugin == jetbrains_folders.NAME:
        return Remedy("restart the IDE: it loads plugins at its start")
    return Remedy("reload the window: Developer: Reload Window", (f"koru recover reload_window --window {window}",))


def protocol(scene: Scene) -> Iterator[Finding]:
    status = scene.status()
    for refused in (status or {}).get("refused") or ():
        yield _refused(refused, scene)
    newest = status["protocol"]["max"] if status is not None else 0
    for session in scene.sessions():
        if session["protocol"] < newest:
            window = f"{session['ide']['product']} window {session['window_id']}"
            problem = f"{window} speaks protocol {session['protocol']}, the daemon {newest}"
            remedy = Remedy("works, but update the plugin", (f"koru plugin install --ide {session['ide']['product']}",))
            yield Finding("plugin-protocol", "note", problem, remedy, session["window_id"])


def _refused(refused: dict[str, Any], scene: Scene) -> Finding:
    ide, window, newest = refused["ide"], refused["window_id"], (scene.status() or {})["protocol"]["max"]
    speaks = f"{refused['protocol_min']} to {refused['protocol_max']}"
    problem = f"{ide} window {window} was turned away: its plugin {refused['plugin_version']} speaks protocol {speaks}"
    remedy = Remedy("update the plugin, then reload the window", (f"koru plugin install --ide {ide}",))
    if refused["protocol_min"] > newest:
        remedy = Remedy("update Koru: the plugin is newer than the daemon", ("koru recover restart_daemon",))
    return Finding("plugin-protocol", "error", problem, remedy, window, blocker="plugin_outdated")


def windows(scene: Scene) -> Iterator[Finding | Seen]:
    """Notes folders that several windows of an IDE have open: a drive that names the folder alone is ambiguous."""
    by_folder: dict[tuple[str, str], set[str]] = defaultdict(set)
    for session in scene.sessions():
        folders = dict.fromkeys(each for surface in session["surfaces"] for each in surface["workspace_folders"])
        name = f"{session['ide']['product']} window {session['window_id']}"
        yield Seen(name, ", ".join(folders) or "no folder")
        for surface in session["surfaces"]:
            for folder in surface["workspace_folders"]:
                by_folder[session["ide"]["product"], os.path.normpath(folder)].add(session["window_id"])
    for (ide, folder), ids in sorted(by_folder.items()):
        if len(ids) > 1:
            problem = f"{len(ids)} windows of {ide} have {folder} open: {', '.join(sorted(ids))}"
            remedy = Remedy("close one, or say which with --window", ("koru status",))
            yield Finding("plugin-windows", "note", problem, remedy, folder)


CHECKS = (
    Check("plugin-installed", "each IDE that is found has the plugin of this Koru", installed),
    Check("plugin-jetbrains", "each JetBrains IDE that was ever started has the plugin of this Koru", jetbrains),
    Check("plugin-connected", "a window is connected and offers what is built", connected),
    Check("plugin-current", "no window runs old code of the plugin", current),
    Check("plugin-protocol", "plugins and daemon speak the newest protocol they could", protocol),
    Check("plugin-windows", "a folder is open in one window only", windows),
)
