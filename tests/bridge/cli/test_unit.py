"""The systemd user unit: valid, private, and enabled by nobody but the operator."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bridge.cli.daemon import unit

if TYPE_CHECKING:
    from tests.bridge.conftest import Home, Koru

PATIENCE = 60.0


def path_of(home: "Home") -> Path:
    return home.root / "config" / "systemd" / "user" / "koru.service"


def test_it_is_written_and_nothing_else_happens(home: "Home", koru: "Koru") -> None:
    done = koru("up", "--install-unit")
    assert done.returncode == 0
    assert str(path_of(home)) in done.stdout
    assert "systemctl --user enable --now koru.service" in done.stdout
    assert [path.name for path in path_of(home).parent.iterdir()] == ["koru.service"], "no link enables it"
    assert not home.socket.exists(), "no daemon was started"


def test_as_json_it_names_the_file_and_the_commands(home: "Home", koru: "Koru") -> None:
    said = json.loads(koru("up", "--install-unit", "--json").stdout)
    assert said["unit"] == str(path_of(home))
    assert said["commands"][-1] == "systemctl --user enable --now koru.service"


def test_it_starts_this_interpreter_safely_and_keeps_our_places(home: "Home", koru: "Koru") -> None:
    koru("up", "--install-unit", KORU_SOCKET="/run/x/50%/s")
    text = path_of(home).read_text(encoding="utf-8")
    assert f'ExecStart="{sys.executable}" "-P" "-m" "bridge.daemon" "--foreground"\n' in text
    assert 'Environment="KORU_SOCKET=/run/x/50%%/s"\n' in text
    assert f'Environment="XDG_STATE_HOME={home.root / "state"}"\n' in text


def test_systemd_accepts_it(home: "Home", koru: "Koru") -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        assert not os.environ.get("CI"), "systemd-analyze is missing"
        pytest.skip("systemd-analyze is not installed: whether systemd accepts the unit was not tried")
    koru("up", "--install-unit", KORU_SOCKET="/run/a b/50%/$x\"'\\s")
    done = subprocess.run(
        [analyze, "verify", "--user", "--man=no", str(path_of(home))],
        env=home.environment(),
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_awkward_words_reach_the_process_as_they_are() -> None:
    """What systemd makes of a quoted word (systemd.syntax(7), systemd.service(5)), undone step by step."""
    word = '/opt/my py/50%/$HOME/"q"\\\'s'
    quoted = unit._quoted(word, dollars=True)
    inner = quoted[1:-1].replace('\\"', '"').replace("\\\\", "\\").replace("%%", "%").replace("$$", "$")
    assert inner == word


def test_it_is_replaced_but_a_unit_of_somebody_else_is_not(home: "Home", koru: "Koru") -> None:
    koru("up", "--install-unit")
    before = path_of(home).read_text(encoding="utf-8")
    koru("up", "--install-unit", KORU_SOCKET="/run/other/s")
    assert path_of(home).read_text(encoding="utf-8") != before
    path_of(home).write_text("[Unit]\nDescription=mine\n", encoding="utf-8")
    done = koru("up", "--install-unit")
    assert done.returncode == 2
    assert "not ours" in done.stderr
    assert path_of(home).read_text(encoding="utf-8") == "[Unit]\nDescription=mine\n"


def test_a_place_that_cannot_be_written_is_named(home: "Home", koru: "Koru") -> None:
    (home.root / "config").write_text("in the way", encoding="utf-8")
    done = koru("up", "--install-unit")
    assert done.returncode == 1
    assert str(path_of(home)) in done.stderr
