"""What was known of a store at one moment, small enough to be kept as text with every drive."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections import OrderedDict
from collections.abc import Iterable
from hashlib import blake2b
from threading import Lock

from observers.base import ObserverError, ObserverReason

VERSION = 2
# Six bytes are eight characters without padding, so packed sets can be put one behind the other. One new id in 10^10
# collides with one of 20,000 known ones.
_DIGEST = 6
_KEPT = 8
_FEW = 64


class Digests:
    """A set of digests that only grows; what it was loaded from is shared by its copies and never packed again."""

    __slots__ = ("_base", "_more", "_text")

    def __init__(self, text: str = "", base: frozenset[bytes] = frozenset(), more: Iterable[bytes] = ()) -> None:
        self._text = text
        self._base = base
        self._more = set(more)

    @classmethod
    def load(cls, text: str) -> Digests:
        return cls(text, frozenset(_unpack(text)))

    def __contains__(self, item: bytes) -> bool:
        return item in self._base or item in self._more

    def update(self, items: Iterable[bytes]) -> None:
        self._more.update(items)

    def copy(self) -> Digests:
        return Digests(self._text, self._base, self._more)

    def dump(self) -> str:
        """The whole as text. Up to 64 digests that came after `load` are packed at each dump; more of them become part
        of what later copies share."""
        more = self._more - self._base
        if len(more) <= _FEW:
            return self._text + _pack(more)
        self._text += _pack(more)
        self._base |= more
        self._more = set()
        return self._text


class Known:
    """The content of a token: short digests of what was there, and how its open turns looked.

    `stamps`: the states of sessions. `blind`: sessions whose ids could not be had. `old`: sessions that were not looked
    into, because nothing had been written there for so long that the times of their turns tell what is new.
    """

    __slots__ = ("blind", "old", "open", "sources", "stamps", "taken_ms", "turns")

    def __init__(
        self,
        taken_ms: int,
        sources: Digests | None = None,
        turns: Digests | None = None,
        stamps: Iterable[bytes] = (),
        blind: Iterable[bytes] = (),
        old: Iterable[bytes] = (),
        open_turns: dict[str, str] | None = None,
    ) -> None:
        self.taken_ms = taken_ms
        self.sources = sources or Digests()
        self.turns = turns or Digests()
        self.stamps = set(stamps)
        self.blind = set(blind)
        self.old = set(old)
        self.open = dict(open_turns or {})

    def copy(self, taken_ms: int) -> Known:
        """The same knowledge at a later moment, free to grow."""
        return Known(taken_ms, self.sources.copy(), self.turns.copy(), self.stamps, self.blind, self.old, self.open)

    def dump(self) -> str:
        """The token. `load` may give back this very object, which must therefore not change any more."""
        sets = {"stamps": _pack(self.stamps), "blind": _pack(self.blind), "old": _pack(self.old)}
        rest = json.dumps({"v": VERSION, "at": self.taken_ms, **sets, "open": self.open}, separators=(",", ":"))
        # Half a megabyte in stores of thousands of chats, in an alphabet that JSON need not look through.
        token = f'{rest[:-1]},"sources":"{self.sources.dump()}","turns":"{self.turns.dump()}"}}'
        _RECENT.put(token, self)
        return token

    @classmethod
    def load(cls, token: str) -> Known:
        """ObserverError `bad_cursor`. The caller must not change what it gets: it is kept for the next load."""
        if (recent := _RECENT.get(token)) is None:
            _RECENT.put(token, recent := cls._parsed(token))
        return recent

    @classmethod
    def _parsed(cls, token: str) -> Known:
        try:
            value = json.loads(token)
            if value["v"] != VERSION:
                raise ValueError(f"version {value['v']}")
            grown = (Digests.load(value["sources"]), Digests.load(value["turns"]))
            sets = (_unpack(value["stamps"]), _unpack(value["blind"]), _unpack(value["old"]))
            return cls(int(value["at"]), *grown, *sets, dict(value["open"]))
        except (ValueError, KeyError, TypeError) as error:
            raise ObserverError(ObserverReason.BAD_CURSOR, f"not a cursor of this version: {error}") from error


class _Recent:
    """The last few tokens with what they hold."""

    def __init__(self) -> None:
        self._held: OrderedDict[str, Known] = OrderedDict()
        self._lock = Lock()

    def get(self, token: str) -> Known | None:
        with self._lock:
            return self._held.get(token)

    def put(self, token: str, known: Known) -> None:
        with self._lock:
            self._held[token] = known
            self._held.move_to_end(token)
            while len(self._held) > _KEPT:
                self._held.popitem(last=False)


_RECENT = _Recent()


def digest(*parts: str) -> bytes:
    """A short fingerprint of texts, the same in every process."""
    # The length keeps ("ab", "c") and ("a", "bc") apart; file names may hold lone surrogates.
    text = "".join(f"{len(part)}:{part}" for part in parts)
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=_DIGEST).digest()


def _pack(digests: Iterable[bytes]) -> str:
    return b64encode(b"".join(digests)).decode("ascii")


def _unpack(text: str) -> set[bytes]:
    data = b64decode(text, validate=True)
    if len(data) % _DIGEST:
        raise ValueError("a set of digests is cut off")
    return {data[at : at + _DIGEST] for at in range(0, len(data), _DIGEST)}
