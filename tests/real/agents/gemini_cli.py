"""Gemini CLI, with a prompt on its command line."""

from collections.abc import Mapping
from pathlib import Path

from observers.base import State
from tests.real.agents.install import Agents
from tests.real.agents.product import walled, written
from tests.standin.server import Call, Standin

ID = "gemini_cli"
ECHO = Call("run_shell_command", {"command": "echo koru"})
GATED = Call("run_shell_command", {"command": "touch made"})
# An answer looks like the words before a tool that runs or waits.
RESUMES, ANSWERED = True, State.UNKNOWN
# A prompt whose request fails is taken back from the store, whatever the reason.
AFTER_500, AFTER_429 = State.ERROR, State.ERROR
AFTER_KILL, AT_A_GATE = State.WORKING, State.UNKNOWN
MODEL = "gemini-2.5-pro"
SETTINGS = {
    "security": {"auth": {"selectedType": "gemini-api-key"}, "folderTrust": {"enabled": False}},
    "telemetry": {"enabled": False},
    "privacy": {"usageStatisticsEnabled": False},
    "general": {"enableAutoUpdate": False, "enableAutoUpdateNotification": False, "maxAttempts": 1},
}


def prepare(home: Path, model: Standin) -> None:
    """See `Product.prepare`."""
    written(home / ".gemini" / "settings.json", SETTINGS)


def environment(model: Standin) -> Mapping[str, str]:
    """See `Product.environment`."""
    return {**walled(model), "GEMINI_API_KEY": "none", "GOOGLE_GEMINI_BASE_URL": model.gemini, "TERM": "xterm-256color"}


def command(agents: Agents, prompt: str, *, resume: str | None = None) -> list[str]:
    """See `Product.command`."""
    again = ["--resume", "latest"] if resume else []
    return [agents.program("node"), agents.program(ID), *again, "--yolo", "-m", MODEL, "-p", prompt]


def gated(agents: Agents, prompt: str) -> list[str]:
    """See `Product.gated`."""
    return [agents.program("node"), agents.program(ID), "-m", MODEL, "-i", prompt]
