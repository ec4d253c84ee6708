"""`desk.yaml`: what it may say, and that a bad one lets nothing act."""

from pathlib import Path

import pytest

from bridge.desk.settings import DeskSettings, load, signature
from injectors.base import Level

WHOLE = """
submit_at_least: delivered
operator_guard: false
panic_key: Scroll_Lock
windows:
  - {name: shop, ide: code, version: 1.99.0, agent: copilot, workspace: /home/ann/shop, app: code, title: shop,
     store: {observer: vscode_chat, path: /home/ann/.config/Code/User/workspaceStorage/w}}
"""


def write(directory: Path, text: str) -> Path:
    path = directory / "desk.yaml"
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)
    return path


def test_without_a_file_the_strictest_holds(tmp_path: Path) -> None:
    assert load(tmp_path) == DeskSettings()
    assert DeskSettings().submit_at_least is Level.VERIFIED
    assert DeskSettings().operator_guard
    assert signature(tmp_path) is None


def test_everything_it_may_say(tmp_path: Path) -> None:
    write(tmp_path, WHOLE)
    found = load(tmp_path)
    assert found.problem is None
    assert (found.submit_at_least, found.operator_guard, found.panic_key) == (Level.DELIVERED, False, "Scroll_Lock")
    [window] = found.windows
    assert window.surface.key == "code:shop/copilot"
    assert (window.store, window.app, window.title) == ("vscode_chat", "code", "shop")
    assert window.is_of("code", "another id", ("/home/ann/shop",))
    assert not window.is_of("cursor", "shop", ("/home/ann/shop",))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("windows: [", "not YAML"),
        ("panic: Pause\n", "panic"),
        ("submit_at_least: always\n", "submit_at_least"),
        ("windows: [{name: a, ide: b}]\n", "give app, title or both"),
        ("windows: [{name: a b, ide: b, title: t}]\n", "name"),
        ("windows: [{name: a, ide: b, title: t, workspace: ../x}]\n", "absolute"),
        ("windows: [{name: a, ide: b, title: t}, {name: a, ide: b, title: u}]\n", "one name"),
        ("[]\n", "mapping"),
    ],
)
def test_what_is_wrong_is_named_with_its_file_and_line(tmp_path: Path, text: str, words: str) -> None:
    path = write(tmp_path, text)
    problem = load(tmp_path).problem
    assert problem is not None
    assert problem.startswith(f"{path}:")
    assert words in problem


def test_a_file_that_others_can_change_is_not_read(tmp_path: Path) -> None:
    write(tmp_path, WHOLE).chmod(0o622)
    assert "chmod 600" in str(load(tmp_path).problem)
