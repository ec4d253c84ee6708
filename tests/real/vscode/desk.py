"""A real daemon, a real VS Code attached to it, and what tests ask of the two."""

import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.daemon import Daemon
from tests.real.vscode.chat_store import StoredTurn, stored_turns
from tests.real.vscode.deadline import until
from tests.real.vscode.server import Server
from tests.real.vscode.window import Window, glances


@dataclass
class Desk:
    """One daemon, one VS Code, and what the tests ask of them."""

    daemon: Daemon
    server: Server

    def drive(self, window: Window, text: str, *, wait: bool = False, **more: Any) -> dict[str, Any]:
        """Drive a prompt to its outcome, with `wait` to the end of its turn."""
        return self.see(self.start(window, text, **more), "turn" if wait else "outcome")

    def start(self, window: Window, text: str, **more: Any) -> str:
        drive_id = str(more.pop("drive_id", uuid.uuid4()))
        params = {
            "drive_id": drive_id,
            "text": text,
            "selector": {"workspace": str(self.folders[id(window)])},
            "target": more.pop("target", {}),
            "deadline_ms": 30_000,
            "wait_ms": 60_000,
            **more,
        }
        with self.daemon.client() as client:
            client.request("drive/start", params, timeout=20)
        return drive_id

    def see(self, drive_id: str, until_: str = "turn") -> dict[str, Any]:
        """`wait` with an operator who looks away now and then, so that the store shows soon what the chat did."""
        with glances(self.server.windows):
            return self.wait(drive_id, until_)

    def wait(self, drive_id: str, until_: str = "outcome") -> dict[str, Any]:
        with self.daemon.client() as client:
            wait = {"drive_id": drive_id, "until": until_, "timeout_ms": 90_000}
            view: dict[str, Any] = client.request("drive/wait", wait, timeout=100)
            return view

    def open(self, folder: Path) -> Window:
        window = self.server.open(folder)
        self.folders[id(window)] = folder
        self.attached(folder)
        return window

    def attached(self, folder: Path, after: int = 0) -> int:
        """Wait until the folder's window is connected under an epoch later than `after`; its epoch."""

        def epoch() -> int | None:
            with self.daemon.client() as client:
                for session in client.request("sessions/list", {})["sessions"]:
                    folders = [f for surface in session["surfaces"] for f in surface["workspace_folders"]]
                    if str(folder) in folders and session["epoch"] > after:
                        return int(session["epoch"])
            return None

        return until(epoch, f"the window on {folder} attached")

    def stored(self, text: str) -> list[StoredTurn]:
        """The turns in VS Code's own files whose prompt has this text, by a reader of the tests' own."""
        return [turn for turn in stored_turns(self.server.profile.chat_files()) if turn.prompt == text]

    def stored_once(self, text: str) -> StoredTurn:
        """Wait until the store shows the prompt, and it is there exactly once."""
        with glances(self.server.windows):
            until(lambda: bool(self.stored(text)), f"the store shows {text!r}")
        (turn,) = self.stored(text)
        return turn

    def await_reply(self, text: str) -> None:
        """Wait until the store shows the agent's answer; while the turn runs it may hold the prompt alone."""
        with glances(self.server.windows):
            until(lambda: self._replied(text), f"the store shows the reply to {text!r}")

    def _replied(self, text: str) -> bool:
        return [turn.reply.startswith("You said: ") for turn in self.stored(text)] == [True]

    def __post_init__(self) -> None:
        self.folders: dict[int, Path] = {}
