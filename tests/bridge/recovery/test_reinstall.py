"""Putting the plugin back: into every IDE that is found, of both families; one that fails keeps it from none."""

from pathlib import Path
from typing import Any, cast

import pytest

from bridge.protocol.errors import BridgeError, Reason
from bridge.recovery import reinstall_plugin
from bridge.recovery.action import Aim
from bridge.recovery.machine import CommandMachine


@pytest.fixture
def ides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """code-server on the PATH, and two versions of IntelliJ IDEA that were started once."""
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / "code-server").write_text("#!/bin/sh\n", encoding="utf-8")
    (tmp_path / "code-server").chmod(0o755)
    for version in ("2025.3", "2026.1"):
        (tmp_path / ".local/share/JetBrains" / f"IntelliJIdea{version}").mkdir(parents=True)


class Hands:
    """In the place of the commands: what they would answer, and what they were asked."""

    def __init__(self, **answers: list[dict[str, str]] | BridgeError) -> None:
        self.answers = answers
        self.asked: list[str] = []

    def succeed(self, *words: str) -> dict[str, Any]:
        self.asked.append(" ".join(words))
        answer = self.answers[words[-1].replace("-", "_")]
        if isinstance(answer, BridgeError):
            raise answer
        return {"ides": answer}


def run(hands: Hands, aim: Aim) -> tuple[str, str]:
    plan = reinstall_plugin.plan(cast("CommandMachine", hands), aim)
    result = reinstall_plugin.run(cast("CommandMachine", hands), plan)
    return result.state, "\n".join(result.said)


@pytest.mark.usefixtures("ides")
def test_every_ide_that_is_found_gets_it_once() -> None:
    idea = [{"folder": "/2025.3", "installed": "2"}, {"folder": "/2026.1", "installed": "2"}]
    hands = Hands(code_server=[{"installed": "1"}], idea=idea)
    state, said = run(hands, Aim())
    assert hands.asked == ["plugin install --ide code-server", "plugin install --ide idea"]
    assert state == "done"
    for line in ("code-server lists the plugin 1\n", "idea lists the plugin 2 in /2025.3", "2 in /2026.1"):
        assert line in said


@pytest.mark.usefixtures("ides")
def test_one_that_fails_is_told_and_keeps_it_from_no_other() -> None:
    hands = Hands(code_server=BridgeError(Reason.TOOL_FAILED, "no space left"), idea=[{"installed": "2"}])
    state, said = run(hands, Aim())
    assert (state, "code-server: no space left" in said, "idea lists the plugin 2" in said) == ("failed", True, True)


@pytest.mark.usefixtures("ides")
def test_the_one_that_is_named_is_the_only_one() -> None:
    hands = Hands(idea=[{"installed": "2"}])
    assert run(hands, Aim(ide="idea"))[0] == "done"
    assert hands.asked == ["plugin install --ide idea"]
