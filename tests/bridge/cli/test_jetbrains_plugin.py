"""Into the plugins directories of JetBrains IDEs, which are plain folders here."""

import io
import json
import zipfile
from pathlib import Path

import pytest

from bridge.cli import main
from bridge.cli.plugin import jetbrains as jetbrains_plugin
from bridge.jetbrains_folders import JAR, installed

VERSION = "9.8.7"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home without an IDE and without a daemon, on Linux, and a plugin to install."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("KORU_SOCKET", str(tmp_path / "no.sock"))
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setattr(jetbrains_plugin, "ARCHIVE", archive(tmp_path / "plugin.zip", VERSION))
    return tmp_path


def archive(path: Path, version: str) -> Path:
    jar = io.BytesIO()
    with zipfile.ZipFile(jar, "w") as packed:
        packed.writestr("META-INF/plugin.xml", f"<idea-plugin><version>{version}</version></idea-plugin>")
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr(JAR, jar.getvalue())
    return path


def ide(home: Path, name: str) -> Path:
    folder = home / ".local/share/JetBrains" / name
    folder.mkdir(parents=True)
    return folder


def koru(*arguments: str) -> int:
    return main.main(["plugin", *arguments])


def test_it_goes_into_every_version_that_is_new_enough(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    new, newer = ide(home, "IntelliJIdea2022.3"), ide(home, "IdeaIC2026.1")
    old, other = ide(home, "IntelliJIdea2021.3"), ide(home, "PyCharm2025.1")
    assert koru("install", "--ide", "idea") == 0
    assert [installed(each) for each in (new, newer, old, other)] == [VERSION, VERSION, None, None]
    assert "restart it" in capsys.readouterr().out


def test_an_older_one_is_replaced_whole(home: Path) -> None:
    folder = ide(home, "WebStorm2024.3")
    (folder / "koru-jetbrains/lib").mkdir(parents=True)
    (folder / "koru-jetbrains/lib/left-over.jar").write_text("old")
    assert koru("install", "--ide", "webstorm") == 0
    assert sorted(path.name for path in folder.rglob("*") if path.is_file()) == ["koru-jetbrains.jar"]
    assert list(folder.iterdir()) == [folder / "koru-jetbrains"]


def test_status_compares(home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    folder = ide(home, "GoLand2025.2")
    states = []
    for prepare in (lambda: None, lambda: koru("install", "--ide", "goland")):
        prepare()
        capsys.readouterr()
        assert koru("status", "--ide", "goland", "--json") == 0
        states.append(json.loads(capsys.readouterr().out)["ides"][0]["state"])
    monkeypatch.setattr(jetbrains_plugin, "ARCHIVE", archive(home / "newer.zip", "10.0.0"))
    assert koru("status", "--ide", "goland", "--json") == 0
    states.append(json.loads(capsys.readouterr().out)["ides"][0]["state"])
    assert states == ["missing", "current", "different"], folder


def test_an_ide_that_was_never_started_is_told(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert koru("install", "--ide", "clion") != 0
    assert "CLion2022.3" in capsys.readouterr().err


def test_a_directory_that_cannot_be_written_keeps_what_it_has(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = ide(home, "Rider2024.1")
    assert koru("install", "--ide", "rider") == 0
    (home / "broken.zip").write_bytes(b"PK no zip")
    monkeypatch.setattr(jetbrains_plugin, "ARCHIVE", home / "broken.zip")
    assert koru("install", "--ide", "rider") != 0
    assert "brings no JetBrains plugin" in capsys.readouterr().err
    assert installed(folder) == VERSION


def test_a_command_is_not_how_it_is_found(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert koru("install", "--ide", "idea", "--command", "idea.sh") != 0
    assert "--command" in capsys.readouterr().err
