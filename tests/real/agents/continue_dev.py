"""Continue's command line, on its screen: in print mode it writes its session at the end, or never."""

from collections.abc import Mapping
from pathlib import Path

from observers.base import State
from tests.real.agents.install import Agents
from tests.real.agents.product import walled, written
from tests.standin.server import Call, Standin

ID = "continue_dev"
ECHO = Call("Bash", {"command": "echo koru"})
GATED = ECHO
# It tries on in silence.
RESUMES, ANSWERED = True, State.DONE
AFTER_500, AFTER_429 = State.WORKING, State.WORKING
AFTER_KILL, AT_A_GATE = State.WORKING, State.NEEDS_INPUT
SETTINGS = """\
name: standin
version: 1.0.0
schema: v1
models:
  - name: standin
    provider: openai
    model: gpt-4o
    apiBase: {url}
    apiKey: none
    roles: [chat]
    capabilities: [tool_use]
"""


def prepare(home: Path, model: Standin) -> None:
    """See `Product.prepare`. At the place that the command line looks at by itself."""
    written(home / ".continue" / "config.yaml", SETTINGS.format(url=model.openai))


def environment(model: Standin) -> Mapping[str, str]:
    """See `Product.environment`."""
    off = {"CONTINUE_CLI_ENABLE_TELEMETRY": "0", "CONTINUE_METRICS_ENABLED": "0", "CONTINUE_TELEMETRY_ENABLED": "0"}
    return {**walled(model), **off, "CONTINUE_CLI_AUTO_UPDATED": "1", "TERM": "xterm-256color"}


def command(agents: Agents, prompt: str, *, resume: str | None = None) -> list[str]:
    """See `Product.command`."""
    return [*gated(agents, prompt), "--auto", *(["--resume"] if resume else [])]


def gated(agents: Agents, prompt: str) -> list[str]:
    """See `Product.gated`."""
    return [agents.program("node"), agents.program(ID), "--config", "../.continue/config.yaml", prompt]
