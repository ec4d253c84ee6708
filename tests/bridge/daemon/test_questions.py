"""What a store may say of a question that the host told of: shown, answered, or written before it was asked."""

import time
from pathlib import Path
from typing import Any, cast

import pytest

from bridge.daemon.drives.questions import Asked, Questions
from bridge.drive.match import text_sha
from bridge.protocol.messages.chat import ChatTarget
from observers.base import Cursor, Delta, Observer, State, Store, Turn, TurnRole

STORE = Store("vscode_chat", Path("/nowhere"))
CURSOR = Cursor(STORE, "1")
EARLIER = "an earlier drive's turn waits for an answer"


class Shows:
    """A store with one turn past the anchor, in the state that a test sets; none where it is None."""

    state: State | None = None

    def since(self, _store: Store, _cursor: Cursor) -> Delta:
        if self.state is None:
            return Delta(CURSOR)
        return Delta(CURSOR, (Turn(STORE, "s", "t", TurnRole.USER, "which?", self.state, 1, "/nowhere#t"),))

    def sessions(self, _store: Store) -> tuple[()]:
        return ()


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    moment = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: moment[0])
    return moment


def waits(open_questions: Questions, shows: Shows, state: State | None) -> bool:
    shows.state = state
    said = open_questions.pending("code:w/chat", ChatTarget(), cast("Observer", cast("Any", shows)), STORE)
    assert said in (None, EARLIER)
    return said is not None


def asked(stale_until: float) -> Questions:
    made = Questions()
    made.note("code:w/chat", Asked(CURSOR, text_sha("which?"), None, stale_until))
    return made


@pytest.mark.parametrize("state", [State.WORKING, State.QUEUED])
def test_a_store_written_before_the_question_says_nothing_within_its_horizon(now: list[float], state: State) -> None:
    open_questions, shows = asked(160.0), Shows()
    assert waits(open_questions, shows, state)
    now[0] = 159.9
    assert waits(open_questions, shows, state)
    now[0] = 160.0
    assert not waits(open_questions, shows, state)


def test_once_it_was_shown_a_turn_that_runs_was_answered(now: list[float]) -> None:
    open_questions, shows = asked(now[0] + 60), Shows()
    assert waits(open_questions, shows, State.WORKING)
    assert waits(open_questions, shows, State.NEEDS_INPUT)
    assert not waits(open_questions, shows, State.WORKING)
    assert not waits(open_questions, shows, State.NEEDS_INPUT), "it was forgotten with the answer"


@pytest.mark.parametrize("state", [State.DONE, State.ERROR, State.INTERRUPTED, State.UNKNOWN])
def test_an_end_answers_it_at_once(now: list[float], state: State) -> None:
    assert not waits(asked(now[0] + 60), Shows(), state)


def test_a_turn_that_is_not_shown_still_waits(now: list[float]) -> None:
    assert waits(asked(0.0), Shows(), None)
