"""Where VS Code and the products built on it keep their user data, as data. Nothing here knows about chats."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

from observers.base import ObserverError, Store
from observers.folders import subfolders
from observers.jsonl import read_whole
from observers.regular_file import may_be_directory

# product id -> name of its folder among the applications' data, the same on every platform
DESKTOP: dict[str, str] = {
    "code": "Code",
    "code-insiders": "Code - Insiders",
    "code-oss": "Code - OSS",
    "codium": "VSCodium",
    "codium-insiders": "VSCodium - Insiders",
    "cursor": "Cursor",
    "windsurf": "Windsurf",
    "windsurf-next": "Windsurf - Next",
    "antigravity": "Antigravity",
    "kiro": "Kiro",
    "trae": "Trae",
    "trae-cn": "Trae CN",
    "void": "Void",
    "positron": "Positron",
    "pearai": "PearAI",
}

# product id -> folder in the home directory of builds that run as a server
SERVER: dict[str, str] = {
    "code-server": ".local/share/code-server",
    "vscode-server": ".vscode-server/data",
    "vscode-server-insiders": ".vscode-server-insiders/data",
    "openvscode-server": ".openvscode-server/data",
    "codium-server": ".vscodium-server/data",
    "cursor-server": ".cursor-server/data",
    "windsurf-server": ".windsurf-server/data",
}


@dataclass(frozen=True, slots=True)
class HostPlatform:
    """What decides where the data is; the machine we run on by default."""

    platform: str = sys.platform
    home: Path = field(default_factory=Path.home)
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)

    def application_data(self) -> Path:
        """The folder that holds one folder per desktop application."""
        if self.platform == "darwin":
            return self.home / "Library" / "Application Support"
        if self.platform == "win32":
            return Path(self.environment.get("APPDATA") or self.home / "AppData" / "Roaming")
        return Path(self.environment.get("XDG_CONFIG_HOME") or self.home / ".config")


def user_directories(machine: HostPlatform | None = None) -> Iterator[tuple[str, Path]]:
    """Product and its `User` directory, whether it exists or not."""
    machine = machine or HostPlatform()
    portable = machine.environment.get("VSCODE_PORTABLE")
    if portable:
        yield "code", Path(portable) / "user-data" / "User"
    for product, name in DESKTOP.items():
        yield product, machine.application_data() / name / "User"
    data_home = machine.environment.get("XDG_DATA_HOME")
    if data_home and machine.platform == "linux":
        yield "code-server", Path(data_home) / "code-server" / "User"
    for product, name in SERVER.items():
        yield product, machine.home / name / "User"


def product_of(path: Path, machine: HostPlatform | None = None) -> str | None:
    """Which product's user data this path lies in."""
    for product, user in user_directories(machine):
        if path.is_relative_to(user):
            return product
    return None


def storage_above(path: Path) -> Path | None:
    """`…/workspaceStorage/<id>` or `…/globalStorage` of a path in or below it; None for a path elsewhere."""
    for folder in (path, *path.parents):
        if folder.name == "globalStorage" or folder.parent.name == "workspaceStorage":
            return folder
    return None


def workspace_of(storage: Path) -> str | None:
    """The folder or workspace file that a `workspaceStorage/<id>` belongs to: a path, or a URI if it is not local.

    None where nothing says so, as in builds for the browser.
    """
    try:
        named = read_whole(storage / "workspace.json", delays=())
    except ObserverError:
        return None
    if not isinstance(named, dict):
        return None
    for key in ("folder", "workspace", "configuration"):
        uri = named.get(key)
        if isinstance(uri, str):
            return local_path(uri)
        if isinstance(uri, dict) and isinstance(uri.get("path"), str):
            return local_path(f"{uri.get('scheme', 'file')}://{uri.get('authority', '')}{uri['path']}")
    return None


def local_path(uri: str) -> str:
    """The path of a `file:` URI, without the slash before a drive letter; any other URI as it is."""
    try:
        parts = urlsplit(uri)
    except ValueError:
        return uri
    if parts.scheme != "file" or parts.netloc not in {"", "localhost"}:
        return uri
    path = unquote(parts.path)
    return path[1:] if re.match(r"/[A-Za-z]:", path) else path


def same_workspace(named: str | None, asked: str | Path) -> bool:
    """Whether a store's workspace is the one asked for, links and trailing slashes aside."""
    if named is None:
        return False
    wanted = local_path(str(asked))
    if named.rstrip("/") == wanted.rstrip("/"):
        return True
    if "://" in named or "://" in wanted:
        return False
    try:
        left, right = (os.path.normcase(os.path.realpath(path)) for path in (named, wanted))
    except ValueError:  # no path can be named so
        return False
    return left == right


def workspace_stores(observer: str, product: str, user: Path, *parts: str, present: bool) -> Iterator[Store]:
    """The stores `parts` below each `workspaceStorage/<id>` of a `User` directory; `present`: only where one may be.

    Where the storages are there and cannot be listed: their folder, left for `health` to report.
    """
    storages = user / "workspaceStorage"
    try:
        found = subfolders(storages)
    except ObserverError:
        yield Store(observer, storages, None, product)
        return
    for storage in found:
        path = storage.joinpath(*parts)
        if not present or may_be_directory(path):
            yield Store(observer, path, workspace_of(storage), product)


def is_browser_build(storage: Path) -> bool:
    """A build for the browser keeps no `state.vscdb`; the desktop makes one at its first start."""
    user = storage.parent if storage.name == "globalStorage" else storage.parent.parent
    try:
        return user.is_dir() and not (user / "globalStorage" / "state.vscdb").exists()
    except OSError:
        return False
