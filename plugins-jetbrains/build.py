"""Builds the plugin for JetBrains IDEs with javac alone: dist/koru-jetbrains.zip for "Install Plugin from Disk".

    python plugins-jetbrains/build.py PLATFORM [OUTPUT]

PLATFORM is the folder of an IDE; its `lib` is compiled against.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from collections.abc import Iterable
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
ZIP = HERE / "dist" / "koru-jetbrains.zip"
PATIENCE = 600.0
# classfile, path: what the platform's own jars say of themselves. Everything of ours is compiled without a warning.
LINT = "-Xlint:all,-classfile,-path"
# A zip's dates begin here; one that does not change makes the same sources the same zip.
DATE = (1980, 1, 1, 0, 0, 0)


class Failed(Exception):
    """The compiler's words."""


def version() -> str:
    """That of Koru."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        return str(tomllib.load(file)["project"]["version"])


def plugin(platform: Path, archive: Path) -> None:
    """Writes the plugin's zip. Raises Failed."""
    with tempfile.TemporaryDirectory() as folder:
        classes, stubs = Path(folder, "classes"), Path(folder, "stubs")
        compile_java([HERE / "stubs"], _libraries(platform), stubs)
        sources = [HERE / part / "src/main/java" for part in ("core", "adapter", "entry")]
        compile_java(sources, [*_libraries(platform), stubs], classes)
        _resources(classes, HERE / "entry/src/main/resources/META-INF/plugin.xml")
        archive.parent.mkdir(parents=True, exist_ok=True)
        jar = Path(folder, "koru-jetbrains.jar")
        pack(classes, "", jar)
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
            packed.writestr(zipfile.ZipInfo("koru-jetbrains/lib/koru-jetbrains.jar", DATE), jar.read_bytes())


def harness(platform: Path, plugins: Path) -> None:
    """Puts the plugin, with an entry that the old platform knows, and the chats to test with, into a plugins folder."""
    start, chats = HERE / "harness/start", HERE / "harness/chats"
    with tempfile.TemporaryDirectory() as folder:
        classes = Path(folder, "koru")
        sources = [HERE / part / "src/main/java" for part in ("core", "adapter")]
        compile_java([*sources, start], _libraries(platform), classes)
        _resources(classes, start / "META-INF/plugin.xml")
        pack(classes, "", plugins / "koru/lib/koru.jar")
        classes = Path(folder, "chats")
        compile_java([chats], _libraries(platform), classes)
        shutil.copytree(chats / "META-INF", classes / "META-INF")
        pack(classes, "", plugins / "chats/lib/chats.jar")


def compile_java(sources: Iterable[Path], classpath: Iterable[Path], out: Path) -> None:
    """Compiles all below `sources`, warnings being errors. Raises Failed."""
    files = sorted(str(path) for folder in sources for path in folder.rglob("*.java"))
    joined = os.pathsep.join(map(str, classpath))
    command = ["javac", "--release", "17", LINT, "-Werror", "-encoding", "UTF-8", "-cp", joined, "-d", str(out), *files]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=PATIENCE, check=False)
    if done.returncode != 0:
        raise Failed(done.stderr)


def pack(folder: Path, below: str, archive: Path) -> None:
    """A zip or jar of all files of a folder, in one order and with one date."""
    archive.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                name = below + path.relative_to(folder).as_posix()
                packed.writestr(zipfile.ZipInfo(name, DATE), path.read_bytes(), zipfile.ZIP_DEFLATED)


def _libraries(platform: Path) -> list[Path]:
    return sorted((platform / "lib").glob("*.jar"))


def _resources(classes: Path, descriptor: Path) -> None:
    (classes / "koru").mkdir(parents=True)
    (classes / "META-INF").mkdir()
    (classes / "koru/version").write_text(version() + "\n", encoding="utf-8")
    command = [sys.executable, "-m", "registry.jetbrains_chats"]
    chats = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", timeout=PATIENCE, check=False)
    if chats.returncode != 0:
        raise Failed(chats.stderr)
    (classes / "koru/jetbrains_chats.json").write_text(chats.stdout, encoding="utf-8")
    text = descriptor.read_text(encoding="utf-8").replace("@version@", version())
    (classes / "META-INF/plugin.xml").write_text(text, encoding="utf-8")


def main(arguments: list[str]) -> int:
    if len(arguments) not in (1, 2):
        print(__doc__, file=sys.stderr)
        return 2
    archive = Path(arguments[1]) if len(arguments) == 2 else ZIP
    try:
        plugin(Path(arguments[0]), archive)
    except Failed as failed:
        print(failed, file=sys.stderr)
        return 1
    print(archive)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
