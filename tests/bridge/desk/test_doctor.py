"""The doctor's look at the desktop's settings."""

from pathlib import Path

import pytest

from bridge.doctor.checks.desktop import desk_settings
from bridge.doctor.finding import Finding, Seen
from bridge.doctor.scene import Scene


def test_settings_are_seen_and_bad_ones_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert list(desk_settings(Scene({}))) == [Seen("windows named in desk.yaml", "0")]
    path = tmp_path / "koru" / "desk.yaml"
    path.parent.mkdir()
    path.write_text("operator_guard: perhaps\n", encoding="utf-8")
    path.chmod(0o600)
    [found] = desk_settings(Scene({}))
    assert isinstance(found, Finding)
    assert (found.id, found.severity) == ("desk-settings", "error")
    assert f"{path}:1: operator_guard" in found.problem
