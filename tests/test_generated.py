"""The generated files are what the messages say."""

import pytest

from bridge.protocol.codegen.generate import COMMAND, ROOT, TARGETS, main
from registry import generate


@pytest.mark.parametrize("name", TARGETS)
def test_is_current(name: str) -> None:
    written = (ROOT / name).read_text(encoding="utf-8")
    assert written == TARGETS[name](), f"{name} is stale: run `{COMMAND}` and commit what it writes"


def test_a_stale_file_is_told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    name = "bridge/protocol/schema.json"
    monkeypatch.setitem(TARGETS, name, lambda: "{}\n")
    assert main(["--check"]) == 1
    assert name in capsys.readouterr().out


@pytest.mark.parametrize("name", generate.TARGETS)
def test_what_the_registry_says_is_current(name: str) -> None:
    written = (generate.ROOT / name).read_text(encoding="utf-8")
    assert written == generate.TARGETS[name](), f"{name} is stale: run `{generate.COMMAND}` and commit what it writes"


def test_stale_words_about_the_registry_are_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(generate, "table", lambda: "| a table of yesterday |")
    assert generate.main(["--check"]) == 1
    assert capsys.readouterr().out == "stale: ARCHITECTURE.md\n"
