"""The IDEs that a plugin of ours can be installed into: data, and how each row is known."""

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


@dataclass(frozen=True, slots=True)
class JetBrainsIde:
    """`folders`: how its directories are called before the version, as in `IntelliJIdea2024.3`; `vendor`: the
    directory they stand in. None of them was ever tried with the real product."""

    id: str
    title: str
    folders: tuple[str, ...]
    vendor: str = "JetBrains"


JETBRAINS_IDES: dict[str, JetBrainsIde] = {
    ide.id: ide
    for ide in (
        JetBrainsIde("idea", "IntelliJ IDEA", ("IntelliJIdea", "IdeaIC")),
        JetBrainsIde("pycharm", "PyCharm", ("PyCharm", "PyCharmCE")),
        JetBrainsIde("webstorm", "WebStorm", ("WebStorm",)),
        JetBrainsIde("goland", "GoLand", ("GoLand",)),
        JetBrainsIde("clion", "CLion", ("CLion",)),
        JetBrainsIde("rider", "Rider", ("Rider",)),
        JetBrainsIde("phpstorm", "PhpStorm", ("PhpStorm",)),
        JetBrainsIde("rubymine", "RubyMine", ("RubyMine",)),
        JetBrainsIde("rustrover", "RustRover", ("RustRover",)),
        JetBrainsIde("android-studio", "Android Studio", ("AndroidStudio",), "Google"),
    )
}
