"""The VS Code plugin that this Koru brings."""

import json
import zipfile
from pathlib import Path

from bridge.protocol.errors import BridgeError, Reason

VSIX = Path(__file__).parents[2] / "assets" / "koru-vscode.vsix"
PLUGIN_NAME = "koru-vscode"


def bundled() -> tuple[str, str]:
    """Id and version of the plugin. BridgeError TOOL_MISSING."""
    try:
        with zipfile.ZipFile(VSIX) as packed:
            manifest: dict[str, str] = json.loads(packed.read("extension/package.json"))
        return f"{manifest['publisher']}.{manifest['name']}", manifest["version"]
    except (OSError, KeyError, ValueError, zipfile.BadZipFile):
        text, hint = "this Koru brings no VS Code plugin", "from a source tree: make setup"
        raise BridgeError(Reason.TOOL_MISSING, text, where=str(VSIX), hint=hint) from None
