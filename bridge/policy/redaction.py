"""Takes secrets out of text before it is kept or told: each becomes a placeholder, the same for the same secret.

Of the standard library alone; no file is read but the rule list, once. The prompt that goes to a chat is never passed
through here.
"""

import hmac
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Any

from bridge.policy.anchors import AnchorIndex
from bridge.policy.listed_shapes import listed_shapes
from bridge.policy.secret_shapes import TOKENS, VALUES, SecretShape
from bridge.policy.secret_values import PLACEHOLDER

ID_DIGITS = 8
LEAST = 6  # characters that any secret takes, with what shows that it is one
SHORT_MAX = 200
SHORT_KEPT = 1000

# What a row needs as it is, to find again what it is about: ids, hashes, paths, an observer's own cursor.
STRUCTURE = frozenset(
    {
        "action", "action_sha", "agent", "approval_id", "blocker", "body_sha", "chat_id", "cursor", "drive_id", "ide",
        "interface", "kind", "level", "mode", "observer", "outcome", "session", "source", "state", "surface",
        "text_sha", "via", "window", "workspace",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret found in a text, by its place."""

    kind: str
    start: int
    end: int


class Redactor:
    """`key`: random bytes kept apart from what is redacted; without it a placeholder cannot be guessed back."""

    def __init__(self, key: bytes, custom: Sequence[SecretShape] = ()) -> None:
        self._key = key
        self.use(custom)

    def use(self, custom: Sequence[SecretShape]) -> None:
        """Look for these shapes from now on, besides those that are known."""
        # A secret that several shapes know has the kind of the first: what tells most comes first.
        self._shapes = (*custom, *TOKENS, *listed_shapes(), *VALUES)
        self._index = AnchorIndex(shape.anchors for shape in self._shapes)
        # Names and reasons of ours come again with every drive.
        self._short = lru_cache(SHORT_KEPT)(self._redact)

    def find(self, text: str) -> list[Secret]:
        """The secrets in a text, from left to right, none over another."""
        found: list[Secret] = []
        for secret in sorted(self._matches(text), key=lambda secret: secret.start):
            if found and secret.start < found[-1].end:
                last = found[-1]
                found[-1] = Secret(last.kind, last.start, max(last.end, secret.end))
            else:
                found.append(secret)
        return found

    def redact(self, text: str) -> str:
        """The text with `[redacted:<kind>#<id>]` for each secret; equal secrets have equal ids under one key."""
        if len(text) < LEAST:
            return text
        return self._short(text) if len(text) <= SHORT_MAX else self._redact(text)

    def _redact(self, text: str) -> str:
        parts, end = [], 0
        made: dict[tuple[str, str], str] = {}
        for secret in self.find(text):
            key = secret.kind, text[secret.start : secret.end]
            if key not in made:
                made[key] = self._placeholder(*key)
            parts += [text[end : secret.start], made[key]]
            end = secret.end
        return "".join([*parts, text[end:]]) if parts else text

    def redact_body(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """A JSON object with every text in it redacted, but for what STRUCTURE names."""
        return {name: value if name in STRUCTURE else self._value(value) for name, value in body.items()}

    def _value(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.redact(value)
        if isinstance(value, Mapping):
            return self.redact_body(value)
        if isinstance(value, list | tuple):
            return [self._value(item) for item in value]
        return value

    def _matches(self, text: str) -> Iterable[Secret]:
        for place in self._index.places(text.lower()):
            shape = self._shapes[place]
            for match in shape.pattern.finditer(text):
                if shape.accept(match):
                    yield _secret(shape, match)

    def _placeholder(self, kind: str, secret: str) -> str:
        digest = hmac.new(self._key, secret.encode("utf-8", "surrogatepass"), sha256).hexdigest()
        return f"{PLACEHOLDER}{kind}#{digest[:ID_DIGITS]}]"


def _secret(shape: SecretShape, match: "Any") -> Secret:
    groups = match.groupdict()
    name: str | int = next((each for each in ("s", "s1", "s2") if groups.get(each) is not None), 0)
    kind = shape.kind
    if kind == "assigned":
        kind = "password" if groups["key"].lower().startswith(("pass", "pwd")) else "secret"
    return Secret("secret" if kind == "argument" else kind, *match.span(name))
