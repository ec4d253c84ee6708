"""The doctor inside real desktop sessions: what an injector can use is told as ready, and accessibility answers."""

from typing import TYPE_CHECKING

import pytest

from bridge.doctor.catalogue import CHECKS
from bridge.doctor.finding import Finding
from bridge.doctor.scene import Scene

if TYPE_CHECKING:
    from tests.real.desktop.conftest import Desk


def findings(check: str, environment: dict[str, str]) -> list[Finding]:
    return [said for said in CHECKS[check].run(Scene(environment)) if isinstance(said, Finding)]


@pytest.mark.parametrize("check", ["desktop-session", "injector-x11", "injector-xdotool", "accessibility"])
def test_on_x11_nothing_is_missing(desk: "Desk", check: str) -> None:
    assert findings(check, desk.environment) == []


@pytest.mark.parametrize("check", ["desktop-session", "injector-wayland-keyboard", "injector-wtype", "accessibility"])
def test_on_wayland_nothing_is_missing(wayland_desk: "Desk", check: str) -> None:
    assert findings(check, wayland_desk.environment) == []


def test_a_display_that_went_away_is_told(desk: "Desk") -> None:
    (found,) = findings("injector-x11", {**desk.environment, "DISPLAY": ":9999"})
    assert (found.blocker, found.interfaces) == ("display_dead", ("os_injector_x11",))


def test_a_tool_that_is_missing_is_told_with_its_package(desk: "Desk") -> None:
    (found,) = findings("injector-xdotool", {**desk.environment, "PATH": "/nowhere"})
    assert (found.blocker, found.remedy.commands) == ("tool_missing", ("sudo apt install xdotool",))


def test_a_desk_whose_focus_cannot_be_read_is_told(wayland_desk: "Desk") -> None:
    environment = {name: value for name, value in wayland_desk.environment.items() if name != "SWAYSOCK"}
    (found,) = findings("injector-wtype", {**environment, "XDG_CURRENT_DESKTOP": "GNOME"})
    assert found.blocker == "desk_unsupported"
