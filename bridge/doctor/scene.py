"""What several checks look at: the environment, the registry, and the daemon's answer. Each is read or asked once."""

import json
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path
from threading import Lock
from typing import Any

from bridge import jetbrains_folders, paths
from bridge.client import Client
from bridge.protocol.errors import BridgeError
from registry.load import Registry, load
from registry.model import Probe
from registry.standing import here

ASK_SECONDS = 0.5
VSIX = Path(__file__).parents[1] / "assets" / "koru-vscode.vsix"


class Scene:
    """Safe for threads. `ask_seconds` bounds the connection to the daemon, and each of the two requests on it.

    With `answer` and `calls` given, as the daemon itself gives them, none is asked.
    """

    def __init__(
        self,
        environment: Mapping[str, str] = os.environ,
        ask_seconds: float = ASK_SECONDS,
        answer: dict[str, Any] | BridgeError | None = None,
        calls: dict[str, Any] | None = None,
    ) -> None:
        self.environment = environment
        self.registry: Registry = here(load(paths.config_directory() / "interfaces"))
        self._ask_seconds = ask_seconds
        self._asking = Lock()
        self._answer = answer
        self._calls = calls

    def answer(self) -> dict[str, Any] | BridgeError:
        """The result of `daemon/status`, or why there is none."""
        with self._asking:
            if self._answer is None:
                self._answer, self._calls = _ask(self._ask_seconds)
            return self._answer

    def status(self) -> dict[str, Any] | None:
        answer = self.answer()
        return None if isinstance(answer, BridgeError) else answer

    def calls(self) -> dict[str, Any]:
        """The result of `recovery/list`, which says what needs a recovery. Empty when the daemon does not tell."""
        return self._calls or {} if self.status() is not None else {}

    def sessions(self) -> list[dict[str, Any]]:
        """The plugins connected now; none without a daemon."""
        status = self.status()
        return status["sessions"] if status is not None else []

    def built(self, probe: Probe) -> tuple[str, ...]:
        """The ids of the interfaces that are built and have this probe."""
        return tuple(i.id for i in self.registry.interfaces.values() if i.probe == probe and i.status == "built")

    def of_adapter(self, probe: Probe, adapter: str) -> tuple[str, ...]:
        """The ids of the interfaces that use this observer or injector."""
        return tuple(i.id for i in self.registry.interfaces.values() if i.probe == probe and i.adapter == adapter)


def bundled_plugin() -> tuple[str, str] | None:
    """Id and version of the VS Code plugin that this Koru brings, if it brings one."""
    try:
        with zipfile.ZipFile(VSIX) as packed:
            manifest: dict[str, str] = json.loads(packed.read("extension/package.json"))
        return f"{manifest['publisher']}.{manifest['name']}", manifest["version"]
    except (OSError, KeyError, ValueError, zipfile.BadZipFile):
        return None


def bundled_versions() -> dict[str, str]:
    """The version of each plugin that this Koru brings, by the name under which it says hello."""
    vscode, jetbrains = bundled_plugin(), jetbrains_folders.brought(jetbrains_folders.ARCHIVE)
    return {
        **({vscode[0].rpartition(".")[2]: vscode[1]} if vscode is not None else {}),
        **({jetbrains_folders.NAME: jetbrains} if jetbrains is not None else {}),
    }


def _ask(seconds: float) -> tuple[dict[str, Any] | BridgeError, dict[str, Any] | None]:
    try:
        with Client.connect(name="koru doctor", timeout=seconds) as client:
            status = client.request("daemon/status", {}, timeout=seconds)
            return status, _calls(client, seconds)
    except BridgeError as error:
        return error, None


def _calls(client: Client, seconds: float) -> dict[str, Any] | None:
    """None from an older daemon, which does not know the method; the check `daemon-version` tells of it."""
    try:
        return client.request("recovery/list", {}, timeout=seconds)
    except BridgeError:
        return None
