"""A clause that takes any exception stands only here, with its reason; all else that may fail is `contained`."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
OURS = ("bridge", "injectors", "observers", "registry")

UNDONE = "raises it again, once what was begun is undone"
OUTERMOST = "nothing of ours is outside: it becomes a message and an exit status"

# File and function, and why nothing narrower and no `contained` serves.
ALLOWED: dict[tuple[str, str], str] = {
    ("bridge/cli/main.py", "_guarded"): OUTERMOST,
    (
        "bridge/cli/plugin/ide_command.py",
        "_run",
    ): "kills the command's processes for any end of the wait; raises it again",
    ("bridge/client.py", "connect"): UNDONE,
    ("bridge/daemon/process/main.py", "main"): OUTERMOST,
    ("bridge/daemon/process/main.py", "_serve"): "logs it and raises it as a BridgeError: the daemon has failed",
    ("bridge/files.py", "private_directory"): UNDONE,
    ("bridge/ledger/database.py", "__init__"): UNDONE,
    ("bridge/lock.py", "take"): UNDONE,
    ("bridge/recovery/conduct.py", "conduct"): "writes the row of the end that was cut short, and raises it again",
    # Injectors and observers import nothing of bridge, `contained` included: see test_architecture.py.
    ("injectors/operator_guard.py", "_watch"): "trips the guard, because a watch that failed sees no hands; raises it",
    ("injectors/wayland_keyboard.py", "locate"): UNDONE,
    ("injectors/wayland_wire.py", "__init__"): UNDONE,
    ("injectors/x11.py", "locate"): UNDONE,
    ("injectors/x11_owner.py", "perform"): "hands it to the thread that asked, which raises it",
    ("injectors/xdotool.py", "locate"): UNDONE,
    ("observers/sqlite_snapshot/database.py", "_attempt"): "asks whether the version changed meanwhile, and raises it",
}


def broad_clauses(path: Path) -> Iterator[tuple[str, int]]:
    """The function and line of each clause that takes any exception."""

    def walk(node: ast.AST, function: str) -> Iterator[tuple[str, int]]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.ExceptHandler) and is_broad(child.type):
                yield function, child.lineno
            inside = child.name if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef) else function
            yield from walk(child, inside)

    return walk(ast.parse(path.read_text(encoding="utf-8")), "")


def is_broad(kind: ast.expr | None) -> bool:
    if kind is None:
        return True
    if isinstance(kind, ast.Tuple):
        return any(map(is_broad, kind.elts))
    return ast.unparse(kind).removeprefix("builtins.") in {"Exception", "BaseException"}


def found() -> list[tuple[str, str, int]]:
    return [
        (str(path.relative_to(ROOT)), function, line)
        for package in OURS
        for path in sorted((ROOT / package).rglob("*.py"))
        for function, line in broad_clauses(path)
    ]


def test_no_clause_takes_any_exception_without_a_reason() -> None:
    without = [f"{file}:{line} ({function})" for file, function, line in found() if (file, function) not in ALLOWED]
    assert not without, f"use bridge.contained, or name the exceptions: {without}"


def test_every_reason_is_about_a_clause_that_exists() -> None:
    there = [(file, function) for file, function, _ in found()]
    assert sorted(there) == sorted(ALLOWED), "one clause for each reason"


def test_a_planted_clause_is_found(tmp_path: Path) -> None:
    planted = tmp_path / "planted.py"
    clauses = ("except:", "except Exception as e:", "except (KeyError, BaseException):", "except ValueError:")
    body = "".join(f"    try:\n        pass\n    {clause}\n        pass\n" for clause in clauses)
    planted.write_text(f"def act():\n{body}", encoding="utf-8")
    assert [line for _, line in broad_clauses(planted)] == [4, 8, 12]


def test_what_is_contained_is_a_literal() -> None:
    """`koru status` shows one line for each: a bounded number, in words that stay the same."""
    for path in sorted((ROOT / "bridge").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "contained":
                what = node.args[0]
                assert isinstance(what, ast.Constant) and isinstance(what.value, str), f"{path}:{node.lineno}"
