"""Every store under `tests/stores/<store>/<case>/`: what it says, and that reading it keeps the observers' contract.

A case is a tree of input files (`store/`, or `1/`, `2/`, … laid over each other step by step) and an `expected.json`.
"""

import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from observers import history
from observers.base import Cursor, Delta, Observer, ObserverError, ObserverReason, Store, Turn, TurnRole
from observers.catalogue import OBSERVERS
from tests.observers.store_cases import Stage
from tests.sampling import SOAK, sample

STORES = Path(__file__).parent.parent / "stores"
CASES = sorted(path.parent for path in STORES.glob("*/*/expected.json"))
# Older than what counts as a write in progress, younger than what counts as abandoned.
AGE_S = 20
# So many cuts of a file, evenly spread; a sample takes some of them, and the first and the last.
CUTS, CUTS_MOST = 600 if SOAK else 60, 12


class Case:
    """One case, copied to where its steps can be played."""

    def __init__(self, folder: Path, here: Path) -> None:
        self.expected: dict[str, Any] = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
        self.observer: Observer = OBSERVERS[folder.parent.name]
        self.here = here
        self.stage = Stage(here)
        self.trees = sorted(path for path in folder.iterdir() if path.is_dir())

    def lay(self, step: int) -> Store:
        """The files up to and with this step, as the product would have them by now."""
        for tree in self.trees[: step + 1]:
            self.stage.play(tree)
        return self.settled()

    def settled(self) -> Store:
        moment = time.time() - AGE_S
        for path in self.files():
            os.utime(path, (moment, moment))
        return self.store()

    def store(self) -> Store:
        return self.observer.at(self.here / self.expected["at"])

    def bare(self) -> Store:
        """The folders of the first step, without a file in them."""
        for path in [self.trees[0], *self.trees[0].rglob("*")]:
            if path.is_dir():
                (self.here / path.relative_to(self.trees[0])).mkdir(parents=True, exist_ok=True)
        return self.store()

    def files(self) -> list[Path]:
        return sorted(path for path in self.here.rglob("*") if path.is_file())


def every_turn(case: Case, store: Store) -> Iterator[Turn]:
    for session in sorted(case.observer.sessions(store), key=lambda session: session.id):
        yield from case.observer.turns(store, session.id)


def readable_turns(case: Case, store: Store) -> tuple[list[Turn], list[ObserverReason]]:
    turns: list[Turn] = []
    problems: list[ObserverReason] = []
    try:
        found = case.observer.sessions(store)
    except ObserverError as error:
        # One damaged file may be the whole store.
        return [], [error.reason]
    for session in sorted(found, key=lambda session: session.id):
        try:
            turns.extend(case.observer.turns(store, session.id))
        except ObserverError as error:
            assert error.where, "an error says where"
            problems.append(error.reason)
    return turns, problems


def brief(turns: tuple[Turn, ...]) -> list[list[str | None]]:
    return [[turn.turn, turn.role.value, turn.state.value, turn.reason] for turn in turns]


def undated(delta: Delta) -> list[tuple[object, ...]]:
    return [(row.turn, row.role, row.text, row.state, row.reason) for row in (*delta.new, *delta.changed)]


def test_rows_and_problems_are_the_expected_ones(case: Case) -> None:
    turns, problems = readable_turns(case, case.lay(len(case.trees)))
    shown = [{**row, "reason": turn.reason} for row, turn in zip(history.rows(turns), turns, strict=True)]
    assert shown == case.expected["rows"]
    assert [str(problem) for problem in problems] == case.expected["problems"]


def test_each_step_shows_what_is_new_past_the_one_before(case: Case) -> None:
    cursor = case.observer.cursor(case.bare())
    for step, expected in enumerate(case.expected["steps"]):
        store = case.lay(step)
        if "raises" in expected:
            with pytest.raises(ObserverError) as caught:
                case.observer.since(store, cursor)
            assert caught.value.reason == expected["raises"]
            continue
        delta = case.observer.since(store, Cursor.load(cursor.dump()))
        assert brief(delta.new) == expected["new"]
        assert brief(delta.changed) == expected["changed"]
        assert [str(problem.reason) for problem in delta.problems] == expected["problems"]
        assert undated(delta) == undated(case.observer.since(store, cursor)), "asked again, another answer"
        cursor = delta.cursor
        after = case.observer.since(store, cursor) if not delta.problems else None
        assert after is None or not after.new, "the cursor did not move on"


