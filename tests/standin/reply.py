"""What a stand-in model is told to answer, and what it was asked; the same for every API it speaks."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any


@dataclass(frozen=True, slots=True)
class Call:
    """A tool the model wants run. `arguments` is a JSON object."""

    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Say:
    """An answer: text, tool calls, or both.

    A stream is sent in `pieces` parts of the text with `pause_s` seconds between them. With a `hold` the answer stops
    after `hold_after` parts (0: before anything is sent) until the event is set. `cut_after` ends the connection there,
    without the protocol's own end. `refusal`: the model declines, and `text` is how.
    """

    text: str = ""
    calls: tuple[Call, ...] = ()
    pieces: int = 3
    pause_s: float = 0.0
    hold: threading.Event | None = None
    hold_after: int = 1
    cut_after: int | None = None
    refusal: bool = False

    def parts(self) -> list[str]:
        """The text in at most `pieces` parts; one empty part when there is no text."""
        size = max(1, -(-len(self.text) // max(1, self.pieces)))
        return [self.text[at : at + size] for at in range(0, len(self.text), size)] or [""]


@dataclass(frozen=True, slots=True)
class Fail:
    """An HTTP error in the API's own shape. `times`: how many requests in a row get it (clients try again)."""

    status: int = 500
    message: str = "the stand-in fails on purpose"
    headers: Mapping[str, str] = field(default_factory=dict)
    times: int = 1


@dataclass(frozen=True, slots=True)
class Raw:
    """Bytes as they are, for an answer that no API gives: a body that is not JSON, an unknown event."""

    body: bytes
    content_type: str = "application/json"
    status: int = 200


Reply = Say | Fail | Raw


def rate_limited(retry_after_s: int = 1, *, message: str = "rate limit reached", times: int = 1) -> Fail:
    """A 429 with the headers by which OpenAI and Anthropic tell when the limit ends."""
    ends = (datetime.now(UTC) + timedelta(seconds=retry_after_s)).isoformat(timespec="seconds")
    headers = {
        "retry-after": str(retry_after_s),
        "x-ratelimit-remaining-requests": "0",
        "x-ratelimit-reset-requests": f"{retry_after_s}s",
        "anthropic-ratelimit-requests-remaining": "0",
        "anthropic-ratelimit-requests-reset": ends.replace("+00:00", "Z"),
    }
    return Fail(429, message, headers, times)


@dataclass(frozen=True, slots=True)
class Request:
    """What a client asked. `api`: openai_chat, openai_responses, anthropic or gemini. `prompt`: its last user text."""

    api: str
    path: str
    model: str
    prompt: str
    stream: bool
    tools: tuple[str, ...]
    body: Mapping[str, Any]
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Stray:
    """A request that is none of a model: telemetry, for example. It was answered with 404."""

    method: str
    path: str
    headers: Mapping[str, str]
