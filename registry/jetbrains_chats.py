"""The agent chats of JetBrains IDEs: the YAML beside this file, checked, and as JSON for the plugin's jar.

`python -m registry.jetbrains_chats` prints the JSON.
"""

import json
import sys
from pathlib import Path
from typing import Annotated, Literal, Self

import yaml
from pydantic import Field, model_validator

from registry.model import RegistryModel

FILE = Path(__file__).parent / "jetbrains_chats.yaml"

Line = Annotated[str, Field(min_length=1, max_length=300)]
ChatId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]


class JetbrainsChat(RegistryModel):
    """One chat: where its tool window is, what its input is, and which actions it has."""

    id: ChatId
    title: Line
    tool_windows: Annotated[tuple[Line, ...], Field(min_length=1)]
    input: Literal["editor", "text", "browser", "terminal", "unknown"]
    """editor, text: fields that the plugin can read and write; a text for another is given away, and not read back."""
    status: Literal["verified", "reported", "weak"]
    plugin: Line | None = None
    service: Line | None = None
    """Class of a service of `plugin` that takes prompts; used only where the operator allows it."""
    script: Annotated[str, Field(min_length=1, max_length=1_000, pattern=r"\{text\}")] | None = None
    """What the page of a browser is told, `{text}` being the prompt as a JSON string; only where it is allowed."""
    input_class: Line | None = None
    send_action: Line | None = None
    open_action: Line | None = None
    new_chat_action: Line | None = None
    store: Line | None = None
    store_path: Line | None = None
    note: Line | None = None

    @model_validator(mode="after")
    def _is_drivable_or_not(self) -> Self:
        if (self.send_action is not None) != (self.input in ("editor", "text")):
            raise ValueError("send_action belongs to an input that can be written, and to no other")
        if self.service is not None and self.plugin is None:
            raise ValueError("service: whose it is, plugin says")
        if self.script is not None and self.input != "browser":
            raise ValueError("script belongs to an input that is a browser, and to no other")
        return self


class JetbrainsChats(RegistryModel):
    """All of them, each id once."""

    chats: tuple[JetbrainsChat, ...]

    @model_validator(mode="after")
    def _ids_are_unique(self) -> Self:
        ids = [chat.id for chat in self.chats]
        if len(set(ids)) != len(ids):
            raise ValueError("an id stands twice")
        return self


def load(path: Path = FILE) -> JetbrainsChats:
    """Raises ValueError for what does not fit, OSError when it cannot be read."""
    return JetbrainsChats.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))


def as_json(chats: JetbrainsChats) -> str:
    """What the plugin reads: the same fields, absent ones left out."""
    return json.dumps(chats.model_dump(mode="json", exclude_none=True), ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    sys.stdout.write(as_json(load()))
