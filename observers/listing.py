"""What a store held when it was last looked at: its sessions, and which of them a cursor does not know as they are."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from observers.known import digest


@dataclass(frozen=True, slots=True)
class Source:
    """One session as its store keeps it. `stamp` changes with the content; None when that cannot be told right now.

    `modified_ms`: its last write. `alive_ms`: when its process was last seen to run, where the store tells that by
    other means than writing. `file`: where it is kept, if that is one file. `workspace`: see `base.ChatSession`.
    """

    key: str
    stamp: str | None
    modified_ms: int
    workspace: str | None = None
    alive_ms: int | None = None
    file: str | None = None


class Listing:
    """The sessions of one store, cheap to bring up to date. Not safe for threads by itself."""

    def __init__(self) -> None:
        self.sources: dict[str, Source] = {}
        self.names: dict[str, bytes] = {}
        self._stamps: dict[str, bytes] = {}
        self._by_stamp: dict[bytes, str] = {}
        self._unsettled: dict[str, Source] = {}

    def replace(self, found: Iterable[Source]) -> None:
        """The store holds these sessions and no others."""
        sources = {source.key: source for source in found}
        for key in self.sources.keys() - sources.keys():
            self._drop(key)
        before = self.sources
        self.sources = sources
        for key, source in sources.items():
            if (kept := before.get(key)) is not source or source.stamp is None:
                self._note(source, kept)

    def put(self, source: Source) -> None:
        """Take this session as it is now; all others stay."""
        kept = self.sources.get(source.key)
        self.sources[source.key] = source
        self._note(source, kept)

    def stamp(self, key: str) -> bytes | None:
        """The digest of a session's state, None while that is not settled."""
        return self._stamps.get(key)

    def stamps(self) -> set[bytes]:
        """The digests of all settled states."""
        return set(self._by_stamp)

    def unknown(self, stamps: AbstractSet[bytes]) -> list[Source]:
        """The sessions whose state is not among `stamps`, oldest write first."""
        keys = {self._by_stamp[stamp] for stamp in self._by_stamp.keys() - stamps} | self._unsettled.keys()
        return sorted((self.sources[key] for key in keys), key=lambda source: (source.modified_ms, source.key))

    def _note(self, source: Source, before: Source | None) -> None:
        key = source.key
        if key not in self.names:
            self.names[key] = digest(key)
        if source.stamp is None:
            self._forget(key)
            self._unsettled[key] = source
        elif before is None or before.stamp != source.stamp:
            self._forget(key)
            self._stamps[key] = stamp = digest(key, source.stamp)
            self._by_stamp[stamp] = key

    def _drop(self, key: str) -> None:
        self._forget(key)
        del self.names[key]

    def _forget(self, key: str) -> None:
        self._unsettled.pop(key, None)
        if (stamp := self._stamps.pop(key, None)) is not None:
            self._by_stamp.pop(stamp, None)
