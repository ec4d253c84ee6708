"""What tests of goals need: a workspace with failing checks, and an agent that works as scripted."""

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bridge.client import Client
from tests.daemon import Daemon, eventually

CHECK = "import pathlib, sys; n = int(pathlib.Path('left').read_text()); print(f'{n} failed'); sys.exit(n > 0)"
DONE = {"facts": [{"kind": "submitted", "grade": "host"}, {"kind": "turn_ended", "grade": "host"}]}
END_S = 90.0


def turn(left: int | None = None, reply: str = "I did something.", **more: Any) -> list[dict[str, Any]]:
    """A turn of the agent: it leaves so many failures, says something, and ends."""
    work = [] if left is None else [{"write": {"path": "left", "text": str(left)}}]
    return [*work, {"turn": {"reply": reply, **more}}, {"answer": {"disposition": "done", **DONE}}]


def failed_turn(message: str) -> list[dict[str, Any]]:
    facts = [
        {"kind": "submitted", "grade": "host"},
        {"kind": "turn_failed", "grade": "host", "detail": message},
    ]
    # The store keeps the message as well: whichever of the two is seen first says the same.
    return [{"turn": {"reply": "", "state": 3, "error": message}}, {"answer": {"disposition": "done", "facts": facts}}]


REFUSED = [{"answer": {"disposition": "declined", "blocker": "input_busy"}}]
SWALLOWED = [{"answer": {"disposition": "lost", "facts": []}}]


@dataclass
class Shop:
    """A workspace in git with so many failures left, and the window that has it open."""

    daemon: Daemon
    folder: Path
    start_ide: Callable[..., Any]
    window: str = "fake-window"
    storage: Path = field(default_factory=Path)

    def __post_init__(self) -> None:
        self.folder.mkdir()
        self.leave(3)
        (self.folder / "check.py").write_text(CHECK, encoding="utf-8")
        identity = ("-c", "user.name=t", "-c", "user.email=t@example.org")
        for words in (("init", "-q"), ("add", "."), ("commit", "-q", "-m", "begin")):
            subprocess.run(["git", "-C", str(self.folder), *identity, *words], check=True, capture_output=True)

    def leave(self, failures: int) -> None:
        (self.folder / "left").write_text(str(failures), encoding="utf-8")

    def open(self, *turns: list[dict[str, Any]], **script: Any) -> None:
        """An IDE whose agent works off these turns; the last one is repeated."""
        path = self.folder.with_suffix(".json")
        self.storage = self.folder.parent / "workspaceStorage" / self.window
        told = {"deliver": list(turns), "window_id": self.window, **script}
        path.write_text(json.dumps(told), encoding="utf-8")
        self.ide = self.start_ide(path, self.storage, window=self.window, workspace=str(self.folder))

    def terms(self, **more: Any) -> dict[str, Any]:
        check = {"name": "left", "command": ["python3", "check.py"], "exit": 0, "cwd": ".", "timeout_ms": 60_000}
        return {
            "text": "leave nothing",
            "selector": {"window": self.window},
            "checks": [{**check, "protect": ["check.py"]}],
            "notes": [],
            "budget": {"turns": 6, "ms": 600_000},
            "stop": {"same_failure": 3, "same_blocker": 3, "growing": 2},
            "approve": [],
            "turn_ms": 60_000,
            "quiet_ms": 300_000,
            "answer_ms": 60_000,
            "on_question": "ask",
            "trust": "send",
            **more,
        }

    def pursue(self, goal_id: str = "g", **more: Any) -> dict[str, Any]:
        with Client.connect(self.daemon.socket, role="operator") as client:
            return client.request("goals/start", {"goal_id": goal_id, "terms": self.terms(**more)}, timeout=20)

    def ask(self, method: str, goal_id: str = "g", **more: Any) -> dict[str, Any]:
        with Client.connect(self.daemon.socket, role="operator") as client:
            return client.request(f"goals/{method}", {"goal_id": goal_id, **more}, timeout=20)

    def until(self, *states: str, goal_id: str = "g") -> dict[str, Any]:
        """Wait until the goal is in one of these states."""
        eventually(lambda: self.ask("get", goal_id)["state"] in states, f"{goal_id} is {states}", END_S)
        return self.ask("get", goal_id)

    def end(self, goal_id: str = "g") -> dict[str, Any]:
        return self.until("accepted", "stopped", goal_id=goal_id)

    def entries(self) -> list[dict[str, Any]]:
        """The lines of the chat's own store, in order."""
        lines = [line for file in self.storage.rglob("*.jsonl") for line in file.read_bytes().split(b"\n") if line]
        return list(map(json.loads, lines))

    def prompts(self) -> list[str]:
        """What the chat's own store holds, in order."""
        return [turn["message"]["text"] for entry in self.entries() if entry["kind"] == 2 for turn in entry["v"]]

    def ended_as(self) -> list[int]:
        """The states that turns were given after they stood there."""
        return [entry["v"]["value"] for entry in self.entries() if entry["kind"] == 1]


def koru(daemon: Daemon, *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [str(Path(sys.executable).with_name("koru")), *arguments]
    return subprocess.run(command, env=daemon.environment, capture_output=True, text=True, timeout=120)
