"""The adapter's Swing code on a real frame, without an IDE around it."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.real.intellij.plugin import build

TEST = "dev.koru.idea.ChatInputTest"
PATIENCE = 300


@pytest.fixture(scope="module")
def classes(platform: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("adapter")
    sources = [build.HERE / part for part in ("core/src/main/java", "adapter/src/main/java", "adapter/src/test/java")]
    suite = tmp_path_factory.mktemp("suite") / "dev/koru/Suite.java"
    suite.parent.mkdir(parents=True)
    suite.write_text((build.HERE / "core/src/test/java/dev/koru/Suite.java").read_text(encoding="utf-8"), "utf-8")
    build.compile_java([*sources, suite.parents[2]], sorted((platform / "lib").glob("*.jar")), folder)
    return folder


def test_which_field_of_a_window_is_the_input(classes: Path, platform: Path, screen: str) -> None:
    command = ["java", "-cp", f"{classes}:{platform}/lib/*", "dev.koru.Suite", TEST]
    done = subprocess.run(
        command,
        env={**os.environ, "DISPLAY": screen},
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
