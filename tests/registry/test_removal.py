"""Deleting an interface's YAML takes it out of everything without a change of code, as a copy of our packages shows."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.sampling import SOAK, each_kind, sample

ROOT = Path(__file__).parents[2]
PACKAGES = ("bridge", "injectors", "observers", "registry")
GUIDES = ("ARCHITECTURE.md",)
Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def copy() -> Iterator[Path]:
    """Our packages and guides in a place of their own, at a path short enough for a socket."""
    root = Path(tempfile.mkdtemp(prefix="koru-"))
    try:
        for package in PACKAGES:
            shutil.copytree(ROOT / package, root / package, ignore=shutil.ignore_patterns("__pycache__"))
        for guide in GUIDES:
            shutil.copy(ROOT / guide, root / guide)
        yield root
    finally:
        shutil.rmtree(root)


@pytest.fixture
def run(copy: Path) -> Iterator[Run]:
    """Runs a module of the copy; a daemon that it leaves behind is stopped."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("KORU_", "XDG_"))}
    home = copy / "home"
    home.mkdir()
    environment = {**kept, "HOME": str(home), "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}

    def run_module(*words: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-P", "-m", *words]
        return subprocess.run(
            command, env=environment, cwd=home, capture_output=True, encoding="utf-8", timeout=120, check=False
        )

    yield run_module
    stopped = run_module("bridge.cli", "down", "--force")
    assert stopped.returncode == 0, stopped.stderr


def everywhere(run: Run, copy: Path) -> dict[str, set[str]]:
    """The interfaces that each part of Koru knows."""
    assert run("bridge.cli", "up").returncode == 0
    known: dict[str, set[str]] = {}
    known["doctor"] = {row["id"] for row in said(run, "doctor", "--timeout", "60")["interfaces"]}
    known["explain"] = {row["interface"] for row in said(run, "explain")["rows"]}
    trust = said(run, "trust", "show")
    known["trust"] = {row["interface"] for row in trust["defaults"]}
    assert run("registry.generate").returncode == 0
    guide = (copy / "ARCHITECTURE.md").read_text(encoding="utf-8")
    table = guide[guide.index("<!-- interfaces: begin -->") : guide.index("<!-- interfaces: end -->")]
    known["docs"] = {line.split("`")[1] for line in table.splitlines() if line.startswith("| `")}
    return known


def said(run: Run, *words: str) -> dict[str, Any]:
    done = run("bridge.cli", *words, "--json")
    assert done.returncode in (0, 1), done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    assert "error" not in answer, answer
    return answer


# What each kind of interface is known to.
KINDS = {
    "vscode_native_send": {"doctor", "explain", "trust", "docs"},
    "os_injector_xdotool": {"doctor", "explain", "trust", "docs"},
    "chat_history_vscode_chat": {"doctor", "docs"},
}
DECLARED: dict[str, dict[str, Any]] = {
    path.stem: yaml.safe_load(path.read_text(encoding="utf-8"))
    for path in sorted((ROOT / "registry" / "interfaces").glob("*.yaml"))
}


def family_and_direction(interface: str) -> tuple[str, str]:
    return DECLARED[interface]["family"], DECLARED[interface]["direction"]


def with_dependents(interfaces: Iterable[str]) -> tuple[str, ...]:
    """The interfaces and those that name one of them in `depends_on`: the registry is whole without all of these."""
    chosen = set(interfaces)
    chosen |= {name for name, declared in DECLARED.items() if chosen & set(declared.get("depends_on", ()))}
    return tuple(sorted(chosen))


# Each goes alone in `make soak`; else one does, and one of each family and direction, and those of the table above, go
# together.
DELETED = [with_dependents([interface]) for interface in sample(list(DECLARED), 1)]
if not SOAK:
    DELETED.append(with_dependents([*KINDS, *each_kind(list(DECLARED), family_and_direction)]))


def test_what_is_there_is_known(run: Run, copy: Path) -> None:
    known = everywhere(run, copy)
    for interface, parts in KINDS.items():
        assert {part for part, ids in known.items() if interface in ids} == parts


@pytest.mark.sampled
@pytest.mark.parametrize("interfaces", DELETED, ids=lambda each: "+".join(each) if len(each) < 9 else "one of each")
def test_deleted_files_are_gone_from_everything(interfaces: tuple[str, ...], run: Run, copy: Path) -> None:
    for interface in interfaces:
        (copy / "registry" / "interfaces" / f"{interface}.yaml").unlink()
    known = everywhere(run, copy)
    assert {part for part, ids in known.items() if ids & set(interfaces)} == set()
    assert all(known.values())
    lint = run("bridge.cli", "registry", "lint")
    assert (lint.returncode, lint.stderr) == (0, ""), lint.stdout
    for interface in interfaces:
        refused = run("bridge.cli", "drive", "x", "--via", interface, "--json")
        assert json.loads(refused.stdout)["error"]["reason"] == "unknown_interface"
