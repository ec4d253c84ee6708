"""The installer where something is missing: it says what and what to do next, and leaves nothing half done."""

from pathlib import Path

import pytest

from tests.real.vscode.install import Missing, find, install


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory that is the whole PATH."""
    directory = tmp_path / "bin"
    directory.mkdir()
    monkeypatch.setenv("PATH", str(directory))
    return directory


def program(directory: Path, name: str, script: str) -> None:
    file = directory / name
    file.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    file.chmod(0o700)


def test_nothing_installed_names_the_installer(tmp_path: Path) -> None:
    with pytest.raises(Missing, match=r"no VS Code under .*\n  next: python tests/real/vscode/install.py"):
        find(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_no_npm(programs: Path, tmp_path: Path) -> None:
    program(programs, "chromium", "")
    with pytest.raises(Missing, match=r"npm is not on PATH\n  next: install Node\.js"):
        install(tmp_path / "cache")


def test_npm_fails_and_nothing_is_left_half_done(programs: Path, tmp_path: Path) -> None:
    program(programs, "chromium", "")
    program(programs, "npm", "echo no such registry; exit 7")
    with pytest.raises(Missing, match=r"npm ci failed with 7\n  next: see .*vscode-npm\.log"):
        install(tmp_path / "cache")
    assert "no such registry" in (tmp_path / "cache" / "vscode-npm.log").read_text(encoding="utf-8")
    assert not list((tmp_path / "cache").glob("vscode-*/"))


def test_no_browser_and_no_apt(programs: Path, tmp_path: Path) -> None:
    program(programs, "npm", "exit 7")
    with pytest.raises(Missing) as caught:
        install(tmp_path / "cache")
    assert "npm ci failed with 7" in str(caught.value)
    assert "no Chromium on PATH, and no apt-get" in str(caught.value), "both problems are told at once"
