"""Cline's command line; a daemon of its own, the hub, runs the turns."""

from collections.abc import Mapping
from pathlib import Path

from observers.base import State
from tests.real.agents.install import Agents
from tests.real.agents.product import walled, written
from tests.standin.server import Call, Standin

ID = "cline"
ECHO = Call("run_commands", {"commands": ["echo koru"]})
GATED = ECHO
# It tries on in silence.
# With the id of a chat it shows that chat, and leaves the prompt unsent.
RESUMES, ANSWERED = False, State.DONE
AFTER_500, AFTER_429 = State.WORKING, State.WORKING
# The process in its row is the client; the hub that ran the turn is not named there.
AFTER_KILL, AT_A_GATE = State.WORKING, State.NEEDS_INPUT
PROVIDER = "openai-compatible"


def prepare(home: Path, model: Standin) -> None:
    """See `Product.prepare`: the file that `cline auth` writes."""
    settings = {"provider": PROVIDER, "apiKey": "none", "model": "stand-in", "baseUrl": model.openai}
    entry = {"settings": settings, "updatedAt": "2026-11-21T00:00:00.000Z", "tokenSource": "manual"}
    providers = {"version": 1, "lastUsedProvider": PROVIDER, "modes": {}, "providers": {PROVIDER: entry}}
    settings_folder = home / ".cline" / "data" / "settings"
    written(settings_folder / "providers.json", providers)
    written(settings_folder / "global-settings.json", {"telemetryOptOut": True, "autoUpdateEnabled": False})


def environment(model: Standin) -> Mapping[str, str]:
    """See `Product.environment`."""
    return {**walled(model), "CLINE_NO_AUTO_UPDATE": "1", "DISABLE_TELEMETRY": "1"}


def command(agents: Agents, prompt: str, *, resume: str | None = None) -> list[str]:
    """See `Product.command`."""
    return [agents.program(ID), "--provider", PROVIDER, prompt]


def gated(agents: Agents, prompt: str) -> list[str]:
    """See `Product.gated`."""
    return [agents.program(ID), "--tui", "--auto-approve", "false", "--provider", PROVIDER, prompt]
