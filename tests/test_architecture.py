"""Who may import whom. Each forbidden edge carries the reason it is forbidden."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
OURS = ("bridge", "injectors", "observers", "registry")

ACTS = "an observer must not be able to act"
INDEPENDENT = "acting and verifying stay independent, or verification proves nothing"
DATA = "the registry is data; who reads it decides"
LEAF = "the wire is a leaf: plugins and clients must be able to follow it without the daemon"
PURE = "deciding does no I/O, so that every path is a playbook"
SOCKET = "the command line can do nothing that another client of the socket cannot"
DOCTOR = "the doctor must work, and be right, when no daemon does"
HANDS = "an action is plain code, and reaches what it acts on through the hands it is given"
HARMLESS = "the doctor asks an injector what it needs, and never acts"
DESK = "the desktop is a channel: what becomes of its drives is decided and recorded elsewhere"
LIGHT = "the start of the command line must stay light"
READING = "reading chats must work when no daemon does: it knows of none, and it cannot act"

# The rooms of the daemon from the top down, and why none below may know each. A room knows those below it alone.
FLOORS: tuple[dict[str, str], ...] = (
    {"process": "a part of the daemon does not depend on how its process was started"},
    {"app": "app builds the parts, so each of them can be built without it"},
    {
        "operator": "what a person looks at does not know that it is looked at",
        "goals": "a goal is one more caller of the drives, which behave the same for every caller",
    },
    {"drives": "policy, ledger and socket serve the drives, and are right without them"},
    {"permissions": "rows and connections carry what policy decided, and decide nothing"},
    {
        "ledger_writer": "the socket carries requests; what they change is decided and written above it",
        "changes": "the socket carries requests; which files are watched is decided above it",
    },
    {"faults": "a request reaches no point of failure of its own"},
    {"socket": "every other room may know it, and it knows none"},
)
ROOMS: dict[str, dict[str, str]] = {
    f"bridge.daemon.{room}": {
        f"bridge.daemon.{other}": why for floor in FLOORS[: number + 1] for other, why in floor.items() if other != room
    }
    for number, rooms in enumerate(FLOORS)
    for room in rooms
}

FORBIDDEN: dict[str, dict[str, str]] = {
    **{room: others for room, others in ROOMS.items() if others},
    "observers": {"bridge": ACTS, "injectors": ACTS, "registry": DATA},
    "injectors": {"bridge": INDEPENDENT, "observers": INDEPENDENT, "registry": DATA},
    "registry": {"bridge": DATA, "injectors": DATA, "observers": DATA},
    "bridge.protocol": {
        **{name: LEAF for name in ("injectors", "observers", "registry")},
        **{f"bridge.{name}": LEAF for name in ("drive", "ledger", "daemon", "cli", "client")},
    },
    "bridge.drive": {
        **{
            name: PURE
            for name in ("anyio", "asyncio", "time", "os", "socket", "threading", "subprocess", "pathlib.Path")
        },
        **{name: PURE for name in ("injectors", "observers", "registry.load", "bridge.daemon", "bridge.ledger")},
    },
    **{
        f"bridge.goals.{module}": {
            name: PURE
            for name in (
                "anyio",
                "asyncio",
                "time",
                "os",
                "socket",
                "threading",
                "subprocess",
                "pathlib",
                "bridge.daemon",
            )
        }
        for module in ("machine", "steps")
    },
    "bridge.ledger": {name: LEAF for name in ("bridge.daemon", "bridge.drive", "injectors", "observers", "registry")},
    "bridge.cli": {
        "bridge.daemon": SOCKET,
        "bridge.drive": SOCKET,
        "injectors": SOCKET,
        "asyncio": LIGHT,
        "anyio": LIGHT,
        "pydantic": LIGHT,
    },
    # What a person may read with a pager, the command line may read without asking the daemon: the history is wanted
    # most when nothing else works. The daemon watches by the same code, so the two cannot tell different states.
    "bridge.chats": {
        **{f"bridge.{name}": READING for name in ("cli", "client", "daemon", "drive", "ledger", "policy", "protocol")},
        **{name: READING for name in ("injectors", "registry")},
        **{name: LIGHT for name in ("asyncio", "anyio", "pydantic")},
    },
    # It may import the registry, observers, injectors, bridge.client, bridge.lock and bridge.paths; the command line
    # imports it, for it is no part of the daemon.
    "bridge.doctor": {
        **{f"bridge.{name}": DOCTOR for name in ("cli", "daemon", "drive", "ledger", "policy")},
        "injectors.injection": HARMLESS,
        "injectors.base.Injection": HARMLESS,
    },
    "bridge.desk": {"bridge.daemon": DESK, "bridge.cli": DESK, "bridge.ledger": DESK, "observers": INDEPENDENT},
    # The command line imports it, and the daemon the actions it runs; what belongs to either comes through their hands.
    "bridge.recovery": {
        "bridge.cli": HANDS,
        "bridge.daemon": HANDS,
        "anyio": HANDS,
        "injectors.injection": HARMLESS,
        "injectors.base.Injection": HARMLESS,
    },
    "bridge.client": {"bridge.daemon": SOCKET, "asyncio": LIGHT, "anyio": LIGHT, "pydantic": LIGHT},
    "bridge.daemon": {"bridge.cli": "the daemon serves the command line, not the other way round", "injectors": ACTS},
}

# The one file that knows everyone, and what else stands on an edge on purpose.
ALLOWED: dict[tuple[str, str], str] = {
    ("bridge.daemon.app", "injectors"): "app builds the daemon's parts",
}


def modules() -> Iterator[tuple[str, Path]]:
    for package in OURS:
        for path in sorted((ROOT / package).rglob("*.py")):
            yield ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"), path


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import hides an edge from this test"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def covers(rule: str, name: str) -> bool:
    return name == rule or name.startswith(rule + ".")


def broken(module: str, path: Path) -> list[str]:
    return [
        f"{module} imports {name}: {why}"
        for package, rules in FORBIDDEN.items()
        if covers(package, module)
        for name in imports(path)
        for forbidden, why in rules.items()
        if covers(forbidden, name) and (module, forbidden) not in ALLOWED
    ]


def test_no_forbidden_edge() -> None:
    found = [line for module, path in modules() for line in broken(module, path)]
    assert not found, "\n".join(found)


def test_the_rules_can_fail(tmp_path: Path) -> None:
    planted = tmp_path / "planted.py"
    planted.write_text("from bridge.daemon import app\nimport anyio\n", encoding="utf-8")
    assert len(broken("bridge.drive.planted", planted)) == 2
    assert broken("observers.planted", planted) == [f"observers.planted imports bridge.daemon.app: {ACTS}"]
    [line] = broken("bridge.daemon.socket.planted", planted)
    assert line.startswith("bridge.daemon.socket.planted imports bridge.daemon.app: ")


@pytest.mark.parametrize("package", sorted(FORBIDDEN))
def test_every_rule_is_about_something_that_exists(package: str) -> None:
    assert any(covers(package, module) for module, _ in modules()), f"{package} is gone; remove its rule"


def test_every_room_of_the_daemon_has_a_floor() -> None:
    daemon = ROOT / "bridge" / "daemon"
    found = {path.stem for path in daemon.iterdir() if not path.stem.startswith("__")}
    assert found == {room for floor in FLOORS for room in floor}


def test_files_stay_readable() -> None:
    long = [f"{path.relative_to(ROOT)}: {count}" for _, path in modules() if (count := lines(path)) > 500]
    assert not long, f"over 500 lines: {long}"


def lines(path: Path) -> int:
    return path.read_text(encoding="utf-8").count("\n")
