"""The JetBrains plugin on disk: what this Koru brings, where each IDE keeps its plugins, and what stands there."""

import re
import sys
import zipfile
from io import BytesIO
from pathlib import Path

from registry.ides import JetBrainsIde

ARCHIVE = Path(__file__).parent / "assets" / "koru-jetbrains.zip"
NAME = "koru-jetbrains"
JAR = f"{NAME}/lib/{NAME}.jar"
SINCE = (2022, 3)  # the oldest whose Java has Unix sockets; plugin.xml says the same
_VERSION = re.compile(r"<version>([^<]+)</version>")
_FOLDER = re.compile(r"([A-Za-z]+)(\d{4})\.(\d+)")


def brought(archive: Path) -> str | None:
    """Version of the plugin in that archive; None where it holds none."""
    try:
        with zipfile.ZipFile(archive) as packed:
            return _version(packed.read(JAR))
    except (OSError, KeyError, zipfile.BadZipFile):
        return None


def root(vendor: str) -> Path:
    """The directory in which that vendor's IDEs keep theirs."""
    if sys.platform == "darwin":
        return Path.home() / "Library/Application Support" / vendor
    return Path.home() / ".local/share" / vendor


def folders(ide: JetBrainsIde) -> list[Path]:
    """The plugins directories of all its versions that were ever started and are new enough. OSError."""
    there = root(ide.vendor)
    found = (
        [path for path in sorted(there.iterdir()) if path.is_dir() and _fits(ide, path.name)] if there.is_dir() else []
    )
    # macOS keeps plugins and settings apart, Linux does not.
    return [path / "plugins" if sys.platform == "darwin" else path for path in found]


def installed(folder: Path) -> str | None:
    """The version that stands there, None without one."""
    try:
        return _version((folder / JAR).read_bytes())
    except (OSError, KeyError, zipfile.BadZipFile):
        return None


def _version(jar: bytes) -> str | None:
    with zipfile.ZipFile(BytesIO(jar)) as packed:
        found = _VERSION.search(packed.read("META-INF/plugin.xml").decode("utf-8", "replace"))
    return found[1] if found else None


def _fits(ide: JetBrainsIde, name: str) -> bool:
    found = _FOLDER.fullmatch(name)
    return found is not None and found[1] in ide.folders and (int(found[2]), int(found[3])) >= SINCE
