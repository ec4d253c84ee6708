"""What was known of a store at one moment, small enough to be kept as text with every drive."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import blake2b

from observers.base import ObserverError, Reason

VERSION = 1
_DIGEST = 6  # bytes: one new id in 10^10 collides with one of 20,000 known ones


@dataclass(slots=True)
class Known:
    """The content of a token. Everything but `open` is a set of short digests."""

    taken_ms: int
    sources: set[bytes] = field(default_factory=set)
    stamps: set[bytes] = field(default_factory=set)
    turns: set[bytes] = field(default_factory=set)
    blind: set[bytes] = field(default_factory=set)
    open: dict[str, str] = field(default_factory=dict)

    def copy(self, taken_ms: int) -> Known:
        """The same knowledge at a later moment, free to grow."""
        sets = {name: set(getattr(self, name)) for name in ("sources", "stamps", "turns", "blind")}
        return Known(taken_ms=taken_ms, open=dict(self.open), **sets)

    def dump(self) -> str:
        sets = {name: _pack(getattr(self, name)) for name in ("sources", "stamps", "turns", "blind")}
        return json.dumps({"v": VERSION, "at": self.taken_ms, **sets, "open": self.open}, separators=(",", ":"))

    # The same anchor is asked about again and again. Nobody changes what `load` gave: that is what `copy` is for.
    @classmethod
    @lru_cache(maxsize=8)
    def load(cls, token: str) -> Known:
        try:
            value = json.loads(token)
            if value["v"] != VERSION:
                raise ValueError(f"version {value['v']}")
            sets = {name: _unpack(value[name]) for name in ("sources", "stamps", "turns", "blind")}
            return cls(taken_ms=int(value["at"]), open=dict(value["open"]), **sets)
        except (ValueError, KeyError, TypeError) as error:
            raise ObserverError(Reason.BAD_CURSOR, f"not a cursor of this version: {error}") from error


def digest(*parts: str) -> bytes:
    """A short fingerprint of texts, the same in every process."""
    # The length keeps ("ab", "c") and ("a", "bc") apart; file names may hold lone surrogates.
    text = "".join(f"{len(part)}:{part}" for part in parts)
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=_DIGEST).digest()


def _pack(digests: set[bytes]) -> str:
    return b64encode(b"".join(digests)).decode("ascii")


def _unpack(text: str) -> set[bytes]:
    data = b64decode(text, validate=True)
    if len(data) % _DIGEST:
        raise ValueError("a set of digests is cut off")
    return {data[at : at + _DIGEST] for at in range(0, len(data), _DIGEST)}
