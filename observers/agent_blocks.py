"""The events that JetBrains' agents write: a prompt, and blocks that are written again until they are done.

Kinds as readers of the stores report them; a block is known by its step, and its newest event counts.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from observers.base import State, Store
from observers.exchange import RUNS_OR_WAITS, Chain, Exchange
from observers.listing import Source
from observers.transcript import Talk, ended

_TEXT = "MarkdownBlockUpdatedEvent"
_RESULT = "ResultBlockUpdatedEvent"
_ACTS = {"Tool", "Terminal", "Mcp", "FileChanges", "ViewFiles", "AgentThought", "Plan"}


@dataclass(slots=True)
class Blocks(Talk):
    """A chat with the text of each of its newest turn's blocks. `chain` makes ids, for the events have none."""

    steps: dict[str, str] = field(default_factory=dict)
    chain: Chain = field(default_factory=Chain)

    def identity(self, entry: dict[str, Any]) -> str:
        """The id of this event; to be asked for every event once."""
        return self.chain.add(json.dumps(entry, sort_keys=True).encode())


def prompt(talk: Blocks, text: str, identity: str, where: str, written_ms: int | None = None) -> None:
    """A person's prompt."""
    talk.known += 1
    if talk.newest is not None:
        ended(talk.newest, State.UNKNOWN, "a later prompt follows, and no end was written")
    talk.steps.clear()
    talk.begin(identity, text, where, written_ms)


def block(talk: Blocks, event: dict[str, Any], where: str, written_ms: int | None = None) -> None:
    """One event about a block of the answer."""
    kind = str(event["kind"]).rpartition(".")[2]
    name = kind.removesuffix("BlockUpdatedEvent")
    newest = talk.newest
    if kind not in {_TEXT, _RESULT} and name not in _ACTS:
        talk.strange.add(kind)
        return
    talk.known += 1
    if newest is None:
        return
    said = event.get("text") if kind == _TEXT else event.get("result") if kind == _RESULT else None
    if isinstance(said, str):
        talk.steps[str(event.get("stepId") or kind)] = said
    # The result may say again what a text said before.
    newest.reply = list(dict.fromkeys(talk.steps.values()))
    newest.answer("", where, written_ms)
    if kind == _RESULT:
        newest.become(State.DONE)
    elif not newest.state.over:
        acts = name in {"Tool", "Terminal", "Mcp"}
        newest.become(State.UNKNOWN if acts else State.WORKING, RUNS_OR_WAITS if acts else None)


def exchanges(talk: Blocks, _store: Store, _source: Source) -> Iterable[Exchange]:
    """The turns, oldest first."""
    return talk.exchanges.values()
