"""`koru plugin` with a real editor's command: what it installs is there when the editor is asked again."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.real.vscode.install import Editor
from tests.real.vscode.profile import Profile

SECONDS = 180.0
# Fails where the command takes the packed plugin from another place.
KORU = """
import sys
from pathlib import Path
from unittest.mock import patch
from bridge.cli import main
with patch("bridge.cli.plugin.vsix.VSIX", Path(sys.argv.pop(1))):
    raise SystemExit(main.main())
"""
Koru = Callable[..., Any]


@pytest.fixture
def command(editor: Editor, tmp_path: Path) -> Iterator[Path]:
    """The editor's command line, on a profile of its own."""
    profile = Profile({})
    options = f'--config "{profile.config}" --user-data-dir "{profile.data}" --extensions-dir "{profile.extensions}"'
    path = tmp_path / "code-server"
    path.write_text(
        f'#!/bin/sh\nexport HOME="{profile.home}"\nexec "{editor.node}" "{editor.entry}" {options} "$@"\n',
        encoding="utf-8",
    )
    path.chmod(0o755)
    yield path
    profile.remove()


@pytest.fixture
def koru(vsix: Path, command: Path, tmp_path: Path) -> Koru:
    """Runs the command with --json; the plugin in it is the one that was just packed."""

    def run(*words: str) -> Any:
        done = subprocess.run(
            [sys.executable, "-P", "-c", KORU, str(vsix), *words, "--json"],
            env={**os.environ, "KORU_SOCKET": str(tmp_path / "nobody.sock")},
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout)

    return run


def test_a_real_editor_gets_the_plugin(koru: Koru, command: Path) -> None:
    before = koru("plugin", "status", "--command", str(command))
    assert [(each["ide"], each["state"]) for each in before["ides"]] == [("code-server", "missing")]
    installed = koru("plugin", "install", "--command", str(command))
    assert [each["installed"] for each in installed["ides"]] == [installed["version"]]
    after = koru("plugin", "status", "--command", str(command))
    assert [(each["ide"], each["state"]) for each in after["ides"]] == [("code-server", "current")]
