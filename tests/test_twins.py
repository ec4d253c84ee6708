"""What stands in one place only. Each rule carries the reason why a second place would be wrong."""

import ast
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.drive.match import text_sha
from injectors import prompt

ROOT = Path(__file__).parent.parent
OURS = ("bridge", "injectors", "observers", "registry")
OBJECT_MARK = "\ufffc"

# File -> why it may do what `bridge/files.py` does for all others.
MOVES = {
    "bridge/files.py": "the one place that replaces a file as a whole",
    "bridge/cli/plugin/jetbrains.py": "exchanges a folder, the plugin of an IDE, and puts the old one back on failure",
    "bridge/cli/bug.py": "moves a log that has grown away; nothing is written anew",
}
CLOCKS = {
    "bridge/clock.py": "the one place that reads the wall clock in milliseconds",
    "observers/clock.py": "the observers' own, because an observer may not import bridge",
}
PRIVATE = {"bridge/files.py": "the one place that makes directories that are closed to others"}


def called(node: ast.AST) -> str:
    """`time.time_ns` of a call by that name, `.replace` of a method's call; the empty string for all else."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return ""
    owner = node.func.value
    module = owner.id if isinstance(owner, ast.Name) and owner.id in {"os", "tempfile", "time"} else ""
    return f"{module}.{node.func.attr}"


def moves_a_file(node: ast.AST) -> bool:
    """A rename, a link or a temporary file. `Path.replace` takes one argument, `str.replace` two or more."""
    match called(node):
        case "os.replace" | "os.rename" | "os.link" | "tempfile.mkstemp" | "tempfile.NamedTemporaryFile":
            return True
        case ".rename" | ".hardlink_to":
            return True
        case ".replace":
            assert isinstance(node, ast.Call)
            return len(node.args) == 1 and not node.keywords and not _is_the_listing(node)
    return False


def _is_the_listing(node: ast.Call) -> bool:
    """`listing.replace(sources)` of observers/activity.py: a value in memory."""
    assert isinstance(node.func, ast.Attribute)
    return isinstance(node.func.value, ast.Name) and node.func.value.id == "listing"


def counts_milliseconds(node: ast.AST) -> bool:
    """`time.time_ns() // 1_000_000`, `time.time() * 1000` and the like; comparing nanoseconds is another matter."""
    if not isinstance(node, ast.BinOp) or not isinstance(node.op, ast.FloorDiv | ast.Div | ast.Mult):
        return False
    return any(called(side) in {"time.time_ns", "time.time"} for side in (node.left, node.right))


def makes_private(node: ast.AST) -> bool:
    if called(node) not in {".mkdir", "os.mkdir", "os.makedirs"}:
        return False
    assert isinstance(node, ast.Call)
    return any(each.arg == "mode" for each in node.keywords)


Rule = Callable[[ast.AST], bool]
RULES: dict[str, tuple[Rule, dict[str, str], str]] = {
    "files": (
        moves_a_file,
        MOVES,
        "a torn file, a followed link or a name that is lost with the power, in one of them",
    ),
    "clock": (counts_milliseconds, CLOCKS, "a unit that is wrong in one of them"),
    "directories": (makes_private, PRIVATE, "a directory above that is open to others, or a name that is not on disk"),
}


def broken(rule: Rule, path: Path) -> Iterator[int]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if rule(node):
            assert isinstance(node, ast.expr)
            yield node.lineno


@pytest.mark.parametrize("name", RULES)
def test_it_stands_in_one_place(name: str) -> None:
    rule, allowed, danger = RULES[name]
    found = {
        f"{path.relative_to(ROOT)}:{line}"
        for package in OURS
        for path in sorted((ROOT / package).rglob("*.py"))
        if path.relative_to(ROOT).as_posix() not in allowed
        for line in broken(rule, path)
    }
    assert not found, f"use {next(iter(allowed))}; a second place invites {danger}: {sorted(found)}"


@pytest.mark.parametrize("name", RULES)
def test_what_is_allowed_is_there(name: str) -> None:
    rule, allowed, _ = RULES[name]
    idle = [file for file in allowed if not any(broken(rule, ROOT / file))]
    assert not idle, f"these need no exception any more: {idle}"


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("files", "os.replace(a, b)"),
        ("files", "path.replace(other)"),
        ("files", "tempfile.mkstemp()"),
        ("clock", "time.time_ns() // 1_000_000"),
        ("clock", "int(time.time() * 1000)"),
        ("directories", "path.mkdir(mode=0o700, parents=True)"),
    ],
)
def test_the_rules_can_fail(tmp_path: Path, name: str, line: str) -> None:
    planted = tmp_path / "planted.py"
    planted.write_text(f"{line}\n", encoding="utf-8")
    assert list(broken(RULES[name][0], planted)) == [1]
    planted.write_text('text.replace("a", "b")\ntime.time_ns() - stamp\npath.mkdir()\n', encoding="utf-8")
    assert not list(broken(RULES[name][0], planted))


# --- the same text ---------------------------------------------------------------------------------------------------
# Two rules, for two questions. `drive.match` asks whether what a chat shows is our prompt: products trim it, so blanks
# at the ends, kinds of newlines and the composition of letters do not count. `injectors.prompt` asks whether a field
# holds our text and nothing else before Enter is pressed: blanks are a draft there, and whatever the field holds is
# sent. The second must never say yes where the first says no, or a text would be submitted that no witness can confirm.

VECTORS = [
    json.loads(line) for line in (ROOT / "tests/vectors/text_hash.jsonl").read_text(encoding="utf-8").splitlines()
]
TEXTS = sorted({vector[name] for vector in VECTORS for name in ("text", "normalised")})
texts = st.text(st.sampled_from("ab \t\n\r\f\v\u0301\u00e9\u2028\ufeff"), max_size=12)


def test_a_field_that_holds_our_text_is_our_prompt_in_a_chat() -> None:
    same = [(one, other) for one in TEXTS for other in TEXTS if prompt.same(one, other)]
    assert len(same) > len(TEXTS), "only equal texts were compared"
    assert [pair for pair in same if text_sha(pair[0]) != text_sha(pair[1])] == []


@given(texts, texts, st.sampled_from(["", "\n", "\r\n", "\n\n"]))
def test_a_field_that_holds_any_text_of_ours_is_our_prompt_in_a_chat(field: str, ours: str, end: str) -> None:
    for one, other in ((field, ours), (field, field.replace("\n", "\r\n")), (field, field + end)):
        if prompt.same(one, other):
            assert text_sha(one) == text_sha(other)


@pytest.mark.parametrize("field", [" a", "a ", "a\t", "\na", "a\r", "cafe\u0301"])
def test_what_a_chat_may_change_a_field_may_not(field: str) -> None:
    ours = "caf\u00e9" if field.startswith("c") else "a"
    assert text_sha(field) == text_sha(ours)
    assert not prompt.same(field, ours)


def test_the_object_mark_is_of_fields_alone() -> None:
    """Rich text fields read back a mark for each embedded object. No chat stores it, so the other rule keeps it."""
    assert prompt.same(f"a{OBJECT_MARK}", "a")
    assert text_sha(f"a{OBJECT_MARK}") != text_sha("a")
