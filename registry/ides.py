"""The IDEs of the VS Code family that the plugin can be installed into: data, and how each row is known."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Ide:
    """`commands`: names to look for on PATH, the first found counts; `places`: absolute paths to look at after them,
    `~` being the home directory. `status`: whether installing was ever tried there."""

    id: str
    title: str
    commands: tuple[str, ...]
    places: tuple[str, ...] = ()
    status: Literal["verified", "reported"] = "reported"


def _mac(application: str, command: str) -> str:
    return f"/Applications/{application}.app/Contents/Resources/app/bin/{command}"


IDES: dict[str, Ide] = {
    ide.id: ide
    for ide in (
        Ide("code", "VS Code", ("code",), ("/snap/bin/code", _mac("Visual Studio Code", "code"))),
        Ide("code-insiders", "VS Code Insiders", ("code-insiders",), ("/snap/bin/code-insiders",)),
        Ide("code-oss", "Code - OSS", ("code-oss",)),
        # Tried with 4.139.1 on Linux, 2026-11-20.
        Ide("code-server", "code-server", ("code-server",), ("~/.local/bin/code-server",), "verified"),
        Ide("codium", "VSCodium", ("codium", "vscodium"), ("/snap/bin/codium", _mac("VSCodium", "codium"))),
        Ide("codium-insiders", "VSCodium Insiders", ("codium-insiders",)),
        Ide("cursor", "Cursor", ("cursor",), (_mac("Cursor", "cursor"),)),
        Ide("windsurf", "Windsurf", ("windsurf",), (_mac("Windsurf", "windsurf"),)),
        Ide("antigravity", "Antigravity", ("antigravity",), (_mac("Antigravity", "antigravity"),)),
        Ide("kiro", "Kiro", ("kiro",)),
        Ide("qoder", "Qoder", ("qoder",)),
        Ide("trae", "Trae", ("trae",)),
    )
}
