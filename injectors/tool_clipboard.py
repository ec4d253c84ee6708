"""The clipboard through wl-copy or xclip. Such tools put back one format only and do not say who fetched."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from injectors.base import ClipboardState, Declined
from injectors.blockers import BlockerWord
from injectors.tool import ToolFailed, feed, run

_not_data = frozenset({"TARGETS", "TIMESTAMP", "MULTIPLE", "SAVE_TARGETS"})
_text_types = ("text/plain;charset=utf-8", "UTF8_STRING", "text/plain", "TEXT", "STRING")
_poll_seconds = 0.02
_own_seconds = 2.0


@dataclass(frozen=True, slots=True)
class ClipboardTool:
    """Command lines; a type name is appended to `read` and `write`."""

    types: tuple[str, ...]
    read: tuple[str, ...]
    write: tuple[str, ...]
    clear: tuple[str, ...]
    text_type: str


WAYLAND = ClipboardTool(
    types=("wl-paste", "--list-types"),
    read=("wl-paste", "--no-newline", "--type"),
    write=("wl-copy", "--type"),
    clear=("wl-copy", "--clear"),
    text_type="text/plain;charset=utf-8",
)
XCLIP = ClipboardTool(
    types=("xclip", "-selection", "clipboard", "-o", "-t", "TARGETS"),
    read=("xclip", "-selection", "clipboard", "-o", "-t"),
    write=("xclip", "-selection", "clipboard", "-i", "-t"),
    clear=("xclip", "-selection", "clipboard", "-i", "/dev/null"),
    text_type="UTF8_STRING",
)


class ToolClipboard:
    """A `Clipboard` that saves one format: text where it is offered, else the first one listed."""

    def __init__(self, tool: ClipboardTool, environment: Mapping[str, str]) -> None:
        self._tool, self._environment = tool, environment
        self._saved: tuple[str, bytes] | None = None
        self._ours: bytes | None = None
        self._whole = True

    def take(self, text: str) -> None:
        try:
            if self._ours is None:
                self._saved = self._save()
            self._ours = text.encode("utf-8")
            self._offer(self._tool.text_type, self._ours)
        except ToolFailed as error:
            raise Declined(BlockerWord.CLIPBOARD_UNAVAILABLE, str(error), "check the clipboard tool by hand") from error

    def mark(self, pid: int | None) -> None:
        """Fetches are not seen here."""

    def prove(self) -> None:
        if self._current() != self._ours:
            message = "another program took the clipboard"
            raise Declined(BlockerWord.CLIPBOARD_UNAVAILABLE, message, "pause the clipboard manager")

    def fetched(self, seconds: float) -> bool | None:
        return None

    def copied(self, pid: int | None, press: Callable[[], None], seconds: float) -> str | None:
        press()
        deadline = time.monotonic() + seconds
        while (text := self._current()) == self._ours and time.monotonic() < deadline:
            time.sleep(_poll_seconds)
        if text is None or text == self._ours or self._ours is None:
            return None
        try:
            self._offer(self._tool.text_type, self._ours)
        except ToolFailed:
            return None
        return text.decode("utf-8", "replace")

    def restore(self, *, owed: bool) -> ClipboardState:
        if self._ours is None:
            return ClipboardState.UNTOUCHED
        if self._current() != self._ours:
            return ClipboardState.CHANGED_BY_OTHER
        if owed:
            return ClipboardState.KEPT
        try:
            if self._saved is None:
                feed(self._tool.clear, self._environment, b"")
            else:
                self._offer(*self._saved)
        except ToolFailed:
            return ClipboardState.LOST
        return ClipboardState.RESTORED if self._whole else ClipboardState.PARTIAL

    def close(self) -> None:
        """Nothing is open."""

    def _save(self) -> tuple[str, bytes] | None:
        try:
            offered = run(self._tool.types, self._environment).decode("utf-8", "replace").split()
        except ToolFailed:
            return None
        types = [name for name in offered if name not in _not_data]
        texts = [name for name in _text_types if name in types]
        self._whole = len(types) == 1 or all(name in _text_types for name in types)
        for name in texts or types[:1]:
            return name, run((*self._tool.read, name), self._environment)
        return None

    def _offer(self, kind: str, data: bytes) -> None:
        """Write, and wait up to 2 s until it reads back: a tool owns the clipboard only some time after it returns."""
        feed((*self._tool.write, kind), self._environment, data)
        deadline = time.monotonic() + _own_seconds
        while self._current(kind) != data:
            if time.monotonic() > deadline:
                raise ToolFailed("the clipboard does not hold what was just put there")
            time.sleep(_poll_seconds)

    def _current(self, kind: str | None = None) -> bytes | None:
        try:
            return run((*self._tool.read, kind or self._tool.text_type), self._environment)
        except ToolFailed:
            return None
