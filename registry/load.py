"""Reads all of the registry. A bad file is one or more problems with file and line; the others still load."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import TypeVar

from registry import document
from registry.document import Document, Problem
from registry.model import Blocker, Interface, Recovery, RegistryModel

R = TypeVar("R", bound=RegistryModel)


@dataclass(frozen=True, slots=True)
class Registry:
    """Everything by id, the files that could not be read, and where each interface was read from."""

    interfaces: dict[str, Interface]
    problems: tuple[Problem, ...]
    blockers: Mapping[str, Blocker] = field(default_factory=dict)
    recoveries: Mapping[str, Recovery] = field(default_factory=dict)
    sources: Mapping[str, Document] = field(default_factory=dict)
    """The document of each interface by its id; those of the two lists are `blockers` and `recoveries`."""
    disabled: frozenset[str] = frozenset()


def builtin() -> Path:
    """The directory of the files that belong to us."""
    return Path(str(resources.files("registry")))


def load(user_directory: Path | None = None, files: Iterable[Path] = ()) -> Registry:
    """The built-in registry, and over it the files of the user's directory and those named besides.

    A user's file adds an interface, gives fields of a built-in one anew, or takes it away with `disabled: true`.
    """
    problems: list[Problem] = []
    interfaces: dict[str, Interface] = {}
    sources: dict[str, Document] = {}
    disabled: set[str] = set()
    for path in _files(builtin() / "interfaces"):
        _take(path, interfaces, sources, problems)
    for path in (*_files(user_directory), *files):
        _take(path, interfaces, sources, problems, disabled)
    blockers = _list("blockers", "word", Blocker, sources, problems)
    recoveries = _list("recoveries", "id", Recovery, sources, problems)
    return Registry(interfaces, tuple(problems), blockers, recoveries, sources, frozenset(disabled))


def _take(
    path: Path,
    interfaces: dict[str, Interface],
    sources: dict[str, Document],
    problems: list[Problem],
    disabled: set[str] | None = None,
) -> None:
    found = document.read(path)
    if not isinstance(found, Document):
        problems.extend(found)
        return
    if disabled is not None and "disabled" in found.data:
        problems.extend(_disable(path, found, interfaces, disabled))
        return
    known = interfaces.get(path.stem)
    base = known.model_dump(exclude_unset=True) if disabled is not None and known is not None else {}
    result = _interface(found, path, base)
    if isinstance(result, Interface):
        interfaces[result.id], sources[result.id] = result, found
    else:
        problems.extend(result)


def _disable(path: Path, found: Document, interfaces: dict[str, Interface], disabled: set[str]) -> list[Problem]:
    if found.data.get("disabled") is not True or found.data.get("id") != path.stem or len(found.data) > 2:
        return [found.problem("a file that disables holds `id: <its name>` and `disabled: true` alone", "disabled")]
    if path.stem not in interfaces:
        return [found.problem(f"there is no interface {path.stem}", "id")]
    del interfaces[path.stem]
    disabled.add(path.stem)
    return []


def _interface(found: Document, path: Path, base: dict[str, object]) -> Interface | list[Problem]:
    """`base`: the fields of the interface that the file gives anew in part."""
    if found.data.get("id") != path.stem:
        return [found.problem(f"must be the file's name, {path.stem}", "id")]
    return found.check(Interface, {**base, **found.data})


def _list(name: str, key: str, model: type[R], sources: dict[str, Document], problems: list[Problem]) -> dict[str, R]:
    """A file that maps words to records; a record that is not valid is a problem, and the others still load."""
    found = document.read(builtin() / f"{name}.yaml")
    if not isinstance(found, Document):
        problems.extend(found)
        return {}
    sources[name] = found
    records: dict[str, R] = {}
    for word, fields in found.data.items():
        if not isinstance(fields, dict):
            problems.append(found.problem("a mapping of fields is expected", word))
            continue
        record = found.check(model, {**fields, key: word}, word)
        if isinstance(record, list):
            problems.extend(record)
        else:
            records[word] = record
    return records


def _files(directory: Path | None) -> Iterable[Path]:
    return sorted(directory.glob("*.yaml")) if directory is not None and directory.is_dir() else ()
