"""What the tests know of an agent: how it is pointed at the stand-in model, started, and which observer reads it."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from observers.base import State
from tests.real.agents.install import Agents
from tests.standin.server import Call, Request, Standin


def walled(model: Standin) -> dict[str, str]:
    """Environment by which what an agent asks of other hosts goes to the stand-in, which records and denies it."""
    proxy = dict.fromkeys(("HTTPS_PROXY", "HTTP_PROXY", "https_proxy", "http_proxy"), model.address)
    return {**proxy, "NO_PROXY": "127.0.0.1,localhost", "no_proxy": "127.0.0.1,localhost", "DO_NOT_TRACK": "1"}


def takes_tools(request: Request) -> bool:
    """Whether a request is a step of the turn; titles and summaries are asked for without tools."""
    return bool(request.tools)


class Product(Protocol):
    """A module."""

    @property
    def ID(self) -> str:
        """The observer's id."""

    @property
    def ECHO(self) -> Call:
        """The agent's own tool for commands, asked to run `echo koru`."""

    @property
    def GATED(self) -> Call:
        """The same tool, asked for something that needs a person's word."""

    def prepare(self, home: Path, model: Standin) -> None:
        """Writes its settings: the stand-in as its model, no telemetry, no update."""

    def environment(self, model: Standin) -> Mapping[str, str]:
        """What it needs beside HOME and PATH."""

    @property
    def RESUMES(self) -> bool:
        """Whether a prompt can go to an older chat from the command line; else `command` starts another."""

    @property
    def ANSWERED(self) -> State:
        """What its store tells of a turn that was answered."""

    @property
    def AFTER_500(self) -> State:
        """What its store tells of a turn whose model fails; `working` where the agent tries on in silence."""

    @property
    def AFTER_429(self) -> State:
        """The same where the model refuses for a rate limit."""

    @property
    def AFTER_KILL(self) -> State:
        """What its store tells right after SIGKILL to everything that is the agent."""

    @property
    def AT_A_GATE(self) -> State:
        """What its store tells while a person is asked to allow a tool."""

    def command(self, agents: Agents, prompt: str, *, resume: str | None = None) -> list[str]:
        """One prompt, whose tools need nobody; `resume`: the id of the chat to go on with."""

    def gated(self, agents: Agents, prompt: str) -> list[str]:
        """One prompt on the agent's screen, with a person asked before `GATED` runs."""


def written(path: Path, content: str | Mapping[str, Any]) -> None:
    """Writes a file of settings, its folders too; a mapping as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
