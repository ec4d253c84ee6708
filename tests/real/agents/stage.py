"""An agent at work, and what its observer says of it: read as the daemon reads, while the agent writes."""

import re
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

from bridge.drive.match import text_sha
from observers import activity
from observers.base import Cursor, Delta, Observer, ObserverError, State, Store, Turn, TurnRole
from observers.catalogue import OBSERVERS
from observers.clock import now_ms
from tests.real.agents.home import PATIENCE, Home, Run
from tests.real.agents.install import Agents
from tests.real.agents.product import Product, takes_tools
from tests.real.vscode.deadline import until
from tests.standin.server import Standin

DAY_MS = 24 * 3600 * 1000
SCREEN = 6000
_escapes = re.compile(rb"\x1b\[[0-9;?<>=]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(\x07|\x1b\\)")


class Stage:
    """A context manager: a home, a stand-in model, and the observer of the product, which sees this home only."""

    def __init__(self, product: Product, agents: Agents, monkeypatch: pytest.MonkeyPatch) -> None:
        self._product, self._agents, self._monkeypatch = product, agents, monkeypatch
        self.observer: Observer = OBSERVERS[product.ID]
        self._home, self.model = Home(), Standin(scripted=takes_tools, otherwise="a title")
        self._runs: list[Run] = []

    def __enter__(self) -> Self:
        self._home.__enter__()
        self.model.__enter__()
        self._product.prepare(self._home.path, self.model)
        self._monkeypatch.setenv("HOME", str(self._home.path))
        for name in (
            "XDG_DATA_HOME",
            "XDG_CONFIG_HOME",
            "CODEX_HOME",
            "CLAUDE_CONFIG_DIR",
            "CLINE_DIR",
            "CLINE_DATA_DIR",
        ):
            self._monkeypatch.delenv(name, raising=False)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # The model first: an agent that waits for it ends by itself.
        self.model.__exit__(kind, error, trace)
        self._home.__exit__(kind, error, trace)

    def start(self, command: list[str]) -> None:
        self._runs.append(self._home.start(command, self._product.environment(self.model)))

    def say(self, prompt: str, *, resume: str | None = None) -> None:
        """Starts the agent with a prompt."""
        self.start(self._product.command(self._agents, prompt, resume=resume))

    def say_gated(self, prompt: str) -> None:
        self.start(self._product.gated(self._agents, prompt))

    def end(self) -> None:
        """Kills the agent and all it started, between two writes: what it leaves of half a write is damage."""
        self._home.pause_when(self._whole)
        self._home.end()

    def _whole(self) -> bool:
        """Every chat can be read."""
        try:
            for store in self.stores():
                for session in self.observer.sessions(store):
                    self.observer.turns(store, session.id)
        except ObserverError:
            return False
        return True

    def stores(self) -> tuple[Store, ...]:
        return self.observer.locate(self._home.workspace)

    def turns(self) -> list[Turn]:
        """All rows of all chats of the workspace that can be read now."""
        found: list[Turn] = []
        for store in self.stores():
            for session in self.observer.sessions(store):
                try:
                    found.extend(self.observer.turns(store, session.id))
                except ObserverError as error:
                    assert error.transient, error
        return found

    def turn(self, prompt: str) -> Turn | None:
        """The only user turn whose text has the hash of ours."""
        found = [
            turn for turn in self.turns() if turn.role is TurnRole.USER and text_sha(turn.text) == text_sha(prompt)
        ]
        assert len(found) <= 1, f"one prompt, {len(found)} turns"
        return found[0] if found else None

    def wait(self, prompt: str, state: State, reply: str = "") -> Turn:
        """The user turn, once the store shows it in this state, answered by a text that ends with `reply`."""

        def reached() -> Turn | None:
            turn = self.turn(prompt)
            if turn is None or turn.state is not state or not self.reply(turn).endswith(reply):
                return None
            return turn

        try:
            return until(reached, f"{self._product.ID} says {state}", PATIENCE)
        except TimeoutError as late:
            raise TimeoutError(f"{late}; it says {self.turn(prompt)}") from None

    def wait_for_requests(self, count: int) -> None:
        until(lambda: sum(map(takes_tools, self.model.requests)) >= count, f"{count} requests for the turn", PATIENCE)

    def reply(self, turn: Turn) -> str:
        rows = [row for row in self.turns() if row.role is TurnRole.ASSISTANT and row.turn == turn.turn]
        return rows[-1].text if rows else ""

    def cursors(self) -> list[Cursor]:
        return [self.observer.cursor(store) for store in self.stores()]

    def since(self, cursors: list[Cursor]) -> list[Delta]:
        """What came past the cursors, read from the texts that a restart would keep."""
        return [self.observer.since(cursor.store, Cursor.load(cursor.dump())) for cursor in cursors]

    def a_day_later(self) -> None:
        """The observer's clock; the store stays as it is."""
        self._monkeypatch.setattr(activity, "now_ms", lambda: now_ms() + DAY_MS)

    def unchanged_by(self, read: Callable[[], object]) -> bool:
        """Whether the home is the same after reading, every time but that of the last access included."""
        before = _listing(self._home.path)
        read()
        return _listing(self._home.path) == before

    def ask_all(self) -> None:
        """Every question an observer answers."""
        for store in self.observer.locate():
            self.observer.since(store, self.observer.cursor(store))
            assert not self.observer.health(store)
            assert self.observer.fingerprint(store)
            assert self.observer.watch_paths(store)
            assert self.observer.flush_horizon(store) > 0
        self.turns()

    def report(self) -> str:
        """The end of what the agents showed, and what the model was asked."""
        screens = "\n---\n".join(_escapes.sub(b"", run.shown)[-SCREEN:].decode(errors="replace") for run in self._runs)
        asked = "\n".join(f"{r.api} {r.path} tools={len(r.tools)} {r.prompt[:60]!r}" for r in self.model.requests)
        return f"{screens}\n--- asked of the model:\n{asked}"


def _listing(root: Path) -> list[tuple[object, ...]]:
    found: list[tuple[object, ...]] = []
    for path in sorted([root, *root.rglob("*")]):
        status = path.lstat()
        content = path.read_bytes() if path.is_file() and not path.is_symlink() else None
        times = (status.st_mtime_ns, status.st_ctime_ns)
        found.append((str(path), status.st_mode, status.st_ino, status.st_size, *times, content))
    return found
