"""The vectors, against the Java side of the wire: compiled without a warning, run as it is."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
CORE = ROOT / "plugins-jetbrains" / "core" / "src"
VECTORS = ROOT / "tests" / "vectors"
PATIENCE = 300


def have_jdk() -> bool:
    return bool(shutil.which("javac") and shutil.which("java"))


@pytest.fixture(scope="module")
def classes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not have_jdk():
        assert "CI" not in os.environ, "a JDK of at least 17 is missing: apt-get install openjdk-17-jdk-headless"
        pytest.skip("the Java side of the wire was not tried: no javac and java on PATH")
    folder = tmp_path_factory.mktemp("classes")
    sources = [
        str(path) for part in ("main", "test") for path in (CORE / part / "java/dev/koru/protocol").glob("*.java")
    ]
    command = ["javac", "--release", "17", "-Xlint:all", "-Werror", "-encoding", "UTF-8", "-d", str(folder), *sources]
    compiled = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=PATIENCE, check=False)
    assert compiled.returncode == 0, compiled.stderr
    return folder


def java(classes: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    # Another default encoding than UTF-8 must not matter.
    command = ["java", "-Dfile.encoding=ISO-8859-1", "-Xss512k", "-cp", str(classes), *arguments]
    return subprocess.run(command, capture_output=True, encoding="utf-8", timeout=PATIENCE, check=False)


def test_vectors(classes: Path) -> None:
    files = [path for path in VECTORS.glob("*.jsonl") if path.stem != "conversations"]
    expected = sum(path.read_bytes().count(b"\n") for path in files)
    done = java(classes, "dev.koru.protocol.Vectors", str(VECTORS))
    assert done.returncode == 0, done.stdout + done.stderr
    assert int(done.stdout) == expected


def test_a_wrong_vector_is_told(classes: Path, tmp_path: Path) -> None:
    wrong = '{"name":"wrong","kind":"params","method":"ping","valid":false,"wire":{},"where":null}\n'
    (tmp_path / "wrong.jsonl").write_text(wrong, encoding="utf-8")
    done = java(classes, "dev.koru.protocol.Vectors", str(tmp_path))
    assert done.returncode == 1
    assert "wrong: java.lang.AssertionError: accepted" in done.stdout


def test_strictness(classes: Path) -> None:
    done = java(classes, "dev.koru.protocol.Strictness")
    assert done.returncode == 0, done.stderr
