"""The zip that "Install Plugin from Disk" takes: its shape, what its descriptor names, and installing it."""

import io
import json
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import pytest

from bridge.cli import main
from bridge.cli.plugin import jetbrains as jetbrains_plugin
from bridge.jetbrains_folders import installed
from registry.jetbrains_chats import JetbrainsChats, load
from tests.real.intellij.plugin import build, plugin

JAR = "koru-jetbrains/lib/koru-jetbrains.jar"


@pytest.fixture(scope="module")
def archive(platform: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path: Path = tmp_path_factory.mktemp("dist") / "koru-jetbrains.zip"
    plugin(platform, path)
    return path


@pytest.fixture(scope="module")
def jar(archive: Path) -> zipfile.ZipFile:
    with zipfile.ZipFile(archive) as packed:
        # One folder with a `lib`, the descriptor inside the jar: anything else is refused by an IDE.
        assert packed.namelist() == [JAR]
        return zipfile.ZipFile(io.BytesIO(packed.read(JAR)))


@pytest.fixture(scope="module")
def descriptor(jar: zipfile.ZipFile) -> ElementTree.Element:
    return ElementTree.fromstring(jar.read("META-INF/plugin.xml"))  # noqa: S314 -- our own file


def test_the_descriptor_is_for_ides_since_2022_3_without_an_end(descriptor: ElementTree.Element) -> None:
    version = descriptor.find("idea-version")
    assert version is not None
    assert version.attrib == {"since-build": "223"}
    assert descriptor.findtext("version") == build.version()
    assert descriptor.findtext("depends") == "com.intellij.modules.platform"


def test_it_can_be_loaded_and_unloaded_without_a_restart(descriptor: ElementTree.Element) -> None:
    forbidden = {"application-components", "project-components", "module-components", "applicationListeners"}
    assert not {element.tag for element in descriptor} & forbidden
    extensions = descriptor.find("extensions")
    assert extensions is not None
    # Each of these extension points is declared dynamic by the platform.
    assert {each.tag for each in extensions} <= {
        "applicationService",
        "postStartupActivity",
        "notificationGroup",
        "statusBarWidgetFactory",
        "applicationConfigurable",
    }
    assert descriptor.get("require-restart") is None


def test_every_class_that_it_names_is_in_the_jar(descriptor: ElementTree.Element, jar: zipfile.ZipFile) -> None:
    named = [
        value
        for element in descriptor.iter()
        for name, value in element.attrib.items()
        if name in ("implementation", "instance", "serviceImplementation")
    ]
    assert len(named) == 4
    assert {name.replace(".", "/") + ".class" for name in named} <= set(jar.namelist())


def test_it_holds_ours_alone(jar: zipfile.ZipFile) -> None:
    """A stub in the jar would stand in the way of the real class."""
    classes = [name for name in jar.namelist() if name.endswith(".class")]
    assert all(name.startswith("dev/koru/") for name in classes), classes
    assert JetbrainsChats.model_validate(json.loads(jar.read("koru/jetbrains_chats.json"))) == load()


def test_it_is_installed_into_an_ide_s_plugins(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / ".local/share/JetBrains/PyCharm2025.1"
    folder.mkdir(parents=True)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("KORU_SOCKET", str(tmp_path / "no.sock"))
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setattr(jetbrains_plugin, "ARCHIVE", archive)
    assert main.main(["plugin", "install", "--ide", "pycharm"]) == 0
    assert "PyCharm loads it at its next start: restart it" in capsys.readouterr().out
    assert installed(folder) == build.version()
