"""One store that is watched: its chats as they were last seen, and what a look at it finds. One thread only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from bridge.chats.chat import Chat, listed, shown, title, unreadable
from bridge.chats.directories import Watching
from bridge.chats.fault import Fault, fault_of
from bridge.chats.stores import ChatReader, is_encrypted
from bridge.clock import now_ms
from bridge.contained import contained
from observers.base import ChatSession, Cursor, ObserverError, Store, Turn

# Milliseconds: what was written less than this ago may be written again within one tick of the file system's clock.
UNSETTLED_MS = 50
RECHECKED_MOST = 20


@dataclass(slots=True)
class StoreScan:
    """What a look found: the chats that were written to, their turns of now, and the chats that are gone."""

    chats: list[Chat] = field(default_factory=list)
    turns: list[Turn] = field(default_factory=list)
    gone: list[Chat] = field(default_factory=list)
    again: bool = False


class WatchedStore:
    """A store with the state of its chats. `since_ms`: chats that were last written before are left alone.

    Its first look reads what was written since then; from the first write on, only what was touched is looked at.
    """

    def __init__(self, store: Store, chats: ChatReader, watching: Watching, since_ms: int) -> None:
        self.store = store
        self.watching = watching
        self.faults: dict[str, Fault] = {}
        self.chats: dict[str, Chat] = {}
        self._chats = chats
        self._observer = chats.observers[store.observer]
        self._since_ms = since_ms
        self._cursor: Cursor | None = None
        self._sessions: dict[str, ChatSession] = {}
        self._begun_ms: int | None = None
        # The turns of the chats that were read, while there is no cursor to tell what is new.
        self._known: dict[str, frozenset[str]] = {}

    def look(self, *, everything: bool = False) -> StoreScan:
        """Bring the chats up to date. What the observer raises becomes a fault of this store; others are watched on."""
        # What is written after this is told, what was written before is seen now.
        if self.watching.stale or everything:
            self.watching.arm()
        touched = self.watching.take()
        with contained("looking at a store", self.store.observer, foreseen=ObserverError) as held:
            look = self._list() if self._cursor is None else self._past(self._cursor, None if everything else touched)
            if everything and self._cursor is not None:
                self._prune(look)
            self.faults.pop("", None)
            return look
        return self._failed(held.caught)

    def recheck(self) -> StoreScan:
        """Read the unfinished chats again though nothing was written: their agent may be gone."""
        look = StoreScan()
        for chat in [chat for chat in self.chats.values() if chat.unfinished][:RECHECKED_MOST]:
            if (session := self._sessions.get(chat.session)) is not None:
                self._keep(look, *self._chats.chat_and_turns(session, noting=False), news=False)
        look.turns.clear()
        return look

    def check(self) -> None:
        """Ask the store for what is wrong with it, where something was."""
        with contained("checking a store", self.store.observer, foreseen=ObserverError) as held:
            problems: Sequence[Exception] = self._observer.health(self.store)
        if held.error is not None:
            problems = (held.error,)
        kept = {"": self.faults[""]} if "" in self.faults else {}
        self.faults = kept | {
            str(problem): fault_of(self.store.observer, problem, self.store)
            for problem in problems
            if not is_encrypted(problem)
        }

    def _list(self) -> StoreScan:
        """List the store and read what was written since the last time."""
        first = self._begun_ms is None
        look = self._read_recent()
        if first:
            look.again |= bool(self.chats)
        elif self.chats:
            # The store is written to: from here on its own cursor tells what is new. What came before it is read now.
            self._cursor = self._observer.cursor(self.store)
            more = self._read_recent()
            look.chats += more.chats
            look.turns += more.turns
            look.again = more.again
            self._known.clear()
        return look

    def _read_recent(self) -> StoreScan:
        first, now = self._begun_ms is None, now_ms()
        self._begun_ms = now if self._begun_ms is None else self._begun_ms
        look = StoreScan()
        self._prune(look)
        for session in self._sessions.values():
            known = self.chats.get(session.id)
            if known is None or known.modified_ms != session.modified_ms or _unsettled(known):
                self._keep(look, *self._chats.chat_and_turns(session, noting=False), news=not first)
        return look

    def _prune(self, look: StoreScan) -> None:
        """What the store holds now: chats that are no longer there are gone."""
        sessions = {session.id: session for session in self._observer.sessions(self.store)}
        look.gone += [self.chats.pop(name) for name in self.chats.keys() - sessions.keys()]
        self._sessions = {name: one for name, one in sessions.items() if one.modified_ms >= self._since_ms}

    def _keep(self, look: StoreScan, chat: Chat, rows: Sequence[Turn], *, news: bool) -> None:
        if chat.problem == "changing":
            look.again = True
            return
        if chat.problem is not None and chat.problem != "encrypted":
            where = f"{chat.store}#{chat.session}"
            self.faults[where] = Fault(chat.observer, where, chat.problem, chat.reason or "")
        look.again |= _unsettled(chat)
        before = self.chats.get(chat.session)
        self.chats[chat.session] = chat
        if before is None or not before.same_state(chat) or before.modified_ms != chat.modified_ms:
            look.chats.append(chat)
        if news:
            look.turns += _latest(rows, self._begun_ms or 0, self._known.get(chat.session))
        self._known[chat.session] = frozenset(row.turn for row in rows)

    def _past(self, cursor: Cursor, touched: set[Path] | None) -> StoreScan:
        delta = self._observer.since(self.store, cursor, touched)
        self._cursor = delta.cursor
        look = StoreScan(turns=[*delta.changed, *delta.new])
        for problem in delta.problems:
            self._note(look, problem)
        by_session: dict[str, list[Turn]] = {}
        # New turns come after those that were known, so the last row is the newest.
        for row in look.turns:
            by_session.setdefault(row.session, []).append(row)
        for name, rows in by_session.items():
            chat = self._shown(name, rows)
            self.chats[name] = chat
            look.chats.append(chat)
        return look

    def _shown(self, name: str, rows: Sequence[Turn]) -> Chat:
        known = self.chats.get(name)
        if known is None or known.title is None or known.problem is not None:
            known = self._found(name, rows)
        return replace(shown(known, rows), modified_ms=rows[-1].observed_ms, turns=None)

    def _found(self, name: str, rows: Sequence[Turn]) -> Chat:
        """A chat that was not read before."""
        if name not in self._sessions:
            self._sessions = {session.id: session for session in self._observer.sessions(self.store)}
        session = self._sessions.get(name) or ChatSession(self.store, name, rows[-1].observed_ms)
        read = self._chats.chat(session, noting=False)
        return read if read.title is not None else replace(read, title=title(rows))

    def _note(self, look: StoreScan, problem: ObserverError) -> None:
        if problem.transient:
            look.again = True
        elif not is_encrypted(problem):
            self.faults[str(problem)] = fault_of(self.store.observer, problem, self.store)

    def _failed(self, error: Exception) -> StoreScan:
        if isinstance(error, ObserverError) and error.transient:
            return StoreScan(again=True)
        if is_encrypted(error):
            return StoreScan(chats=self._presence(error))
        self.faults[""] = fault_of(self.store.observer, error, self.store)
        return StoreScan()

    def _presence(self, error: Exception) -> list[Chat]:
        """A store that only its product can read is one chat of unknown state."""
        found = listed(ChatSession(self.store, "", 0, self.store.workspace))
        chat = replace(unreadable(found, error), observed_ms=now_ms())
        if "" in self.chats:
            return []
        self.chats[""] = chat
        return [chat]


def _unsettled(chat: Chat) -> bool:
    """Whether the chat may have been written to after it was read, within one tick of the file system's clock."""
    return chat.problem is None and chat.observed_ms - chat.modified_ms < UNSETTLED_MS


def _latest(rows: Sequence[Turn], begun_ms: int, known: frozenset[str] | None) -> Iterable[Turn]:
    """What is news: the last turn, and turns that were not known; in a chat that is read for the first time (`known` is
    None), the turns written since `begun_ms`."""
    if not rows:
        return ()
    last = rows[-1].turn
    if known is None:
        return [row for row in rows if row.turn == last or (row.written_ms or 0) >= begun_ms]
    return [row for row in rows if row.turn == last or row.turn not in known]
