"""Puts the text on the clipboard and leaves paste and Enter to the operator. No key is pressed, no focus changed."""

from collections.abc import Mapping
from types import TracebackType
from typing import Self

from injectors import prompt
from injectors.base import (
    ClipboardState,
    Declined,
    EnterWithheld,
    FieldText,
    FoundTarget,
    Inserted,
    InsertMethod,
    Inspection,
    Level,
    Missing,
    Restored,
    Stop,
    Submitted,
    Target,
)
from injectors.blockers import BlockerWord
from injectors.tool import missing
from injectors.tool_clipboard import WAYLAND, XCLIP, ToolClipboard


class ClipboardInjector:
    """The last resort on any desk: nothing can go into a wrong window, and nothing can be submitted."""

    id = "clipboard"
    caution = "every other injector is better: here the operator has to paste and send"

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment

    def needs(self) -> Missing | None:
        if self._environment.get("WAYLAND_DISPLAY"):
            return missing(self._environment, {"wl-copy": "wl-clipboard", "wl-paste": "wl-clipboard"})
        if self._environment.get("DISPLAY"):
            return missing(self._environment, {"xclip": "xclip"})
        hint = "start the daemon inside the desktop session"
        return Missing(BlockerWord.NO_DISPLAY, "neither WAYLAND_DISPLAY nor DISPLAY is set", hint)

    def locate(self, target: Target, stop: Stop) -> "ClipboardInjection":
        if lack := self.needs():
            raise lack.declined()
        tool = WAYLAND if self._environment.get("WAYLAND_DISPLAY") else XCLIP
        return ClipboardInjection(target, stop, ToolClipboard(tool, self._environment))


class ClipboardInjection:
    """The text stays on the clipboard until `restore`; leaving the context without `restore` keeps it there."""

    def __init__(self, target: Target, stop: Stop, clipboard: ToolClipboard) -> None:
        self.place = FoundTarget(
            "clipboard", 0, None, target.app or "", target.title or "", "the operator pastes by hand"
        )
        self._stop, self._clipboard = stop, clipboard

    def insert(self, text: str, method: InsertMethod = InsertMethod.PASTE) -> Inserted:
        prompt.check(text)
        self._stop.check()
        self._clipboard.take(text)
        return Inserted(
            Level.SENT, InsertMethod.PASTE, len(text), ("the text is on the clipboard, nothing was pasted",)
        )

    def readback(self) -> FieldText | None:
        return None

    def inspect(self) -> Inspection:
        return Inspection(None, None, None)

    def take_focus(self) -> None:
        raise Declined(BlockerWord.DESK_UNSUPPORTED, "this injector moves no focus", "use another injector")

    def submit(self, at_least: Level = Level.VERIFIED) -> Submitted | EnterWithheld:
        return EnterWithheld(BlockerWord.LEVEL_TOO_LOW, "this injector presses no keys", "paste and send by hand")

    def restore(self, *, retract: bool = False) -> Restored:
        state = self._clipboard.restore(owed=not retract)
        return Restored(state, state is ClipboardState.KEPT)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._clipboard.close()
