"""The chats of JetBrains IDEs: the file fits its model, and nonsense is refused with the field that is wrong."""

import json
from pathlib import Path

import pytest
import yaml

from registry.jetbrains_chats import FILE, JetbrainsChats, as_json, load

# Those that the plugin must at least recognise.
NAMED = "ai_assistant copilot_jetbrains continue junie claude_code proxyai kilo_code augment cody amazon_q windsurf"


def test_the_file_fits() -> None:
    assert {chat.id for chat in load().chats} >= set(NAMED.split())


def test_what_was_never_tried_is_not_called_verified() -> None:
    assert all(chat.status != "verified" for chat in load().chats)


def test_the_jar_gets_the_same() -> None:
    shipped = json.loads(as_json(load()))
    assert JetbrainsChats.model_validate(shipped) == load()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"input": "smell"}, "input"),
        ({"send_action": "Some.Action"}, "send_action"),
        ({"tool_windows": []}, "tool_windows"),
        ({"colour": "red"}, "colour"),
        ({"id": "Not An Id"}, "id"),
    ],
)
def test_nonsense_is_refused(change: dict[str, object], told: str, tmp_path: Path) -> None:
    junie = next(row for row in yaml.safe_load(FILE.read_text(encoding="utf-8"))["chats"] if row["id"] == "junie")
    path = tmp_path / "chats.yaml"
    path.write_text(yaml.safe_dump({"chats": [junie | change]}), encoding="utf-8")
    with pytest.raises(ValueError, match=told):
        load(path)


def test_an_id_stands_once(tmp_path: Path) -> None:
    rows = yaml.safe_load(FILE.read_text(encoding="utf-8"))["chats"]
    path = tmp_path / "chats.yaml"
    path.write_text(yaml.safe_dump({"chats": [rows[0], rows[0]]}), encoding="utf-8")
    with pytest.raises(ValueError, match="twice"):
        load(path)
