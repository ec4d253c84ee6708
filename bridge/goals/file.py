"""Reads a goal from a YAML file and from flags; what is wrong is told with file, line and field."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from bridge.goals.model import Goal
from bridge.protocol.errors import BridgeError, Reason
from registry.document import Document, Problem, read

NO_FILE = "the command line"


def load(path: Path | None, flags: Mapping[str, Any]) -> Goal:
    """The goal of a file (None: of the flags alone), flags before the file. BridgeError USAGE names every fault."""
    document = None if path is None else _document(path)
    data = _merged(document.data if document else {}, flags)
    try:
        goal = Goal.model_validate(data)
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False)
        raise _refused([_problem(document, flags, detail["loc"], detail["msg"]) for detail in details]) from None
    return _absolute(goal, path)


def _document(path: Path) -> Document:
    document = read(path)
    if isinstance(document, list):
        raise _refused(document)
    return document


def _merged(data: Mapping[str, Any], flags: Mapping[str, Any]) -> dict[str, Any]:
    """Flags replace what the file has. Where both have a mapping, its fields are merged, and those of the flags win."""
    merged = dict(data)
    for name, value in flags.items():
        before = merged.get(name)
        merged[name] = {**before, **value} if isinstance(before, dict) and isinstance(value, dict) else value
    return merged


def _problem(document: Document | None, flags: Mapping[str, Any], found: tuple[int | str, ...], said: str) -> Problem:
    message = said.removeprefix("Value error, ")
    # Pydantic names the branches of a union, which mean nothing to a reader of the file.
    location = tuple(step for step in found if isinstance(step, int) or not step.startswith(("list[", "literal[")))
    if not location and ": " in message:
        field, _, message = message.partition(": ")
        location = (field,)
    if document is None or (location and location[0] in flags):
        return Problem(NO_FILE, 0, ".".join(map(str, location)) or "-", message)
    return document.problem(message, *location)


def _refused(problems: list[Problem]) -> BridgeError:
    told = [f"{p.field}: {p.message}" if not p.line and p.file == NO_FILE else str(p) for p in problems]
    hint = "koru run --help; the fields of a file: koru run --schema"
    return BridgeError(Reason.USAGE, "the goal cannot be taken:\n  " + "\n  ".join(told), hint=hint)


def _absolute(goal: Goal, path: Path | None) -> Goal:
    """`surface.workspace` may be written relative to the file, or to where the command was run."""
    folder = goal.surface.workspace
    if folder is None or folder.startswith("/"):
        return goal
    base = path.parent if path else Path()
    surface = goal.surface.model_copy(update={"workspace": os.path.abspath(base / folder)})  # noqa: PTH100
    return goal.model_copy(update={"surface": surface})
