"""Our packages and the registry: that no other distribution has their names, and that each of its files loads."""

from collections.abc import Iterator
from importlib.metadata import Distribution, distributions
from importlib.util import find_spec
from pathlib import Path

from bridge.doctor.finding import Check, Finding, Remedy, Seen
from bridge.doctor.probes import ADAPTERS
from bridge.doctor.scene import Scene
from registry.lint import lint

NAMES = ("bridge", "injectors", "observers", "registry")


def names(scene: Scene) -> Iterator[Finding | Seen]:
    """Our names are generic, and installers let one distribution overwrite another's package in silence."""
    own = Remedy("install Koru into an environment of its own", ("uv tool install koru-bridge",))
    owners = _owners()
    for name in NAMES:
        found = sorted(owners[name])
        if len(found) > 1:
            problem = f"the package {name} belongs to several distributions: {', '.join(found)}"
            yield Finding("import-names", "error", problem, own, name)
    places = {str(_place(name)) for name in NAMES}
    yield Seen("installed in", ", ".join(sorted(places)))
    if len(places) > 1:
        problem = f"our packages are taken from several places: {', '.join(sorted(places))}"
        yield Finding("import-names", "error", problem, own, "places")


def _owners() -> dict[str, set[str]]:
    """The distributions that bring each of our names. `packages_distributions` is slow: it parses all their files."""
    owners: dict[str, set[str]] = {name: set() for name in NAMES}
    for distribution in distributions():
        for name in owners.keys() & _brings(distribution):
            owners[name].add(distribution.metadata["Name"])
    return owners


def _brings(distribution: Distribution) -> set[str]:
    declared = distribution.read_text("top_level.txt")
    if declared:
        return set(declared.split())
    recorded = distribution.read_text("RECORD") or ""
    return {name for name in NAMES if recorded.startswith(f"{name}/") or f"\n{name}/" in recorded}


def _place(name: str) -> Path | None:
    spec = find_spec(name)
    return Path(spec.origin).parent.parent if spec is not None and spec.origin else None


def registry(scene: Scene) -> Iterator[Finding | Seen]:
    there = scene.registry
    yield Seen("interfaces", f"{len(there.interfaces)}, {len(there.disabled)} disabled by you")
    for problem in lint(there, lambda command: None, ADAPTERS):
        remedy = Remedy("correct or remove the file; the others are in use", (f"koru registry lint {problem.file}",))
        yield Finding("registry-files", "warning", str(problem), remedy, f"{problem.file}:{problem.line}")


CHECKS = (
    Check("import-names", "our package names have one owner", names),
    Check("registry-files", "every file of the registry could be taken", registry),
)
