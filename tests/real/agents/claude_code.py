"""Claude Code, in print mode and on its screen."""

from collections.abc import Mapping
from pathlib import Path

from observers.base import State
from tests.real.agents.install import Agents
from tests.real.agents.product import walled, written
from tests.standin.server import Call, Standin

ID = "claude_code"
ECHO = Call("Bash", {"command": "echo koru", "description": "Say koru"})
GATED = Call("Bash", {"command": "touch made", "description": "Make a file"})
RESUMES, ANSWERED = True, State.DONE
AFTER_500, AFTER_429 = State.ERROR, State.RATE_LIMITED
AFTER_KILL, AT_A_GATE = State.INTERRUPTED, State.NEEDS_INPUT
KEY = "sk-ant-api03-none"


def prepare(home: Path, model: Standin) -> None:
    """See `Product.prepare`. The first start's questions are answered: theme, key, and trust in the folder."""
    known = {"hasCompletedOnboarding": True, "theme": "dark", "hasTrustDialogAccepted": True}
    trusted = {str(home / "work"): {"hasTrustDialogAccepted": True, "hasCompletedProjectOnboarding": True}}
    approved = {"approved": [KEY[-20:]], "rejected": []}
    written(home / ".claude.json", {**known, "projects": trusted, "customApiKeyResponses": approved})


def environment(model: Standin) -> Mapping[str, str]:
    """See `Product.environment`."""
    return {
        **walled(model),
        "ANTHROPIC_BASE_URL": model.anthropic,
        "ANTHROPIC_API_KEY": KEY,
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        "CLAUDE_CODE_MAX_RETRIES": "1",
        "DISABLE_TELEMETRY": "1",
        "DISABLE_AUTOUPDATER": "1",
        "DISABLE_ERROR_REPORTING": "1",
    }


def command(agents: Agents, prompt: str, *, resume: str | None = None) -> list[str]:
    """See `Product.command`."""
    again = ["--resume", resume] if resume else []
    return [agents.program(ID), *again, "-p", prompt, "--allowedTools", "Bash(echo:*)"]


def gated(agents: Agents, prompt: str) -> list[str]:
    """See `Product.gated`."""
    return [agents.program(ID), "--permission-mode", "default", prompt]
