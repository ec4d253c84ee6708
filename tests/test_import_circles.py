"""No module of the bridge imports itself by way of others, function-level imports included.

A circle means that none of its modules can be read, tested or moved without the others. An import inside a function
only hides it. Imports below `if TYPE_CHECKING` are left out: they are read by the type checker, and never run.
"""

import ast
from collections.abc import Iterator, Mapping

import pytest

from tests.test_architecture import modules

# The modules of a circle that stands on purpose, and the reason.
ALLOWED: dict[frozenset[str], str] = {}


def imported(source: str) -> Iterator[str]:
    """What a source imports when it runs, at its top or in a function: modules, and names in modules."""
    waiting: list[ast.AST] = [ast.parse(source)]
    while waiting:
        node = waiting.pop()
        match node:
            case ast.If(test=ast.Name(id="TYPE_CHECKING") | ast.Attribute(attr="TYPE_CHECKING")):
                waiting += node.orelse
                continue
            case ast.Import():
                yield from (alias.name for alias in node.names)
            case ast.ImportFrom():
                assert node.level == 0, "a relative import hides an edge from this test"
                yield from (f"{node.module}.{alias.name}" for alias in node.names)
        waiting += ast.iter_child_nodes(node)


def graph(sources: Mapping[str, str]) -> dict[str, set[str]]:
    """Each module and those of the given modules that it imports. A name in a module is an import of the module."""
    edges: dict[str, set[str]] = {}
    for module, source in sources.items():
        found = (owner(name, sources) for name in imported(source))
        edges[module] = {each for each in found if each is not None and each != module}
    return edges


def owner(name: str, sources: Mapping[str, str]) -> str | None:
    """The module that a dotted name belongs to: the longest beginning of it that is one. None for others' names."""
    while name and name not in sources:
        name = name.rpartition(".")[0]
    return name or None


def circles(edges: Mapping[str, set[str]]) -> list[frozenset[str]]:
    """The strongly connected components of more than one module: all that import each other, directly or not."""
    reached = {module: reachable(module, edges) for module in edges}
    found = {frozenset(each for each in reached[module] if module in reached[each]) for module in edges}
    return sorted((circle for circle in found if len(circle) > 1), key=sorted)


def reachable(start: str, edges: Mapping[str, set[str]]) -> set[str]:
    """Every module that an import of this one leads to, by one import or more."""
    found: set[str] = set()
    waiting = [start]
    while waiting:
        new = edges[waiting.pop()] - found
        found |= new
        waiting += new
    return found


def of_bridge() -> dict[str, str]:
    return {name: path.read_text(encoding="utf-8") for name, path in modules() if name.split(".")[0] == "bridge"}


def test_no_module_of_the_bridge_imports_itself() -> None:
    edges = graph(of_bridge())
    found = [circle for circle in circles(edges) if circle not in ALLOWED]
    told = [
        "\n".join(f"{module} imports {', '.join(sorted(edges[module] & circle))}" for module in sorted(circle))
        for circle in found
    ]
    assert not told, "import circles:\n" + "\n\n".join(told)


def test_every_allowed_circle_still_stands() -> None:
    assert set(ALLOWED) <= set(circles(graph(of_bridge()))), "a circle was opened; remove its reason"


def test_the_command_line_has_no_circle_on_purpose() -> None:
    assert not any(module.startswith("bridge.cli") for circle in ALLOWED for module in circle)


@pytest.mark.parametrize(
    ("sources", "found"),
    [
        ({"p.a": "import p.b", "p.b": "from p import a"}, [{"p.a", "p.b"}]),
        (
            {"p.a": "def f():\n    from p.b import x", "p.b": "from p.c import y", "p.c": "import p.a"},
            [{"p.a", "p.b", "p.c"}],
        ),
        ({"p.a": "if TYPE_CHECKING:\n    import p.b\nelse:\n    import os", "p.b": "import p.a"}, []),
        ({"p.a": "if TYPE_CHECKING:\n    import os\nelse:\n    import p.b", "p.b": "import p.a"}, [{"p.a", "p.b"}]),
        ({"p.a": "import p.b, p.c", "p.b": "import p.c", "p.c": "import os.path"}, []),
        ({"p": "from p import a", "p.a": "from p import name"}, [{"p", "p.a"}]),
    ],
    ids=["two", "three, one in a function", "for types", "not for types", "none", "a package"],
)
def test_a_circle_would_be_found(sources: dict[str, str], found: list[set[str]]) -> None:
    assert circles(graph(sources)) == found
