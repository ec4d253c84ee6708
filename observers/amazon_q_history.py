"""Chats of Amazon Q: those of its command line, and those of its extensions. No I/O.

Shapes from the sources of the command line (chat-cli, conversation) and of the language server's chat history.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import blake2b
from typing import Any

from observers.base import State, TurnRole
from observers.exchange import RUNS_OR_WAITS, Exchange, milliseconds
from observers.listing import Source


def conversation(value: Mapping[str, Any], evidence: str) -> list[Exchange]:
    """The turns of one conversation of the command line. KeyError, TypeError or IndexError for another shape."""
    found: list[Exchange] = []
    chain = str(value["conversation_id"])
    for number, entry in enumerate(value["history"]):
        # Older builds wrote a pair in the place of an object.
        user, assistant = entry if isinstance(entry, list) else (entry["user"], entry["assistant"])
        chain = _said(found, user, chain, f"{evidence}/{number}")
        if found:
            _answered(found[-1], assistant, f"{evidence}/{number}")
    if isinstance(pending := value.get("next_message"), dict):
        _said(found, pending, chain, f"{evidence}/next")
        if found and found[-1].state is State.UNKNOWN:
            found[-1].become(State.WORKING)
    return found


def _said(found: list[Exchange], user: Mapping[str, Any], chain: str, evidence: str) -> str:
    """Takes in what the user's side of an entry says; gives the digest of all prompts until then."""
    ((kind, content),) = user["content"].items()
    if found and kind == "CancelledToolUses":
        found[-1].become(State.INTERRUPTED, "a tool was refused or cancelled")
    prompt = content.get("prompt")
    if not prompt:
        return chain
    chain = _digest(chain, prompt)
    found.append(Exchange(chain, prompt, evidence, written_ms=milliseconds(user.get("timestamp"))))
    return chain


def _answered(turn: Exchange, assistant: Mapping[str, Any], evidence: str) -> None:
    for kind, content in assistant.items():
        turn.answer(content.get("content") or "", evidence)
        if kind == "Response":
            turn.become(State.DONE)
        else:
            turn.become(State.UNKNOWN, RUNS_OR_WAITS)


def tabs(value: object, source: Source) -> Iterable[Exchange]:
    """The turns of all tabs of a workspace in an extension. The file is one of LokiJS, with a collection of tabs."""
    if not isinstance(value, dict) or not isinstance(value["collections"], list):
        raise TypeError("no collections")
    for collection in value["collections"]:
        for tab in collection["data"] if collection["name"] == "tabs" else ():
            yield from _tab(tab, f"{source.file}#{tab['historyId']}")


def _tab(tab: Mapping[str, Any], evidence: str) -> list[Exchange]:
    found: list[Exchange] = []
    chain = str(tab["historyId"])
    messages = [message for conversation in tab["conversations"] for message in conversation["messages"]]
    for number, message in enumerate(messages):
        text, where = message.get("body") or "", f"{evidence}/{number}"
        if message["type"] == "prompt":
            # The results of tools are prompts without a text.
            if text:
                chain = _digest(chain, text)
                found.append(_prompt(message, chain, text, where))
        elif message["type"].startswith("answer") and found:
            found[-1].answer(text, where, milliseconds(message.get("timestamp")))
            found[-1].become(*_standing(message))
    return found


def _prompt(message: Mapping[str, Any], chain: str, text: str, evidence: str) -> Exchange:
    role = TurnRole.SYSTEM if message.get("shouldDisplayMessage") is False else TurnRole.USER
    state, reason = State.UNKNOWN, "it is written without an answer"
    return Exchange(chain, text, evidence, role, state, reason, written_ms=milliseconds(message.get("timestamp")))


def _standing(message: Mapping[str, Any]) -> tuple[State, str | None]:
    return (State.UNKNOWN, RUNS_OR_WAITS) if message.get("toolUses") else (State.DONE, None)


def _digest(chain: str, text: str) -> str:
    return blake2b(f"{chain}\0{text}".encode("utf-8", "replace"), digest_size=12).hexdigest()
