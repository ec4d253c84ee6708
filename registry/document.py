"""One YAML file with the line of every field. Everything that can be wrong with a file ends as a Problem."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

M = TypeVar("M", bound=BaseModel)
MAX_BYTES = 65_536
MAX_DEPTH = 16
# The parser in C is ten times as fast, and not built everywhere.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one file. `line` counts from 1, 0 when it is about the whole file."""

    file: str
    line: int
    field: str
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.field}: {self.message}"


@dataclass(frozen=True, slots=True)
class Document:
    """The fields of a file, and where they stand in it."""

    file: str
    data: dict[str, Any]
    node: yaml.Node

    def line(self, *location: int | str) -> int:
        """The line of a field, or of the closest thing around it that is there."""
        node, line = self.node, self.node.start_mark.line
        for step in location:
            found = _child(node, step)
            if found is None:
                break
            line, node = found
        return line + 1

    def problem(self, message: str, *location: int | str) -> Problem:
        return Problem(self.file, self.line(*location), ".".join(map(str, location)) or "-", message)

    def check(self, model: type[M], data: object, *within: int | str) -> M | list[Problem]:
        """`data`, found at `within`, as a record of that model or as everything that is wrong with it."""
        try:
            return model.model_validate(data)
        except ValidationError as error:
            details = error.errors(include_url=False, include_input=False)
            return [self._refused(within, detail["loc"], detail["msg"]) for detail in details]

    def _refused(self, within: tuple[int | str, ...], found: tuple[int | str, ...], message: str) -> Problem:
        message = message.removeprefix("Value error, ")
        if not found and ": " in message:
            # A rule about several fields names the one to look at.
            field, _, message = message.partition(": ")
            found = tuple(field.split("."))
        return self.problem(message, *within, *found)


def read(path: Path) -> Document | list[Problem]:
    """A mapping of fields, or what is wrong. Only plain files of a sane size are opened."""
    try:
        if not path.is_file():
            return [Problem(str(path), 0, "-", "not a file")]
        if path.stat().st_size > MAX_BYTES:
            return [Problem(str(path), 0, "-", f"larger than {MAX_BYTES} bytes")]
        return _parse(str(path), path.read_text(encoding="utf-8-sig"))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        return [Problem(str(path), line, "-", f"not YAML: {error.problem}")]
    except (OSError, ValueError, yaml.YAMLError) as error:
        return [Problem(str(path), 0, "-", " ".join(str(error).split()))]


# Kept, because the same text gives the same document and no caller changes one.
@lru_cache(maxsize=256)
def _parse(file: str, text: str) -> Document | list[Problem]:
    deep = _too_deep(text)
    if deep is not None:
        return [Problem(file, deep, "-", f"nested deeper than {MAX_DEPTH} levels")]
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        if not isinstance(node, yaml.MappingNode):
            return [Problem(file, 1, "-", "a mapping of fields is expected")]
        twice = list(_twice(file, node))
        if twice:
            return twice
        data = loader.construct_document(node)
    finally:
        loader.dispose()
    strange = [key for key in data if not isinstance(key, str)]
    if strange:
        return [Problem(file, 1, str(strange[0]), "the name of a field is text")]
    return Document(file, data, node)


def _too_deep(text: str) -> int | None:
    """The line where it gets too deep. The parser in C recurses without a bound, and takes the process with it."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            return event.start_mark.line + 1 if event.start_mark else 1
    return None


def _twice(file: str, mapping: yaml.MappingNode) -> Iterator[Problem]:
    """YAML takes the last of two equal names in silence."""
    seen: set[str] = set()
    for key, value in mapping.value:
        name = str(key.value)
        if name in seen:
            yield Problem(file, key.start_mark.line + 1, name, "stands here twice")
        seen.add(name)
        if isinstance(value, yaml.MappingNode) and value is not mapping:
            yield from _twice(file, value)


def _child(node: yaml.Node, step: int | str) -> tuple[int, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        return next(((key.start_mark.line, value) for key, value in node.value if key.value == step), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step].start_mark.line, node.value[step]
    return None
