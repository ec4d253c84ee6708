"""The core's own tests, in Java: deliveries that fail at every step, the journal cut at every byte, lines, paths."""

import subprocess
from pathlib import Path

import pytest

from tests.jetbrains.conftest import CORE, PATIENCE

CLASSES = [
    ".".join(path.relative_to(CORE / "test/java").with_suffix("").parts)
    for path in sorted((CORE / "test/java").rglob("*Test.java"))
]


@pytest.mark.parametrize("name", CLASSES)
def test_java(name: str, core: Path) -> None:
    command = ["java", "-Dfile.encoding=ISO-8859-1", "-cp", str(core), "dev.koru.Suite", name]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=PATIENCE, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_there_are_tests() -> None:
    assert len(CLASSES) >= 6


def test_the_core_knows_no_platform() -> None:
    for path in (CORE / "main").rglob("*.java"):
        assert "com.intellij" not in path.read_text(encoding="utf-8"), path
