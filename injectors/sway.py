"""Windows and focus of sway, over its own socket (the i3 protocol)."""

import json
import socket
import struct
from collections.abc import Iterator
from typing import Any

from injectors.base import Declined
from injectors.blockers import BlockerWord
from injectors.parts import Window

_magic = b"i3-ipc"
_head = struct.Struct("<6sII")
_run_command, _get_tree = 0, 4
_answer_seconds = 2.0


class SwayDesk:
    """`path` is SWAYSOCK. Held modifiers and grabs are not seen here; behind a lock screen no window has the focus."""

    def __init__(self, path: str) -> None:
        self._path = path

    def windows(self) -> list[Window]:
        return [_window(node) for node in _leaves(self._tree())]

    def activate(self, window: Window) -> None:
        self._ask(_run_command, f"[con_id={window.id}] focus")

    def prove(self, window: Window) -> None:
        focused = None
        for node in _leaves(self._tree()):
            if node.get("focused"):
                focused = node
            if node["id"] == window.id and node.get("pid") != window.pid:
                message = f"window {window.id} now belongs to another process"
                raise Declined(BlockerWord.TARGET_GONE, message, "open the window again")
        if focused is None:
            message = f"the focus is on no window (an empty workspace, a lock screen), wanted '{window.title}'"
            raise Declined(BlockerWord.FOCUS_ELSEWHERE, message, "unlock the screen, or bring the window to the front")
        if focused["id"] != window.id:
            message = f"the focus is on '{focused.get('name')}', wanted '{window.title}'"
            raise Declined(BlockerWord.FOCUS_ELSEWHERE, message, "bring the window to the front")

    def close(self) -> None:
        """Each question opens and closes a connection."""

    def _tree(self) -> dict[str, Any]:
        tree: dict[str, Any] = self._ask(_get_tree, "")
        return tree

    def _ask(self, kind: int, text: str) -> Any:
        body = text.encode("utf-8")
        try:
            with socket.socket(socket.AF_UNIX) as wire:
                wire.settimeout(_answer_seconds)
                wire.connect(self._path)
                wire.sendall(_head.pack(_magic, len(body), kind) + body)
                _, length, _ = _head.unpack(_read(wire, _head.size))
                return json.loads(_read(wire, length))
        except (OSError, ValueError, struct.error) as error:
            message = f"sway does not answer on {self._path}: {error}"
            raise Declined(BlockerWord.DISPLAY_DEAD, message, "restart the daemon inside the sway session") from error


def _read(wire: socket.socket, length: int) -> bytes:
    data = b""
    while len(data) < length:
        part = wire.recv(length - len(data))
        if not part:
            raise OSError("connection closed")
        data += part
    return data


def _leaves(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The windows of a tree: its nodes that have a process."""
    if node.get("pid"):
        yield node
    for child in (*node.get("nodes", ()), *node.get("floating_nodes", ())):
        yield from _leaves(child)


def _window(node: dict[str, Any]) -> Window:
    properties = node.get("window_properties") or {}
    app = node.get("app_id") or properties.get("class") or ""
    return Window(int(node["id"]), int(node["pid"]), str(app), str(node.get("name") or ""))
