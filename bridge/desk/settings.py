"""The operator's `desk.yaml`: windows by name, the proof that Enter needs, and the operator guard. Blocking."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from bridge.drive.windows import NamedWindow
from bridge.files import changeable_by_others
from injectors.base import Level
from registry.document import Problem, read

FILE = "desk.yaml"
LEVELS = {"sent": Level.SENT, "delivered": Level.DELIVERED, "verified": Level.VERIFIED}
WindowName = Annotated[str, Field(min_length=1, max_length=256, pattern=r"^[^:/\s]+$")]
Words = Annotated[str, Field(min_length=1, max_length=1024)]


def _absolute(value: str) -> str:
    if not value.startswith("/") or ".." in value.split("/"):
        raise ValueError("give an absolute path without ..")
    return value


FolderPath = Annotated[str, Field(max_length=4096), AfterValidator(_absolute)]


class _Fields(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class _Store(_Fields):
    observer: WindowName
    path: FolderPath


class _Window(_Fields):
    name: WindowName
    ide: WindowName
    version: str = ""
    agent: WindowName = "chat"
    workspace: FolderPath | None = None
    app: Words | None = None
    title: Words | None = None
    store: _Store | None = None

    @model_validator(mode="after")
    def _can_be_found(self) -> "_Window":
        if self.app is None and self.title is None:
            raise ValueError("title: give app, title or both, for by them the window is found")
        return self


class _DeskFile(_Fields):
    submit_at_least: Literal["sent", "delivered", "verified"] = "verified"
    operator_guard: bool = True
    panic_key: Words = "Pause"
    windows: tuple[_Window, ...] = ()

    @model_validator(mode="after")
    def _names_are_unique(self) -> "_DeskFile":
        names = [(window.ide, window.name) for window in self.windows]
        if len(set(names)) != len(names):
            raise ValueError("windows: two windows of an IDE have one name")
        return self


@dataclass(frozen=True, slots=True)
class DeskSettings:
    """`submit_at_least`: the proof of the insert that Enter needs. With a `problem` nothing may act."""

    windows: tuple[NamedWindow, ...] = ()
    submit_at_least: Level = Level.VERIFIED
    operator_guard: bool = True
    panic_key: str = "Pause"
    problem: str | None = None


FileSignature = tuple[int, int, int] | None


def signature(directory: Path) -> FileSignature:
    """The file's inode, size and time of change, which differ after a write; None when it cannot be looked at."""
    try:
        found = (directory / FILE).stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


def load(directory: Path) -> DeskSettings:
    """What the file says; without one the defaults. Never raises for what it holds."""
    path = directory / FILE
    if not os.path.lexists(path):
        return DeskSettings()
    # A user who can write it could have prompts go into another window.
    unsafe = changeable_by_others(path)
    document = [Problem(str(path), 0, "-", unsafe)] if unsafe else read(path)
    if isinstance(document, list):
        return DeskSettings(problem="; ".join(map(str, document)))
    fields = document.check(_DeskFile, document.data)
    if isinstance(fields, list):
        return DeskSettings(problem="; ".join(map(str, fields)))
    windows = tuple(map(_named, fields.windows))
    return DeskSettings(windows, LEVELS[fields.submit_at_least], fields.operator_guard, fields.panic_key)


def _named(window: _Window) -> NamedWindow:
    return NamedWindow(
        name=window.name,
        ide=window.ide,
        version=window.version,
        agent=window.agent,
        workspace=window.workspace,
        app=window.app,
        title=window.title,
        store=window.store.observer if window.store else None,
        store_path=window.store.path if window.store else None,
    )
