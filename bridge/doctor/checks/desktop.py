"""The desktop session, what each injector says that it lacks, and accessibility."""

import importlib.util
import os
import shutil
from collections.abc import Iterator, Mapping
from functools import partial

from bridge import paths
from bridge.doctor.finding import Check, Finding, Remedy, Seen
from bridge.doctor.scene import Scene
from injectors.catalogue import CATALOGUE
from injectors.ydotool import Generation, generation, socket_path

_SHOWN = ("DISPLAY", "WAYLAND_DISPLAY", "XDG_SESSION_TYPE", "XDG_CURRENT_DESKTOP", "SWAYSOCK")
_COMPOSITORS = {"SWAYSOCK": "sway", "HYPRLAND_INSTANCE_SIGNATURE": "Hyprland", "NIRI_SOCKET": "niri"}


def session(scene: Scene) -> Iterator[Finding | Seen]:
    """The session that the environment names. Whether it answers, the checks of the injectors tell."""
    for name in _SHOWN:
        if scene.environment.get(name):
            yield Seen(name, scene.environment[name])
    if scene.environment.get("WAYLAND_DISPLAY"):
        yield Seen("Wayland compositor", _compositor(scene.environment))
    if not scene.environment.get("DISPLAY") and not scene.environment.get("WAYLAND_DISPLAY"):
        problem = "there is no desktop session here: neither DISPLAY nor WAYLAND_DISPLAY is set"
        yield Finding("desktop-session", "note", problem, Remedy("for the plugins none is needed; else log in to one"))


def _compositor(environment: Mapping[str, str]) -> str:
    """The compositor by its own variable in the environment, else by XDG_CURRENT_DESKTOP."""
    marked = next((name for mark, name in _COMPOSITORS.items() if environment.get(mark)), None)
    return marked or environment.get("XDG_CURRENT_DESKTOP") or "not known"


def injector(name: str, scene: Scene) -> Iterator[Finding | Seen]:
    """What the injector says that it needs (`Injector.needs`); the selector asks the same method."""
    having = scene.of_adapter("injector", name)
    if having and not set(having) & set(scene.built("injector")):
        yield Seen(f"injector {name}", "not for this system")
        return
    one = CATALOGUE[name](scene.environment)
    lack = one.needs()
    if lack is None:
        yield Seen(f"injector {name}", f"ready; {one.caution}" if one.caution else "ready")
        return
    yield Finding(
        f"injector-{name.replace('_', '-')}",
        "note",
        f"{name}: {lack.message}",
        Remedy(lack.hint, (f"sudo apt install {' '.join(lack.packages)}",) if lack.packages else ()),
        interfaces=scene.of_adapter("injector", name),
        blocker=str(lack.blocker),
        depends_on=("desktop-session",),
    )


def desk_settings(scene: Scene) -> Iterator[Finding | Seen]:
    """A `desk.yaml` that is not valid stops every injector."""
    if not os.path.lexists(paths.config_directory() / "desk.yaml"):
        yield Seen("windows named in desk.yaml", "0")
        return
    # Imported here: it imports half of the wire, and most users have no such file.
    from bridge.desk.settings import load

    settings = load(paths.config_directory())
    if settings.problem is None:
        yield Seen("windows named in desk.yaml", str(len(settings.windows)))
        return
    remedy = Remedy("mend the file, or remove it; until then nothing acts on the desktop")
    yield Finding("desk-settings", "error", settings.problem, remedy)


def ydotool_generation(scene: Scene) -> Iterator[Finding | Seen]:
    """Two programs have the name ydotool; they take different words for one key, and exit 0 on the wrong ones."""
    if shutil.which("ydotool", path=scene.environment.get("PATH")) is None:
        return
    found = generation(scene.environment)
    if found is None:
        yield Seen("ydotool", "neither 0.1.x nor 1.x by its own help text")
        return
    speaks = "key codes" if found is Generation.CODES else "key names"
    yield Seen("ydotool", f"{found}.x: takes {speaks}, daemon at {socket_path(found, scene.environment)}")


def accessibility(scene: Scene) -> Iterator[Finding | Seen]:
    """Without accessibility a field of the desktop cannot be read back, so the best grade there is a claim."""
    if importlib.util.find_spec("jeepney") is None:
        remedy = Remedy("install the desktop parts", ("pip install 'koru-bridge[desktop]'",))
        yield _unread("the D-Bus library is not installed", remedy)
        return
    from injectors.atspi_bus import AtspiBus, NoAnswer

    address = scene.environment.get("DBUS_SESSION_BUS_ADDRESS", "")
    runtime = scene.environment.get("XDG_RUNTIME_DIR", "")
    if not address and not runtime:
        yield _unread("there is no session bus", Remedy("log in to a desktop session"))
        return
    try:
        AtspiBus(address or f"unix:path={runtime}/bus").close()
    except NoAnswer as error:
        yield _unread(str(error), Remedy("install at-spi2-core", ("sudo apt install at-spi2-core",)))
        return
    yield Seen("accessibility", "the bus answers")


def _unread(problem: str, remedy: Remedy) -> Finding:
    return Finding("accessibility", "note", f"accessibility: {problem}", remedy, depends_on=("desktop-session",))


CHECKS = (
    Check("desktop-session", "there is a desktop session", session),
    *(
        Check(f"injector-{name.replace('_', '-')}", f"the injector {name} could run", partial(injector, name))
        for name in CATALOGUE
    ),
    Check("desk-settings", "the desktop's settings can be read", desk_settings),
    Check("ydotool-generation", "which generation of ydotool is installed", ydotool_generation),
    Check("accessibility", "fields on the desktop can be read", accessibility),
)
