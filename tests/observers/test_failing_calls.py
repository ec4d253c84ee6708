"""Every store in its product's own place: it is found there, and any call of the system on it may fail at any time."""

import errno
import os
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from random import Random

import pytest

from observers import activity
from observers.base import Observer, ObserverError, Store, Turn, TurnRole
from observers.catalogue import OBSERVERS
from tests.observers.failing_calls import Calls, install
from tests.observers.store_cases import Stage
from tests.sampling import SEED, each_kind

STORES = Path(__file__).parent.parent / "stores"
# A case of a product, and where in a home its files stand.
PLACES = [
    ("aider/lifecycle", "project"),
    ("amazon_q/command_line", ".local/share"),
    ("amazon_q/extension", ""),
    ("antigravity/database", ""),
    ("antigravity/states", ""),
    ("claude_code/waiting", ".claude"),
    ("cline/command_line", ".cline"),
    ("cline/tasks", ".config/Code"),
    ("codex/compressed", ".codex"),
    ("codex/exec", ".codex"),
    ("continue_dev/lifecycle", ".continue"),
    ("copilot_jetbrains/partitions", ".copilot"),
    ("copilot_transcripts/lifecycle", ".config/Code"),
    ("cursor/lifecycle", ".config"),
    ("cursor/transcript", ""),
    ("gemini_cli/lifecycle", ".gemini"),
    ("goose/lifecycle", ".local/share"),
    ("jetbrains_ai/chat", ".config"),
    ("jetbrains_ai/task", ".config"),
    ("junie/lifecycle", ""),
    ("kilo/lifecycle", ".local/share"),
    ("kiro/lifecycle", ""),
    ("opencode/lifecycle", ".local/share"),
    ("roo_code/tasks", ".config/Code"),
    ("vscode_chat/lifecycle", ".config/Code"),
    ("vscode_chat/empty_window", ".config/Code"),
    ("windsurf/encrypted", ""),
    ("windsurf/transcript", ""),
    ("zed/lifecycle", ".local/share"),
]
MOST_CALLS = 2_000


class Installed:
    """A home in which one product was used."""

    def __init__(self, home: Path, case: str, below: str) -> None:
        self.home = home
        self.observer: Observer = OBSERVERS[case.partition("/")[0]]
        self.stage = Stage(home / below)
        for tree in sorted(path for path in (STORES / case).iterdir() if path.is_dir()):
            self.stage.play(tree)
        # Only aider is asked for a folder: nothing lists where it was used.
        self.folder = home / below if case.startswith("aider/") else None
        self.files = [path for path in home.rglob("*") if path.is_file()]
        self.moment = time.time() - 3600
        self.touch()

    def touch(self) -> None:
        """Everything was written again, at rest: nothing of it is known."""
        self.moment += 1
        for path in self.files:
            os.utime(path, (self.moment, self.moment))

    def stores(self) -> list[Store]:
        found = self.observer.locate(self.folder)
        return [store for store in found if self.observer.sessions(store)]

    def questions(self, store: Store) -> dict[str, Callable[[], object]]:
        observer = self.observer
        anchor = observer.cursor(store)
        return {
            "locate": partial(observer.locate, self.folder),
            "locate one": partial(observer.locate, self.folder or store.workspace or self.home / "app"),
            "at": partial(observer.at, store.path),
            "cursor": partial(observer.cursor, store),
            "since": partial(observer.since, store, anchor),
            "sessions": partial(observer.sessions, store),
            "turns": partial(self.every_turn, store),
            "health": partial(observer.health, store),
            "fingerprint": partial(observer.fingerprint, store),
            "flush_horizon": partial(observer.flush_horizon, store),
            "watch_paths": partial(observer.watch_paths, store),
        }

    def every_turn(self, store: Store) -> list[Turn]:
        found: list[Turn] = []
        for session in self.observer.sessions(store):
            found += self.observer.turns(store, session.id)
        return found


@pytest.fixture(params=PLACES, ids=[case for case, _ in PLACES])
def installed(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Installed]:
    for name in os.environ:
        if name.startswith(("XDG_", "KILO_", "CLINE_", "CODEX_", "CLAUDE_", "COPILOT_", "GEMINI_", "KIRO_", "GOOSE_")):
            monkeypatch.delenv(name)
    home = tmp_path.resolve() / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setattr(activity, "SETTLE_DELAYS", ())
    made = Installed(home, *request.param)
    yield made
    made.stage.close()


def test_every_observer_finds_its_chats_in_its_products_place(installed: Installed) -> None:
    assert installed.stores()


def test_there_is_a_place_of_every_observer() -> None:
    assert {case.partition("/")[0] for case, _ in PLACES} == set(OBSERVERS)


class Truth:
    """What a store says while all calls succeed."""

    def __init__(self, installed: Installed, store: Store) -> None:
        # A file of many chats that cannot be read now is one chat that cannot.
        self._held = {session.id for session in installed.observer.sessions(store)}
        self._held |= {path.stem for path in installed.files}
        try:
            self._said = set(map(self._brief, installed.every_turn(store)))
        except ObserverError:
            self._said = set()

    def check(self, name: str, ask: Callable[[], object]) -> None:
        """The answer is a part of the truth, or an error that says where."""
        try:
            answer = ask()
        except ObserverError as problem:
            assert problem.where, f"{name}: an error says where"
            assert name != "locate", "what cannot be looked into is found, and its health says why"
            return
        if name == "sessions":
            assert {session.id for session in answer} <= self._held  # type: ignore[attr-defined]
        if name == "turns":
            assert set(map(self._brief, answer)) <= self._said  # type: ignore[call-overload]

    @staticmethod
    def _brief(turn: Turn) -> tuple[str, str, TurnRole, str]:
        return turn.session, turn.turn, turn.role, turn.text


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("error", "lasting"),
    [(errno.ENOENT, True), (errno.ENOENT, False), (errno.EACCES, False), (errno.EIO, False)],
    ids=["gone", "away", "refused", "damaged"],
)
def test_whatever_call_fails_the_answer_is_the_truth_or_an_error(
    installed: Installed, monkeypatch: pytest.MonkeyPatch, error: int, lasting: bool
) -> None:
    """Each call of each question in `make soak`; in a sample, of each question one call of each kind."""
    (store, *_) = installed.stores()
    questions = installed.questions(store)
    truth = Truth(installed, store)
    calls = Calls(installed.home, error, lasting)
    with monkeypatch.context() as patch:
        install(patch, calls)
        for name, ask in questions.items():
            # What is asked for the first time makes calls of its own.
            for _ in range(2):
                installed.touch()
                with calls.failing(MOST_CALLS):
                    truth.check(name, ask)
            assert not calls.failed, f"{name} makes {MOST_CALLS} calls"
            made = list(enumerate(calls.names, start=1))
            Random(f"{SEED} {name}").shuffle(made)  # noqa: S311 - the same each time
            for number, _ in each_kind(made, lambda call: call[1]):
                installed.touch()
                with calls.failing(number):
                    truth.check(name, ask)
                assert calls.failed, f"{name} did not make its call {number} again"
