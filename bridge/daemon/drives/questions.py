"""Does the chat wait for a person? A prompt sent then would cancel the question, so the drive is refused instead.

Two sources: what the store shows, and the daemon's own drives that ended in a question which the store, flushed late,
has not shown yet.
"""

import time
from dataclasses import dataclass, field, replace

from bridge.drive.match import text_sha
from bridge.protocol.messages.chat import ChatTarget
from observers.base import Cursor, Observer, ObserverError, State, Store


@dataclass(frozen=True, slots=True)
class Asked:
    """A drive of ours that ended in a question. `cursor` is its anchor, past which its turn must appear.

    `stale_until`: monotonic time until which a store that shows the turn running may have been written before it asked.
    0 once the store has shown the question: a turn that runs after that was answered.
    """

    cursor: Cursor
    text_sha: str
    chat_id: str | None
    stale_until: float


@dataclass(slots=True)
class Questions:
    """The newest open question of each surface, as far as the drives of this daemon know."""

    _asked: dict[str, Asked] = field(default_factory=dict)

    def note(self, surface: str, asked: Asked) -> None:
        """A drive of this surface ended in a question."""
        self._asked[surface] = asked

    def forget(self, surface: str) -> None:
        """The surface's question was answered."""
        self._asked.pop(surface, None)

    def pending(self, surface: str, target: ChatTarget, observer: Observer, store: Store) -> str | None:
        """The sentence that refuses a prompt for this target, None when nothing waits. Reads files."""
        if target.new_chat:
            return None
        asked = self._asked.get(surface)
        if asked is not None and target.chat_id in (None, asked.chat_id) and self._still(surface, asked, observer):
            return "an earlier drive's turn waits for an answer"
        return _shown(target, observer, store)

    def _still(self, surface: str, asked: Asked, observer: Observer) -> bool:
        """What cannot be read, or is not shown yet, still waits."""
        try:
            prompts = observer.since(asked.cursor.store, asked.cursor).prompts
        except ObserverError:
            return True
        states = [turn.state for turn in prompts if text_sha(turn.text) == asked.text_sha]
        if not states:
            return True
        match states[-1]:
            case State.NEEDS_INPUT:
                if self._asked.get(surface) is asked:
                    self._asked[surface] = replace(asked, stale_until=0.0)
                return True
            case State.WORKING | State.QUEUED if time.monotonic() < asked.stale_until:
                return True
            case _:
                self.forget(surface)
                return False


def _shown(target: ChatTarget, observer: Observer, store: Store) -> str | None:
    """What the store shows of the chat that is meant: the given one, or the one written last."""
    try:
        session = target.chat_id or next((found.id for found in reversed(observer.sessions(store))), None)
        turns = observer.turns(store, session) if session is not None else ()
    except ObserverError:  # an unreadable store is no reason to refuse; the drive's anchor tells of it
        return None
    if turns and turns[-1].state is State.NEEDS_INPUT:
        return f"the last turn of chat {session} waits for an answer"
    return None
