"""Keeps the state of every chat of this machine up to date, in one thread, by looking only where something happened."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bridge.chats.chat import Chat
from bridge.chats.directories import TELLS_ALL, Directories
from bridge.chats.fault import Fault
from bridge.chats.place import StoreScan, WatchedStore
from bridge.chats.stores import ChatFilter, ChatReader
from bridge.clock import now_ms
from bridge.contained import contained
from observers.base import ObserverError, Store, Turn

RECENT_MS = 24 * 3600 * 1000
# Nothing is relied on but these: a notification that was lost is made up for by the next look at everything.
POLL_TOLD_S = 30.0 if TELLS_ALL else 2.0
POLL_UNTOLD_S = 2.0
RECHECK_S = 15.0
FAULTS_S = 30.0
FIND_S = 5.0
# After a look that took t seconds: the next poll is at least 50 t away, which is 2 % of one processor; a store that is
# written to all the time rests for 3 t, which leaves it a quarter of one.
IDLE_SHARE = 50
REST_SHARE = 3
REST_MOST_S = 2.0
AGAIN_S = 0.05
CHATS_MOST = 2000


@dataclass(frozen=True, slots=True)
class Update:
    """What is new: chats in their new state, chats that are gone, turns of now, faults, and faults that are over.

    `first`: how things stood when the watch began. `stores`: how many of the stores that are there were looked at.
    """

    chats: tuple[Chat, ...] = ()
    gone: tuple[Chat, ...] = ()
    turns: tuple[Turn, ...] = ()
    faults: tuple[Fault, ...] = ()
    cleared: tuple[Fault, ...] = ()
    first: bool = False
    stores: tuple[int, int] = (0, 0)

    @property
    def empty(self) -> bool:
        return not (self.chats or self.gone or self.turns or self.faults or self.cleared)


@dataclass(slots=True)
class _Watched:
    place: WatchedStore
    dirty: threading.Event
    poll_at: float = 0.0
    rest_until: float = 0.0
    recheck_at: float = 0.0
    check_at: float = 0.0
    looked: bool = False


class Watcher:
    """Chats that were written to in the last `recent_ms`, or will be. `wake` and `stop` may be called by any thread."""

    def __init__(
        self,
        chats: ChatReader,
        wanted: ChatFilter,
        directories: Directories,
        recent_ms: int = RECENT_MS,
        most: int = CHATS_MOST,
    ) -> None:
        self._chats = chats
        self._wanted = wanted
        self._directories = directories
        self._since_ms = now_ms() - recent_ms if wanted.since_ms is None else wanted.since_ms
        self._most = most
        self._places: dict[Store, _Watched] = {}
        self._awake = threading.Condition()
        self._called = False
        self._stopped = False
        self._find_at = 0.0
        self._faults: set[Fault] = set()
        self._unfound: set[Fault] = set()
        self._shown: dict[tuple[str, str, str], Chat] = {}

    def chats(self) -> list[Chat]:
        """The chats as they count now, newest write first."""
        now = now_ms()
        return sorted((chat.aged(now) for chat in list(self._shown.values())), key=lambda one: -one.modified_ms)

    def faults(self) -> list[Fault]:
        return sorted(self._faults, key=lambda fault: (fault.observer, fault.where, fault.reason))

    def unwatched(self) -> dict[str, str]:
        """The directories that are polled because the platform does not tell of them, each with the reason."""
        places = [one.place.watching.unwatched for one in list(self._places.values())]
        return {str(path): reason for found in places for path, reason in found.items()}

    def stores(self) -> int:
        return len(self._places)

    def updates(self, tick_s: float = 1.0) -> Iterator[Update]:
        """What is new as soon as it is seen, and an empty update every `tick_s` seconds; until `stop`."""
        try:
            while not self._stopped:
                yield from self._round()
                self._wait(tick_s)
        finally:
            for watched in self._places.values():
                watched.place.watching.close()

    def wake(self) -> None:
        """Look again now: something changed in a directory that is watched. Safe for threads."""
        with self._awake:
            self._called = True
            self._awake.notify()

    def stop(self) -> None:
        self._stopped = True
        self.wake()

    def _round(self) -> Iterator[Update]:
        if time.monotonic() >= self._find_at:
            yield from self._find()
        for watched in list(self._places.values()):
            if self._stopped:
                return
            update = self._visit(watched)
            if update is not None:
                yield update
        yield self._update(StoreScan(chats=self._aged()))

    def _wait(self, tick_s: float) -> None:
        with self._awake:
            if not self._called:
                self._awake.wait(max(0.0, min(tick_s, self._next() - time.monotonic())))
            self._called = False

    def _next(self) -> float:
        """When there is something to do without a call, by `time.monotonic`."""
        return min([self._find_at, *(self._due(watched) for watched in self._places.values())])

    def _due(self, watched: _Watched) -> float:
        return watched.rest_until if watched.dirty.is_set() else max(watched.rest_until, watched.poll_at)

    def _find(self) -> Iterator[Update]:
        begun = time.monotonic()
        self._chats.faults.clear()
        found = self._chats.stores(self._wanted)
        for store in found:
            if store not in self._places:
                self._add(store)
        gone = self._places.keys() - set(found) if self._wanted.path is None else set()
        for store in gone:
            yield self._remove(store)
        failed = set(self._chats.faults)
        if failed != self._unfound:
            faults, cleared = tuple(failed - self._unfound), tuple(self._unfound - failed)
            self._unfound = failed
            yield self._update(StoreScan(), faults, cleared)
        self._find_at = time.monotonic() + max(FIND_S, IDLE_SHARE * (time.monotonic() - begun))

    def _add(self, store: Store) -> None:
        dirty = threading.Event()
        dirty.set()

        def told() -> None:
            dirty.set()
            self.wake()

        paths: Sequence[Path] = ()  # empty where the observer fails: then the store is polled, and a look tells why
        with contained("asking where a store is written", store.observer, foreseen=ObserverError):
            paths = self._chats.observers[store.observer].watch_paths(store)
        watching = self._directories.watch(paths, told)
        self._places[store] = _Watched(WatchedStore(store, self._chats, watching, self._since_ms), dirty)

    def _remove(self, store: Store) -> Update:
        place = self._places.pop(store).place
        place.watching.close()
        cleared = tuple(fault for fault in place.faults.values() if fault in self._faults)
        self._faults.difference_update(cleared)
        gone = tuple(place.chats.values())
        for chat in gone:
            self._shown.pop(chat.key, None)
        return Update(gone=gone, cleared=cleared, stores=self._progress())

    def _visit(self, watched: _Watched) -> Update | None:
        """Look at a store if it is time to."""
        now = time.monotonic()
        if now < self._due(watched):
            return None
        first, polled = not watched.looked, now >= watched.poll_at
        before = set(watched.place.faults.values())
        watched.dirty.clear()
        look = watched.place.look(everything=polled and not first)
        if not first and now >= watched.recheck_at:
            watched.recheck_at = now + RECHECK_S
            look.chats += watched.place.recheck().chats
        if before and now >= watched.check_at:
            watched.check_at = now + FAULTS_S
            watched.place.check()
        self._rest(watched, look, now, polled=polled)
        watched.looked = True
        after = set(watched.place.faults.values())
        return self._update(look, tuple(after - before), tuple(before - after), first=first)

    def _rest(self, watched: _Watched, look: StoreScan, begun: float, *, polled: bool) -> None:
        """When to look again. A store that is written to without end takes a quarter of one processor, not all."""
        now = time.monotonic()
        took = now - begun
        watched.rest_until = now + min(REST_SHARE * took, REST_MOST_S)
        if look.again:
            watched.dirty.set()
            watched.rest_until = now + max(AGAIN_S, took)
        if polled:
            pause = POLL_TOLD_S if watched.place.watching.tells else POLL_UNTOLD_S
            if any(chat.unfinished for chat in watched.place.chats.values()):
                pause = min(pause, RECHECK_S)
            watched.poll_at = now + max(pause, IDLE_SHARE * took)

    def _aged(self) -> list[Chat]:
        now = now_ms()
        return [old for chat in self._shown.values() if chat.unfinished and (old := chat.aged(now)) is not chat]

    def _update(
        self, look: StoreScan, faults: tuple[Fault, ...] = (), cleared: tuple[Fault, ...] = (), *, first: bool = False
    ) -> Update:
        look.chats = [chat for chat in look.chats if self._wanted.takes_workspace(chat.workspace)]
        for chat in look.chats:
            self._shown[chat.key] = chat
        for chat in look.gone:
            self._shown.pop(chat.key, None)
        while len(self._shown) > self._most:
            del self._shown[min(self._shown.values(), key=lambda one: one.modified_ms).key]
        self._faults.update(faults)
        self._faults.difference_update(cleared)
        return Update(
            chats=tuple(look.chats),
            gone=tuple(look.gone),
            turns=() if first else tuple(turn for turn in look.turns if self._meant(turn)),
            faults=faults,
            cleared=cleared,
            first=first,
            stores=self._progress(),
        )

    def _meant(self, turn: Turn) -> bool:
        return self._wanted.workspace is None or (
            (turn.store.observer, str(turn.store.path), turn.session) in self._shown
        )

    def _progress(self) -> tuple[int, int]:
        return sum(one.looked for one in self._places.values()), len(self._places)
