"""What counts as new past a cursor, told with a store that lives in memory and does what it is told."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from observers import activity
from observers.activity import CLOCK_SLACK_MS, Activity, Source
from observers.base import Cursor, ObserverError, ObserverReason, State, Store, Turn, TurnRole, reply

STORE = Store("memory", Path("/nowhere"))
NOW = 1_760_000_000_000


@dataclass
class Chats:
    """Sessions as {key: [(turn id, state)]}. `broken` sessions raise; `reads` counts how often one was read."""

    sessions: dict[str, list[tuple[str, State]]] = field(default_factory=dict)
    broken: dict[str, ObserverReason] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)
    written_ms: int | None = None
    modified_ms: int = NOW
    alive_ms: int | None = None
    reads: list[str] = field(default_factory=list)
    scans: list[str] = field(default_factory=list)
    listed: int = 0
    away: bool = False

    def put(self, key: str, *turns: tuple[str, State]) -> None:
        self.sessions[key] = list(turns)
        self.versions[key] = self.versions.get(key, 0) + 1

    def sources(self, store: Store) -> Sequence[Source]:
        self.listed += 1
        if self.away:
            raise ObserverError(ObserverReason.MISSING, "told to", where="/nowhere")
        return [Source(key, str(self.versions[key]), self.modified_ms, "/work", self.alive_ms) for key in self.sessions]

    def one(self, store: Store, path: Path) -> Source | None:
        """The session that is called like the file."""
        return (
            Source(path.name, str(self.versions[path.name]), self.modified_ms) if path.name in self.sessions else None
        )

    def scan(self, store: Store, source: Source) -> list[str]:
        self.check(source.key)
        self.scans.append(source.key)
        return [turn for turn, _ in self.sessions[source.key]]

    def read(self, store: Store, source: Source) -> list[Turn]:
        self.check(source.key)
        self.reads.append(source.key)
        return [
            Turn(store, source.key, turn, role, f"{role} {turn}", state, NOW, "memory", None, self.written_ms)
            for turn, state in self.sessions[source.key]
            for role in (TurnRole.USER, TurnRole.ASSISTANT)
        ]

    def check(self, key: str) -> None:
        if key in self.broken:
            raise ObserverError(self.broken[key], "told to", where=key)


@pytest.fixture
def chats() -> Chats:
    return Chats()


@pytest.fixture
def seen(chats: Chats, monkeypatch: pytest.MonkeyPatch) -> Activity:
    monkeypatch.setattr(activity, "now_ms", lambda: NOW)
    monkeypatch.setattr(activity, "SETTLE_DELAYS", ())
    return Activity(chats.sources, chats.scan, chats.read, freshness_s=900, one=chats.one)


@pytest.fixture
def dated(chats: Chats, seen: Activity) -> Activity:
    return Activity(chats.sources, chats.scan, chats.read, freshness_s=900, dated=True)


def new(found: Activity, cursor: Cursor) -> list[str]:
    return [turn.turn for turn in found.since(STORE, cursor).prompts]


def test_a_turn_added_after_the_anchor_is_new_and_has_its_reply(chats: Chats, seen: Activity) -> None:
    chats.put("a", ("1", State.DONE))
    anchor = seen.cursor(STORE)
    chats.put("a", ("1", State.DONE), ("2", State.WORKING))
    delta = seen.since(STORE, anchor)
    assert [turn.turn for turn in delta.prompts] == ["2"]
    answer = delta.reply(delta.prompts[0])
    assert answer is not None
    assert answer.text == "assistant 2"
    assert reply(delta.prompts[0], delta.changed) is None


def test_the_same_turns_in_another_session_are_not_new(chats: Chats, seen: Activity) -> None:
    chats.put("a", ("1", State.DONE))
    anchor = seen.cursor(STORE)
    chats.put("copy", ("1", State.DONE))
    del chats.sessions["a"]
    assert new(seen, anchor) == []


@pytest.mark.parametrize(("age", "expected"), [(CLOCK_SLACK_MS + 1, []), (CLOCK_SLACK_MS, ["1"]), (0, ["1"])])
def test_an_unknown_session_full_of_old_turns_was_copied(
    chats: Chats, seen: Activity, age: int, expected: list[str]
) -> None:
    anchor = seen.cursor(STORE)
    chats.written_ms = NOW - age
    chats.put("a", ("1", State.DONE))
    assert new(seen, anchor) == expected


def test_a_known_session_may_get_turns_from_a_clock_that_is_behind(chats: Chats, seen: Activity) -> None:
    chats.put("a")
    anchor = seen.cursor(STORE)
    chats.written_ms = NOW - 10 * CLOCK_SLACK_MS
    chats.put("a", ("1", State.DONE))
    assert new(seen, anchor) == ["1"]


def test_a_session_the_anchor_could_not_see_gives_no_verdict(chats: Chats, seen: Activity) -> None:
    chats.put("a", ("old", State.DONE))
    chats.broken["a"] = ObserverReason.CHANGING
    anchor = seen.cursor(STORE)
    chats.broken.clear()
    chats.put("a", ("old", State.DONE), ("ours", State.DONE))
    delta = seen.since(STORE, anchor)
    assert delta.new == ()
    chats.put("a", ("old", State.DONE), ("ours", State.DONE), ("next", State.DONE))
    assert new(seen, delta.cursor) == ["next"]


def test_a_session_that_is_away_during_a_rewrite_is_remembered(chats: Chats, seen: Activity) -> None:
    chats.put("a", ("1", State.DONE))
    seen.cursor(STORE)
    away = chats.sessions.pop("a")
    anchor = seen.cursor(STORE)
    chats.put("a", *away, ("2", State.DONE))
    assert new(seen, anchor) == ["2"]


def test_the_end_of_a_turn_is_a_change_told_once_along_a_moving_cursor(chats: Chats, seen: Activity) -> None:
    chats.put("a")
    cursor = seen.cursor(STORE)
    chats.put("a", ("1", State.WORKING))
    delta = seen.since(STORE, cursor)
    chats.put("a", ("1", State.DONE))
    delta = seen.since(STORE, delta.cursor)
    assert delta.new == ()
    assert {turn.state for turn in delta.changed} == {State.DONE}
    chats.put("a", ("1", State.DONE))
    assert seen.since(STORE, delta.cursor).changed == ()


def test_the_newest_turn_of_the_anchor_is_told_when_its_session_changes(chats: Chats, seen: Activity) -> None:
    """The anchor did not read it, so it may have ended since."""
    chats.put("a", ("1", State.DONE), ("2", State.WORKING))
    anchor = seen.cursor(STORE)
    chats.put("a", ("1", State.DONE), ("2", State.DONE), ("3", State.WORKING))
    delta = seen.since(STORE, anchor)
    assert [turn.turn for turn in delta.changed] == ["2", "2"]
    assert [turn.turn for turn in delta.prompts] == ["3"]


def test_what_did_not_change_is_not_read(chats: Chats, seen: Activity) -> None:
    for number in range(1000):
        chats.put(f"old-{number}", (f"turn-{number}", State.DONE))
    anchor = seen.cursor(STORE)
    chats.put("new", ("1", State.WORKING))
    seen.since(STORE, anchor)
    seen.since(STORE, anchor)
    assert chats.reads == ["new"]


def test_one_damaged_session_does_not_silence_the_others(chats: Chats, seen: Activity) -> None:
    chats.put("good", ("1", State.DONE))
    anchor = seen.cursor(STORE)
    chats.put("bad", ("2", State.DONE))
    chats.broken["bad"] = ObserverReason.CORRUPT
    delta = seen.since(STORE, anchor)
    assert [problem.reason for problem in delta.problems] == [ObserverReason.CORRUPT]
    chats.put("good", ("1", State.DONE), ("3", State.DONE))
    assert new(seen, delta.cursor) == ["3"]
    assert [problem.where for problem in seen.health(STORE)] == ["bad"]


def test_a_new_format_is_never_silence(chats: Chats, seen: Activity) -> None:
    chats.put("good", ("1", State.DONE))
    anchor = seen.cursor(STORE)
    chats.put("future", ("2", State.DONE))
    chats.broken["future"] = ObserverReason.SCHEMA_CHANGED
    with pytest.raises(ObserverError) as caught:
        seen.since(STORE, anchor)
    assert caught.value.reason is ObserverReason.SCHEMA_CHANGED


def test_a_session_being_written_is_asked_again(chats: Chats, seen: Activity) -> None:
    chats.put("a")
    anchor = seen.cursor(STORE)
    chats.put("a", ("1", State.WORKING))
    chats.broken["a"] = ObserverReason.CHANGING
    delta = seen.since(STORE, anchor)
    assert delta.problems[0].transient
    chats.broken.clear()
    assert new(seen, delta.cursor) == ["1"]


@pytest.mark.parametrize("state", [State.WORKING, State.QUEUED])
def test_nobody_is_busy_for_ever(chats: Chats, seen: Activity, state: State) -> None:
    chats.put("a", ("1", state), ("2", State.DONE))
    chats.modified_ms = NOW - 900_000
    assert [turn.state for turn in seen.turns(STORE, "a")] == [state, state, State.DONE, State.DONE]
    chats.modified_ms -= 1
    first = seen.turns(STORE, "a")[0]
    assert first.state is State.UNKNOWN
    assert first.reason == f"{state}, but nothing written for over 900 s"


def test_a_question_may_wait_for_a_day(chats: Chats, seen: Activity) -> None:
    chats.put("a", ("1", State.NEEDS_INPUT))
    chats.modified_ms = NOW - 24 * 3600 * 1000
    assert seen.turns(STORE, "a")[0].state is State.NEEDS_INPUT
    chats.modified_ms -= 1
    assert seen.turns(STORE, "a")[0].state is State.UNKNOWN


def test_an_unfinished_state_says_until_when_it_may_be_believed(chats: Chats, seen: Activity) -> None:
    chats.put("a", ("1", State.WORKING), ("2", State.NEEDS_INPUT), ("3", State.DONE))
    chats.modified_ms = NOW - 1000
    told = [turn.until_ms for turn in seen.turns(STORE, "a") if turn.role is TurnRole.USER]
    assert told == [chats.modified_ms + 900_000, chats.modified_ms + activity.ANSWER_MS, None]


def test_what_runs_is_busy_however_long_it_writes_nothing(chats: Chats, seen: Activity) -> None:
    chats.put("a", ("1", State.WORKING))
    chats.modified_ms, chats.alive_ms = NOW - 9_000_000, NOW
    assert seen.turns(STORE, "a")[0].state is State.WORKING


def test_only_what_was_touched_is_looked_at(chats: Chats, seen: Activity) -> None:
    chats.put("a", ("1", State.DONE))
    chats.put("b", ("2", State.DONE))
    anchor = seen.cursor(STORE)
    seen.since(STORE, anchor)
    chats.put("a", ("1", State.DONE), ("3", State.DONE))
    chats.put("b", ("2", State.DONE), ("4", State.DONE))
    listed = chats.listed
    delta = seen.since(STORE, anchor, [Path("/nowhere/a")])
    assert ([turn.turn for turn in delta.prompts], chats.listed) == (["3"], listed)
    assert sorted(new(seen, anchor)) == ["3", "4"]


@pytest.mark.parametrize("path", [Path("/nowhere/else"), Path("/nowhere")])
def test_a_path_that_tells_nothing_makes_everything_looked_at(chats: Chats, seen: Activity, path: Path) -> None:
    anchor = seen.cursor(STORE)
    chats.put("a", ("1", State.DONE))
    assert [turn.turn for turn in seen.since(STORE, anchor, [path]).prompts] == ["1"]


def test_after_a_look_that_failed_the_next_is_at_everything(chats: Chats, seen: Activity) -> None:
    anchor = seen.cursor(STORE)
    chats.put("a", ("1", State.DONE))
    chats.put("b", ("2", State.DONE))
    chats.away = True
    with pytest.raises(ObserverError):
        seen.since(STORE, anchor)
    chats.away = False
    assert len(seen.since(STORE, anchor, [Path("/nowhere/b")]).prompts) == 2


def test_sessions_at_rest_are_not_scanned_and_their_turns_are_told_by_their_times(
    chats: Chats, dated: Activity
) -> None:
    chats.modified_ms = NOW - activity.RESTED_MS - 1
    chats.written_ms = chats.modified_ms
    chats.put("a", ("old", State.DONE))
    anchor = dated.cursor(STORE)
    assert chats.scans == []
    chats.modified_ms = NOW
    chats.put("a", ("old", State.DONE), ("2", State.DONE))
    assert new(dated, anchor) == []
    chats.written_ms = NOW
    chats.put("a", ("3", State.DONE))
    delta = dated.since(STORE, anchor)
    assert [turn.turn for turn in delta.prompts] == ["3"]
    chats.written_ms = None
    chats.put("a", ("3", State.DONE), ("4", State.DONE))
    assert new(dated, delta.cursor) == ["4"]
    assert new(dated, anchor) == []


def test_a_session_that_was_written_to_lately_is_scanned(chats: Chats, dated: Activity) -> None:
    chats.modified_ms = NOW - activity.RESTED_MS
    chats.put("a", ("1", State.DONE))
    dated.cursor(STORE)
    assert chats.scans == ["a"]


def test_sessions_come_by_their_last_write(chats: Chats, seen: Activity) -> None:
    chats.put("b")
    chats.put("a")
    assert [(session.id, session.workspace) for session in seen.sessions(STORE)] == [("a", "/work"), ("b", "/work")]
    with pytest.raises(ObserverError) as caught:
        seen.turns(STORE, "c")
    assert caught.value.reason is ObserverReason.MISSING


def test_a_cursor_stays_small(chats: Chats, seen: Activity) -> None:
    for number in range(400):
        chats.put(f"session-{number}", *((f"turn-{number}-{turn}", State.DONE) for turn in range(15)))
    assert len(seen.cursor(STORE).dump()) < 8 * (400 * 15 + 2 * 400) + 400


def test_a_cursor_that_is_not_one_is_refused(seen: Activity) -> None:
    good = seen.cursor(STORE)
    assert Cursor.load(good.dump()) == good
    for text in ("", "null", "[]", "{}", '{"token": 1, "observer": "x", "path": "/"}', good.dump()[:-3]):
        with pytest.raises(ObserverError) as caught:
            Cursor.load(text)
        assert caught.value.reason is ObserverReason.BAD_CURSOR
    fields = json.loads(good.token)
    changes: list[dict[str, object]] = [{"v": 1}, {"turns": "AAAA"}, {"turns": 1}, {"open": 3}, {"at": "x"}]
    for change in changes:
        broken = Cursor(STORE, json.dumps({**fields, **change}))
        with pytest.raises(ObserverError) as caught:
            seen.since(STORE, broken)
        assert caught.value.reason is ObserverReason.BAD_CURSOR
