"""Windows and focus of Hyprland, over its own request socket. Tried against a stand-in in tests, on no real desktop."""

import json
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from injectors.base import Declined
from injectors.blockers import BlockerWord
from injectors.parts import Window

_answer_seconds = 2.0
_most_bytes = 4 * 1024 * 1024


class HyprlandDesk:
    """`path` is the request socket. Held modifiers and grabs are not seen here, nor a lock screen by old versions."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def windows(self) -> list[Window]:
        return [_window(client) for client in self._ask("j/clients") if client.get("mapped", True)]

    def activate(self, window: Window) -> None:
        said = self._say(f"dispatch focuswindow address:{window.id:#x}")
        if said.strip() != "ok":
            message = f"Hyprland did not focus the window: {said.strip()[:200]}"
            raise Declined(BlockerWord.FOCUS_REFUSED, message, "bring the window to the front")

    def prove(self, window: Window) -> None:
        self._prove_unlocked()
        front = self._ask("j/activewindow")
        active = _window(front) if front else None
        if active is not None and active.id == window.id and active.pid != window.pid:
            message = f"window {window.id:#x} now belongs to another process"
            raise Declined(BlockerWord.TARGET_GONE, message, "open the window again")
        if active is None or active.id != window.id:
            named = f"'{active.title}'" if active else "no window"
            message = f"the focus is on {named}, wanted '{window.title}'"
            raise Declined(BlockerWord.FOCUS_ELSEWHERE, message, "bring the window to the front")

    def close(self) -> None:
        """Each question opens and closes a connection."""

    def _prove_unlocked(self) -> None:
        """Behind a lock screen the same window stays active, while keys go to the password field."""
        try:
            locked = json.loads(self._say("j/locked"))["locked"]
        except (ValueError, KeyError, TypeError):
            return  # a version that does not know the question
        if locked:
            raise Declined(BlockerWord.KEYBOARD_GRABBED, "the screen is locked", "unlock the screen")

    def _ask(self, request: str) -> Any:
        said = self._say(request)
        try:
            return json.loads(said)
        except ValueError as error:
            raise self._dead(f"it said {said[:80]!r} to {request}") from error

    def _say(self, request: str) -> str:
        data = b""
        try:
            with socket.socket(socket.AF_UNIX) as wire:
                wire.settimeout(_answer_seconds)
                wire.connect(str(self._path))
                wire.sendall(request.encode("utf-8"))
                while (part := wire.recv(65_536)) and len(data) < _most_bytes:
                    data += part
        except OSError as error:
            raise self._dead(str(error)) from error
        return data.decode("utf-8", "replace")

    def _dead(self, why: str) -> Declined:
        message = f"Hyprland does not answer on {self._path}: {why}"
        return Declined(BlockerWord.DISPLAY_DEAD, message, "restart the daemon inside the Hyprland session")


def socket_path(environment: Mapping[str, str]) -> Path | None:
    """Where the session's compositor listens; None outside of Hyprland."""
    instance, runtime = environment.get("HYPRLAND_INSTANCE_SIGNATURE"), environment.get("XDG_RUNTIME_DIR")
    return Path(runtime, "hypr", instance, ".socket.sock") if instance and runtime else None


def _window(client: dict[str, Any]) -> Window:
    """Addresses are hexadecimal, with or without 0x."""
    app, title = client.get("class") or client.get("initialClass") or "", client.get("title") or ""
    return Window(int(str(client["address"]), 16), int(client["pid"]), str(app), str(title))
