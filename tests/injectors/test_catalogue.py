"""Every injector keeps the contract where nothing is there: no desk, no tools, no libraries."""

import subprocess
import sys
from pathlib import Path

import pytest

import injectors
from injectors.base import Declined, Stop, Target
from injectors.catalogue import CATALOGUE

folder = Path(injectors.__file__ or "").parent


@pytest.mark.parametrize("name", CATALOGUE)
def test_an_injector_is_named_as_its_file(name: str) -> None:
    injector = CATALOGUE[name]({})
    assert injector.id == name
    assert (folder / f"{name}.py").is_file()


@pytest.mark.parametrize("name", CATALOGUE)
def test_without_a_desk_it_says_why_and_what_to_do(name: str, tmp_path: Path) -> None:
    injector = CATALOGUE[name]({"PATH": str(tmp_path)})
    missing = injector.needs()
    assert missing is not None
    assert missing.message
    assert missing.hint
    with pytest.raises(Declined) as declined:
        injector.locate(Target(title="anything"), Stop())
    assert declined.value.blocker is missing.blocker


@pytest.mark.parametrize(
    ("name", "environment", "package"),
    [
        ("xdotool", {"DISPLAY": ":0"}, "xdotool"),
        ("ydotool", {"DISPLAY": ":0"}, "ydotool"),
        ("wtype", {"WAYLAND_DISPLAY": "wayland-0", "SWAYSOCK": "/nowhere"}, "wtype"),
        ("wayland_keyboard", {"WAYLAND_DISPLAY": "wayland-0", "SWAYSOCK": "/nowhere"}, "wl-clipboard"),
        ("clipboard", {"WAYLAND_DISPLAY": "wayland-0"}, "wl-clipboard"),
        ("clipboard", {"DISPLAY": ":0"}, "xclip"),
    ],
)
def test_a_missing_tool_names_its_package(name: str, environment: dict[str, str], package: str, tmp_path: Path) -> None:
    missing = CATALOGUE[name](environment | {"PATH": str(tmp_path)}).needs()
    assert missing is not None
    assert missing.packages == (package,)


def test_only_the_best_of_a_desk_has_no_caution() -> None:
    best = {name for name in CATALOGUE if not CATALOGUE[name]({}).caution}
    assert best == {"x11", "wayland_keyboard"}


def test_the_catalogue_needs_no_desktop_library() -> None:
    """python-xlib, jeepney and pynput are extras: listing and asking must work without them."""
    script = (
        "import sys\n"
        "for name in ('Xlib', 'jeepney', 'pynput'): sys.modules[name] = None\n"
        "from injectors.catalogue import CATALOGUE\n"
        "print(all(make({'DISPLAY': ':0', 'PATH': ''}).needs() for make in CATALOGUE.values()))\n"
    )
    done = subprocess.run([sys.executable, "-P", "-c", script], capture_output=True, text=True, timeout=30)
    assert done.stdout.strip() == "True", done.stderr
