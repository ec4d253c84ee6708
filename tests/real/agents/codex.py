"""Codex, `codex exec`, with the stand-in as a provider of its own."""

from collections.abc import Mapping
from pathlib import Path

from observers.base import State
from tests.real.agents.install import Agents
from tests.real.agents.product import walled, written
from tests.standin.server import Call, Standin

ID = "codex"
ECHO = Call("exec_command", {"cmd": "echo koru"})
GATED = Call(
    "exec_command", {"cmd": "touch made", "sandbox_permissions": "require_escalated", "justification": "to make a file"}
)
RESUMES, ANSWERED = True, State.DONE
AFTER_500, AFTER_429 = State.ERROR, State.RATE_LIMITED
# A call without a result: it runs, or it waits for a person.
AFTER_KILL, AT_A_GATE = State.INTERRUPTED, State.UNKNOWN
SETTINGS = """\
model = "stand-in"
model_provider = "standin"
approval_policy = "never"
sandbox_mode = "danger-full-access"
check_for_update_on_startup = false

[analytics]
enabled = false

[features]
plugins = false

[model_providers.standin]
name = "standin"
base_url = "{url}"
wire_api = "responses"
env_key = "STANDIN_KEY"
request_max_retries = 0
stream_max_retries = 0
"""


def prepare(home: Path, model: Standin) -> None:
    """See `Product.prepare`. The first start's question is answered: trust in the folder."""
    trust = f'[projects."{home / "work"}"]\ntrust_level = "trusted"\n'
    written(home / ".codex" / "config.toml", f"{SETTINGS.format(url=model.openai)}\n{trust}")


def environment(model: Standin) -> Mapping[str, str]:
    """See `Product.environment`."""
    return {**walled(model), "STANDIN_KEY": "none"}


def command(agents: Agents, prompt: str, *, resume: str | None = None) -> list[str]:
    """See `Product.command`."""
    again = ["resume", resume] if resume else []
    return [agents.program(ID), "exec", "--skip-git-repo-check", *again, prompt]


def gated(agents: Agents, prompt: str) -> list[str]:
    """See `Product.gated`."""
    asking = ["-c", 'approval_policy="on-request"', "-c", 'sandbox_mode="read-only"']
    return [agents.program(ID), *asking, prompt]
