"""How one model API is spoken: its paths, what its requests say, and the shapes of its answers."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from tests.standin.reply import Fail, Request, Say

# What a stand-in says a request cost: some clients divide by it.
PROMPT_TOKENS, REPLY_TOKENS = 11, 7


@dataclass(frozen=True, slots=True)
class Event:
    """One server-sent event. `part` marks those that carry a part of the text, where a stream may hold or be cut."""

    data: object
    name: str | None = None
    part: bool = False

    def encode(self) -> bytes:
        head = f"event: {self.name}\n" if self.name else ""
        data = self.data if isinstance(self.data, str) else json.dumps(self.data)
        return f"{head}data: {data}\n\n".encode()


class Dialect(Protocol):
    """A module. Pure: it neither sends nor waits."""

    @property
    def API(self) -> str:
        """The name that `Request.api` carries."""

    def request(self, path: str, body: Mapping[str, Any], headers: Mapping[str, str]) -> Request | None:
        """What is asked; None when this is not a request for an answer in this API."""

    def whole(self, request: Request, say: Say) -> object:
        """The answer as one JSON value."""

    def events(self, request: Request, say: Say) -> Iterator[Event]:
        """The answer as a stream."""

    def failure(self, fail: Fail) -> object:
        """The JSON value of an error."""

    def aside(self, path: str) -> object | None:
        """The answer to a question beside the conversation (a list of models, a count of tokens), if it is one."""


def text_of(content: object) -> str:
    """The text of a message's content: a string, or a list of parts that carry `text`."""
    if isinstance(content, str):
        return content
    parts: Iterable[object] = content if isinstance(content, list) else ()
    return "\n".join(str(part["text"]) for part in parts if isinstance(part, dict) and part.get("text"))


def last_user_text(messages: Sequence[Mapping[str, Any]], content: str = "content") -> str:
    """The newest text that the user's side says; results of tools carry none."""
    texts = (text_of(message.get(content)) for message in reversed(messages) if message.get("role") == "user")
    return next((text for text in texts if text), "")


def names_of(tools: object) -> tuple[str, ...]:
    """The names of tools, which some APIs nest one level deeper."""
    found = []
    for tool in tools if isinstance(tools, list) else ():
        function = tool.get("function", tool)
        found.append(str(function.get("name", tool.get("type", ""))))
    return tuple(found)
