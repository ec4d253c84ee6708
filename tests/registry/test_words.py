"""The blockers in the registry are exactly the words that our code emits, each where the registry says."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.protocol.errors import Reason
from injectors.blockers import BlockerWord
from injectors.catalogue import CATALOGUE
from observers import base
from observers.catalogue import OBSERVERS
from registry.load import load
from registry.model import Detector

ROOT = Path(__file__).parents[2]
REGISTRY = load()
# A call with one of these names carries a blocker at this position, or as `blocker=`.
CARRIERS = {
    "ChannelDeclined": 0,
    "give_up": 1,
    "_give_up": 1,
    "Verdict": 2,
    "RecordDeclined": 1,
    "Anchor": 3,
    "Permission": 2,
    "Withheld": 0,
}
# What a drive that a BridgeError ended takes over as its blocker: those that writing rows raises.
REASONS = {str(Reason.LEDGER_UNWRITABLE)}


def plugin_words() -> set[str]:
    """The types that every plugin's refusal must have; TypeScript and Java let no other word through."""
    source = (ROOT / "plugins-vscode/src/hosts/delivery.ts").read_text(encoding="utf-8")
    union = re.search(r"export type Blocker =(.*?);", source, re.DOTALL)
    java = ROOT / "plugins-jetbrains/core/src/main/java/dev/koru/drive/Blocker.java"
    constants = re.search(r"enum Blocker \{(.*?);", java.read_text(encoding="utf-8"), re.DOTALL)
    assert union is not None
    assert constants is not None
    return {*re.findall(r'"(\w+)"', union[1]), *map(str.lower, re.findall(r"\w+", constants[1]))}


def texts(node: ast.expr) -> Iterator[str]:
    """The literals that an expression can come to."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.BoolOp):
        for value in node.values:
            yield from texts(value)
    elif isinstance(node, ast.IfExp):
        yield from (*texts(node.body), *texts(node.orelse))


def carried(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        position = CARRIERS.get(name)
        if position is not None and len(node.args) > position:
            yield from texts(node.args[position])
        for keyword in node.keywords:
            if keyword.arg == "blocker":
                yield from texts(keyword.value)


def python_words(*packages: str) -> set[str]:
    paths = [path for package in packages for path in (ROOT / package).rglob("*.py")]
    return {word for path in paths for word in carried(path)}


EMITTED: dict[Detector, set[str]] = {
    "plugin": plugin_words(),
    "daemon": python_words("bridge/daemon", "bridge/drive", "bridge/policy") | REASONS,
    "injector": {str(word) for word in BlockerWord},
    "observer": {f"store_{word}" for word in base.ObserverReason},
    "doctor": python_words("bridge/doctor"),
}


@pytest.mark.parametrize("part", EMITTED)
def test_every_word_that_is_emitted_is_explained(part: Detector) -> None:
    known = {word for word, blocker in REGISTRY.blockers.items() if part in blocker.detected_by}
    assert EMITTED[part] - known == set(), f"registry/blockers.yaml lacks them, or `{part}` in their detected_by"


@pytest.mark.parametrize("part", EMITTED)
def test_every_word_that_is_explained_is_emitted(part: Detector) -> None:
    known = {word for word, blocker in REGISTRY.blockers.items() if part in blocker.detected_by}
    assert known - EMITTED[part] == set(), f"nothing in the {part} says them any more"


def test_the_search_finds_what_it_must(tmp_path: Path) -> None:
    planted = tmp_path / "planted.py"
    planted.write_text(
        "Verdict('refused', 'why', word or 'first')\n"
        "give_up(False, 'second', '')\n"
        "X(blocker='third' if a else 'fourth')\n",
        encoding="utf-8",
    )
    assert set(carried(planted)) == {"first", "second", "third", "fourth"}
    assert {"plugin_not_connected", "expired", "needs_input_pending", "no_interface"} <= EMITTED["daemon"]
    assert {"input_busy", "workspace_untrusted"} <= EMITTED["plugin"]


@pytest.mark.parametrize(("probe", "names"), [("chat_store", set(OBSERVERS)), ("injector", set(CATALOGUE))])
def test_every_adapter_has_its_interface(probe: str, names: set[str]) -> None:
    having = [i.adapter for i in REGISTRY.interfaces.values() if i.probe == probe]
    assert sorted(map(str, having)) == sorted(names)


def test_an_observer_s_interface_is_named_by_it() -> None:
    named = {i.id for i in REGISTRY.interfaces.values() if i.probe == "chat_store"}
    assert named == {f"chat_history_{name}" for name in OBSERVERS}


def test_what_the_plugin_performs_is_registered_as_built() -> None:
    source = (ROOT / "plugins-vscode/src/hosts/catalogue.ts").read_text(encoding="utf-8")
    performed = set(re.findall(r'from "\./(\w+)"', source)) - {"delivery"}
    assert performed, "the catalogue is written in another way now"
    ways = ROOT / "plugins-jetbrains/core/src/main/java/dev/koru/chat/Way.java"
    java = set(re.findall(r'[A-Z]\("(\w+)"\)', ways.read_text(encoding="utf-8")))
    assert "plugin_socket_jetbrains" in java, "the Java names its interfaces in another way now"
    built = {i.id for i in REGISTRY.interfaces.values() if i.status == "built" and i.probe == "plugin_session"}
    assert performed | java == built
