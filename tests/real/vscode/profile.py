"""One profile on disk: home, settings, extensions, and where the real product keeps its chats and logs in it."""

import json
import shutil
import tempfile
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

# Nothing that talks to a network, asks a question or opens a page of its own accord.
QUIET: Mapping[str, object] = {
    "chat.restoreLastPanelSession": True,
    "extensions.autoCheckUpdates": False,
    "extensions.autoUpdate": False,
    "security.workspace.trust.enabled": False,
    "telemetry.telemetryLevel": "off",
    "update.mode": "none",
    "workbench.enableExperiments": False,
    "workbench.startupEditor": "none",
}


class Profile:
    """A directory of its own under the system's temporary one: a path short enough for the sockets made in it."""

    def __init__(self, settings: Mapping[str, object]) -> None:
        self.root = Path(tempfile.mkdtemp(prefix="koru-vscode-"))
        self.home, self.temporary, self.probes = (self.root / name for name in ("home", "tmp", "probes"))
        self.data, self.extensions = self.root / "data", self.root / "extensions"
        self.config, self.log = self.root / "config.yaml", self.root / "server.log"
        for directory in (self.home, self.temporary, self.probes, self.data / "User", self.extensions):
            directory.mkdir(parents=True)
        self.config.write_text("auth: none\n", encoding="utf-8")
        settings_file = self.data / "User" / "settings.json"
        settings_file.write_text(json.dumps({**QUIET, **settings}, indent=2), encoding="utf-8")

    def add_extension(self, source: Path) -> dict[str, Any]:
        """Puts a .vsix or an extension's folder in place, before the server's first start. Returns its manifest."""
        with tempfile.TemporaryDirectory(dir=self.root) as scratch:
            folder = source if source.is_dir() else _unpack(source, Path(scratch))
            manifest: dict[str, Any] = json.loads((folder / "package.json").read_text(encoding="utf-8"))
            name = "{publisher}.{name}-{version}".format_map(manifest)
            shutil.copytree(folder, self.extensions / name, ignore=shutil.ignore_patterns("node_modules"))
        return manifest

    def folder(self, name: str) -> Path:
        """A new, empty workspace folder."""
        folder = self.root / "work" / name
        folder.mkdir(parents=True)
        return folder

    def chat_files(self) -> list[Path]:
        """Every chat session's file of folder windows and of empty windows."""
        return _existing(
            self.data / "User", ("workspaceStorage/*/chatSessions/*", "globalStorage/emptyWindowChatSessions/*")
        )

    def logs(self) -> list[Path]:
        """The server's own log and those of its extension hosts and extensions."""
        return [self.log, *_existing(self.data / "logs", ("**/*.log",))]

    def remove(self) -> None:
        shutil.rmtree(self.root, ignore_errors=True)


def _unpack(vsix: Path, scratch: Path) -> Path:
    with zipfile.ZipFile(vsix) as archive:
        archive.extractall(scratch)
    return scratch / "extension"


def _existing(directory: Path, patterns: Iterable[str]) -> list[Path]:
    return sorted(path for pattern in patterns for path in directory.glob(pattern) if path.is_file())
