"""Which source roots a module of the platform needs, from the project's own .iml files."""

import re
from dataclasses import dataclass
from pathlib import Path

_MODULE = re.compile(r'<orderEntry type="module" module-name="([^"]+)"([^>]*)>')
_FOLDER = re.compile(r'<sourceFolder url="file://\$MODULE_DIR\$/([^"]+)"([^>]*)>')


@dataclass(frozen=True, slots=True)
class Module:
    """What one .iml says: the modules it needs and its folders of sources and resources."""

    needs: tuple[str, ...]
    roots: tuple[Path, ...]


def closure(tree: Path, start: str) -> list[Path]:
    """The folders of a module and of all it needs, tests left out, sorted. Raises KeyError for an unknown module."""
    modules = {path.stem: _read(path) for path in tree.rglob("*.iml")}
    seen: set[str] = set()
    waiting = [start]
    if start not in modules:
        raise KeyError(start)
    while waiting:
        name = waiting.pop()
        if name not in seen and name in modules:
            waiting += modules[name].needs
        seen.add(name)
    roots = {root for name in seen if name in modules for root in modules[name].roots}
    return sorted(root for root in roots if root.is_dir())


def _read(path: Path) -> Module:
    text = path.read_text(encoding="utf-8")
    needs = tuple(name for name, about in _MODULE.findall(text) if "TEST" not in about)
    folders = [name for name, about in _FOLDER.findall(text) if 'isTestSource="true"' not in about]
    return Module(needs, tuple((path.parent / name).resolve() for name in folders))
