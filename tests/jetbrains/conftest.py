"""The plugin's core for JetBrains IDEs, compiled once; tests that need a JDK say so loudly where there is none."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from registry.jetbrains_chats import as_json, load

ROOT = Path(__file__).parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))
CORE = ROOT / "plugins-jetbrains" / "core" / "src"
PATIENCE = 300


@pytest.fixture(scope="session")
def core(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Classes of the core and of its tests, compiled without a warning."""
    if not (shutil.which("javac") and shutil.which("java")):
        if os.environ.get("CI") == "true":
            pytest.fail("a JDK of at least 17 is missing: .ci/setup tools")
        pytest.skip("the JetBrains core was not tried: no javac and java on PATH")
    folder = tmp_path_factory.mktemp("core")
    sources = [str(path) for path in sorted(CORE.rglob("*.java"))]
    command = ["javac", "--release", "17", "-Xlint:all", "-Werror", "-encoding", "UTF-8", "-d", str(folder), *sources]
    compiled = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=PATIENCE, check=False)
    assert compiled.returncode == 0, compiled.stderr
    (folder / "koru").mkdir()
    (folder / "koru/jetbrains_chats.json").write_text(as_json(load()), encoding="utf-8")
    return folder
