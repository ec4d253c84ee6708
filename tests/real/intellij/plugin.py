"""The plugin's own build script, imported from where it is."""

import importlib.util
from pathlib import Path

_SCRIPT = Path(__file__).parents[3] / "plugins-jetbrains/build.py"
_spec = importlib.util.spec_from_file_location("koru_jetbrains_build", _SCRIPT)
assert _spec is not None
assert _spec.loader is not None
build = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(build)


def harness(platform: Path, plugins: Path) -> None:
    """The plugin with an entry for the old platform, and the chats, into a plugins folder."""
    build.harness(platform, plugins)


def plugin(platform: Path, archive: Path) -> None:
    """The zip that people install."""
    build.plugin(platform, archive)
