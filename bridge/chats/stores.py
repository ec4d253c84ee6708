"""All chats of this machine over all observers: found, filtered, listed and read. What fails is a fault beside them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from bridge.chats.chat import Chat, listed, read, unreadable
from bridge.chats.fault import Fault, fault_of
from bridge.contained import contained
from observers.base import ChatSession, Observer, ObserverError, ObserverReason, State, Store, Turn
from observers.vscode_data import same_workspace

# Seconds between the tries of a store that is being written just now; after the last, `changing` is a fault.
TRIES = 3
FAULTS_MOST = 200


@dataclass(frozen=True, slots=True)
class ChatFilter:
    """Which chats are meant; None or empty: all. `product` also takes an observer's id. `since_ms`: written after."""

    observer: str | None = None
    product: str | None = None
    workspace: str | None = None
    states: frozenset[str] = frozenset()
    since_ms: int | None = None
    path: Path | None = None

    def takes(self, store: Store) -> bool:
        return self.product is None or self.product in (store.product, store.observer)

    def takes_workspace(self, workspace: str | None) -> bool:
        """True for a chat of the folder that is meant, and for one without a folder, whose store is of that folder."""
        return self.workspace is None or workspace is None or same_workspace(workspace, self.workspace)

    def takes_state(self, chat: Chat) -> bool:
        return not self.states or chat.state.value in self.states or (chat.problem or "") in self.states


@dataclass(slots=True)
class ChatReader:
    """Reads stores with the observers it was given. `faults`: what could not be read, each once, the first 200."""

    observers: Mapping[str, Observer]
    faults: list[Fault] = field(default_factory=list)
    _horizons: dict[Store, float | None] = field(default_factory=dict)

    def stores(self, wanted: ChatFilter) -> list[Store]:
        """The stores that are meant, each once."""
        names = [wanted.observer] if wanted.observer is not None else list(self.observers)
        if wanted.path is not None:
            return [self.observers[names[0]].at(wanted.path)]
        found: dict[Store, None] = {}
        for name in names:
            with contained("finding stores", name, foreseen=ObserverError) as held:
                stores = self.observers[name].locate(wanted.workspace)
                found.update(dict.fromkeys(store for store in stores if wanted.takes(store)))
            if held.error is not None:
                self._note(fault_of(name, held.error))
        return list(found)

    def sessions(self, stores: Iterable[Store], wanted: ChatFilter) -> list[ChatSession]:
        """The chats of these stores that are meant, as far as that shows without reading them, newest write first."""
        found: list[ChatSession] = []
        since_ms = wanted.since_ms or 0
        for store in stores:
            with contained("listing the chats of a store", store.observer, foreseen=ObserverError) as held:
                sessions: Sequence[ChatSession] = self.observers[store.observer].sessions(store)
            if held.error is not None:
                self._fault(store, held.error)
                continue
            found += [one for one in sessions if one.modified_ms >= since_ms and wanted.takes_workspace(one.workspace)]
        found.sort(key=lambda session: (-session.modified_ms, session.store.observer, session.id))
        return found

    def turns(self, session: ChatSession) -> tuple[Turn, ...] | Exception:
        """All rows of one chat, or why there are none."""
        observer = self.observers[session.store.observer]
        for left in reversed(range(TRIES)):
            with contained("reading a chat", session.store.observer, foreseen=ObserverError) as held:
                return observer.turns(session.store, session.id)
            error = held.caught
            if not (isinstance(error, ObserverError) and error.transient and left):
                return error
        raise AssertionError("unreachable")

    def chat(self, session: ChatSession, *, noting: bool = True) -> Chat:
        """One chat in its state now. Reads it."""
        return self.chat_and_turns(session, noting=noting)[0]

    def chat_and_turns(self, session: ChatSession, *, noting: bool = True) -> tuple[Chat, tuple[Turn, ...]]:
        """The chat in its state now, with its rows. `noting`: what cannot be read is added to `faults`."""
        rows = self.turns(session)
        if not isinstance(rows, Exception):
            return read(session, rows, self.horizon_s(session.store)), rows
        if noting and not is_encrypted(rows):
            self._fault(session.store, rows)
        return unreadable(replace(listed(session), horizon_s=self.horizon_s(session.store)), rows), ()

    def matching(
        self, sessions: Sequence[ChatSession], wanted: ChatFilter, progress: Callable[[int], None]
    ) -> Iterator[tuple[Chat, tuple[Turn, ...]]]:
        """Each chat that is meant, read one at a time: memory holds one. Tells how many were read before."""
        for number, session in enumerate(sessions):
            progress(number)
            chat, rows = self.chat_and_turns(session)
            if wanted.takes_state(chat):
                yield chat, rows

    def horizon_s(self, store: Store) -> float | None:
        """The flush horizon of a store; None when its observer cannot say."""
        if store not in self._horizons:
            self._horizons[store] = None  # None stays where the observer fails: reading the chat tells what is wrong
            with contained("asking for a flush horizon", store.observer, foreseen=ObserverError):
                self._horizons[store] = self.observers[store.observer].flush_horizon(store)
        return self._horizons[store]

    def _fault(self, store: Store, error: Exception) -> None:
        self._note(fault_of(store.observer, error, store))

    def _note(self, fault: Fault) -> None:
        if len(self.faults) < FAULTS_MOST and fault not in self.faults:
            self.faults.append(fault)


def is_encrypted(error: Exception) -> bool:
    """Not a fault but a fact: the store is there, and only its product can read it."""
    return isinstance(error, ObserverError) and error.reason is ObserverReason.ENCRYPTED


STATES = tuple(state.value for state in State)