def test_the_first_anchor_and_the_last_state_give_all_that_came_between(case: Case) -> None:
    anchor = case.observer.cursor(case.bare())
    store = case.lay(len(case.trees))
    if not case.expected["rows"]:
        with pytest.raises(ObserverError):
            case.observer.since(store, anchor)
        return
    delta = case.observer.since(store, anchor)
    assert {turn.turn for turn in delta.new} == {row["turn"] for row in case.expected["rows"]}
    assert all(turn.role is TurnRole.USER for turn in delta.prompts)
    assert not case.observer.since(store, case.observer.cursor(store)).new


def test_a_copied_or_rewritten_file_is_not_news(case: Case) -> None:
    store = case.lay(len(case.trees))
    cursor = case.observer.cursor(store)
    for path in case.files():
        content = path.read_bytes()
        path.unlink()
        path.write_bytes(content)
        path.with_name(f"copy-of-{path.name}").write_bytes(content)
    case.settled()
    try:
        assert not case.observer.since(store, cursor).new
    except ObserverError as error:
        assert str(error.reason) in case.expected["problems"]


def test_reading_changes_nothing(case: Case) -> None:
    store = case.lay(len(case.trees))
    before = listing(case.here)
    cursor = case.observer.cursor(store)
    for ask in (
        lambda: case.observer.since(store, cursor),
        lambda: list(every_turn(case, store)),
        lambda: case.observer.health(store),
        lambda: case.observer.fingerprint(store),
        lambda: case.observer.flush_horizon(store),
        lambda: case.observer.watch_paths(store),
        lambda: case.observer.locate(),
    ):
        attempt(ask)
    assert listing(case.here) == before


@pytest.mark.sampled
def test_a_file_cut_off_anywhere_gives_no_wrong_turn(case: Case) -> None:
    """At many bytes of the newest file: either an error that says so, or a part of the truth."""
    store = case.lay(len(case.trees))
    known = {
        (turn.session, turn.turn): turn.text for turn in readable_turns(case, store)[0] if turn.role is TurnRole.USER
    }
    victim = max(case.files(), key=lambda path: (path.stat().st_mtime, path.stat().st_size))
    content = victim.read_bytes()
    step = max(1, len(content) // CUTS)
    for end in [0, *sample(range(step, len(content), step), CUTS_MOST), len(content) - 1]:
        victim.write_bytes(content[:end])
        case.settled()
        turns, _ = readable_turns(case, store)
        for turn in turns:
            if turn.role is TurnRole.USER and (turn.session, turn.turn) in known:
                assert turn.text == known[(turn.session, turn.turn)]
    victim.write_bytes(content)
    case.settled()
    assert {(turn.session, turn.turn) for turn in readable_turns(case, store)[0] if turn.role is TurnRole.USER} == set(
        known
    )


def test_it_says_what_it_is(case: Case) -> None:
    store = case.lay(len(case.trees))
    assert Cursor.load(case.observer.cursor(store).dump()).store == store
    assert store.observer == case.observer.ID
    assert case.observer.CANNOT_KNOW
    assert case.observer.flush_horizon(store) == case.expected["flush_horizon_s"]
    assert case.observer.watch_paths(store)
    assert sorted({str(problem.reason) for problem in case.observer.health(store)}) == sorted(
        set(case.expected["problems"])
    )
    if not case.expected["problems"]:
        assert case.observer.fingerprint(store) == case.expected["fingerprint"]
    assert case.expected["how"].startswith(("verified: ", "reported"))


def test_there_are_cases_for_every_observer() -> None:
    assert {folder.parent.name for folder in CASES} == set(OBSERVERS)


def listing(root: Path) -> list[tuple[object, ...]]:
    """Names, kinds, content and every time but that of the last access."""
    return [
        (
            str(path),
            status.st_mode,
            status.st_ino,
            status.st_size,
            status.st_mtime_ns,
            status.st_ctime_ns,
            content(path),
        )
        for path in sorted([root, *root.rglob("*")])
        for status in [path.stat()]
    ]


def content(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def attempt(ask: Callable[[], object]) -> None:
    try:
        ask()
    except ObserverError as error:
        assert error.reason is not ObserverReason.BAD_CURSOR
