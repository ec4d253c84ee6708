"""opencode, `opencode run`, with the stand-in as a provider of its own."""

from collections.abc import Mapping
from pathlib import Path

from observers.base import State
from tests.real.agents.install import Agents
from tests.real.agents.product import walled, written
from tests.standin.server import Call, Standin

ID = "opencode"
ECHO = Call("bash", {"command": "echo koru", "description": "Say koru"})
GATED = Call("bash", {"command": "touch made", "description": "Make a file"})
# It tries on in silence, and says nothing of a question.
RESUMES, ANSWERED = True, State.DONE
AFTER_500, AFTER_429 = State.WORKING, State.WORKING
AFTER_KILL, AT_A_GATE = State.WORKING, State.UNKNOWN


def prepare(home: Path, model: Standin) -> None:
    """See `Product.prepare`."""
    provider = {
        "npm": "@ai-sdk/openai-compatible",
        "name": "standin",
        "options": {"baseURL": model.openai, "apiKey": "none"},
        "models": {"stand-in": {"name": "stand-in", "tool_call": True}},
    }
    settings = {
        "provider": {"standin": provider},
        "model": "standin/stand-in",
        "small_model": "standin/stand-in",
        "autoupdate": False,
        "share": "disabled",
        "permission": {"bash": {"*": "ask", "echo *": "allow"}},
    }
    written(home / ".config" / "opencode" / "opencode.json", settings)


def environment(model: Standin) -> Mapping[str, str]:
    """See `Product.environment`."""
    off = ("MODELS_FETCH", "AUTOUPDATE", "DEFAULT_PLUGINS", "LSP_DOWNLOAD", "SHARE", "FFF")
    return {**walled(model), **{f"OPENCODE_DISABLE_{name}": "1" for name in off}}


def command(agents: Agents, prompt: str, *, resume: str | None = None) -> list[str]:
    """See `Product.command`."""
    # What comes as one word is stored in quotation marks.
    return [agents.program(ID), "run", *(["--session", resume] if resume else []), *prompt.split(" ")]


def gated(agents: Agents, prompt: str) -> list[str]:
    """See `Product.gated`."""
    return [agents.program(ID), "--prompt", prompt]
