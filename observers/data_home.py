"""Where programs that follow the XDG rules keep their data, and where the desktop's own rules put it."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def folder() -> Path:
    """`$XDG_DATA_HOME`, else `~/.local/share`: some programs use it on every platform."""
    named = os.environ.get("XDG_DATA_HOME")
    return Path(named) if named and Path(named).is_absolute() else Path.home() / ".local" / "share"


def native() -> Path:
    """The platform's own folder for the data of applications."""
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    return folder()


def configuration() -> Path:
    """The platform's own folder for the settings of applications."""
    if sys.platform == "win32":
        return Path(os.environ.get("APPDATA") or Path.home() / "AppData" / "Roaming")
    if sys.platform == "darwin":
        return native()
    named = os.environ.get("XDG_CONFIG_HOME")
    return Path(named) if named and Path(named).is_absolute() else Path.home() / ".config"
