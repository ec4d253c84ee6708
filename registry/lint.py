"""What only shows across files: references, rings, and words without an action. Errors name file and line."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from registry.document import Problem
from registry.load import Registry
from registry.model import ActionPlace, Interface, Probe

Runs = Callable[[str], str | None]
"""What is wrong with a command line, or None when it can be run."""
Adapters = Mapping[Probe, Sequence[str]]
"""The names that the probes `chat_store` and `injector` can ask for."""


@dataclass(frozen=True, slots=True)
class Code:
    """What there is in code for the registry to name: actions by who runs them, and the doctor's checks."""

    actions: Mapping[str, ActionPlace]
    checks: Collection[str]


def lint(registry: Registry, runs: Runs, adapters: Adapters, code: Code | None = None) -> list[Problem]:
    """Everything that is wrong, the files that could not be read first. Without `code`, what it has is not asked."""
    return [
        *registry.problems,
        *(problem for interface in registry.interfaces.values() for problem in _interface(interface, registry)),
        *_adapters(registry, adapters),
        *_blockers(registry),
        *_recoveries(registry, runs),
        *(_actions(registry, code) if code is not None else ()),
        *_rings(registry),
    ]


def _interface(interface: Interface, registry: Registry) -> Iterator[Problem]:
    source = registry.sources[interface.id]
    known = (
        ("blocking_modes", interface.blocking_modes, registry.blockers, "blocker"),
        ("operator_recovery", interface.operator_recovery, registry.recoveries, "recovery"),
        ("depends_on", interface.depends_on, registry.interfaces, "interface"),
    )
    for field, words, table, kind in known:
        for index, word in enumerate(words):
            if word not in table:
                yield source.problem(f"there is no {kind} {word}", field, index)


def _adapters(registry: Registry, adapters: Adapters) -> Iterator[Problem]:
    for interface in registry.interfaces.values():
        names = adapters.get(interface.probe)
        if names is not None and interface.adapter not in names:
            message = f"{interface.probe} knows no {interface.adapter}; it knows {', '.join(names)}"
            yield registry.sources[interface.id].problem(message, "adapter")


def _blockers(registry: Registry) -> Iterator[Problem]:
    for blocker in registry.blockers.values():
        source = registry.sources["blockers"]
        for index, word in enumerate(blocker.recoveries):
            if word not in registry.recoveries:
                yield source.problem(f"there is no recovery {word}", blocker.word, "recoveries", index)
        for index, word in enumerate(blocker.depends_on):
            if word not in registry.blockers:
                yield source.problem(f"there is no blocker {word}", blocker.word, "depends_on", index)


def _recoveries(registry: Registry, runs: Runs) -> Iterator[Problem]:
    used = {word for blocker in registry.blockers.values() for word in blocker.recoveries}
    used |= {word for interface in registry.interfaces.values() for word in interface.operator_recovery}
    for recovery in registry.recoveries.values():
        source = registry.sources["recoveries"]
        wrong = runs(recovery.run) if recovery.run else None
        if wrong is not None:
            yield source.problem(f"`{recovery.run}` cannot be run: {wrong}", recovery.id, "run")
        if recovery.id not in used and not recovery.checks and not registry.disabled:
            yield source.problem("nothing leads to it", recovery.id)


def _actions(registry: Registry, code: Code) -> Iterator[Problem]:
    source = registry.sources["recoveries"]
    for recovery in registry.recoveries.values():
        there = code.actions.get(recovery.id)
        if recovery.action is not None and there != recovery.action:
            but = f", but by the {there}" if there else ""
            yield source.problem(f"no action of that name is run by the {recovery.action}{but}", recovery.id, "action")
        for index, check in enumerate(recovery.checks):
            if check not in code.checks:
                yield source.problem(f"the doctor has no check {check}", recovery.id, "checks", index)
    for name in sorted(set(code.actions) - set(registry.recoveries)):
        yield Problem(source.file, 0, name, "there is an action of that name, and no recovery")


def _rings(registry: Registry) -> Iterator[Problem]:
    interfaces = {id_: interface.depends_on for id_, interface in registry.interfaces.items()}
    for ring in rings(interfaces):
        yield registry.sources[ring[0]].problem(f"a ring: {' -> '.join(ring)}", "depends_on")
    blockers = {word: blocker.depends_on for word, blocker in registry.blockers.items()}
    for ring in rings(blockers):
        yield registry.sources["blockers"].problem(f"a ring: {' -> '.join(ring)}", ring[0], "depends_on")


def rings(edges: Mapping[str, Sequence[str]]) -> list[tuple[str, ...]]:
    """The rings of a graph, each once, beginning and ending with the least of its names."""
    found: set[tuple[str, ...]] = set()
    done: set[str] = set()
    for start in sorted(edges):
        path = [start]
        open_: list[Iterator[str]] = [iter(edges[start])]
        while open_:
            step = next(open_[-1], None)
            if step is None:
                open_.pop()
                done.add(path.pop())
            elif step in path:
                found.add(_turned(path[path.index(step) :]))
            elif step in edges and step not in done:
                path.append(step)
                open_.append(iter(edges[step]))
    return sorted(found)


def _turned(ring: Sequence[str]) -> tuple[str, ...]:
    first = ring.index(min(ring))
    return (*ring[first:], *ring[:first], ring[first])
