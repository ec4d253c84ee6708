"""The thread that owns the X11 clipboard for an injection.

Other threads use `call`, `finish` and the events `served` and `lent`; everything else runs in the owner's own thread.
"""

import queue
import select
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from Xlib import X
from Xlib.protocol import rq

from injectors.base import ClipboardState, Declined
from injectors.blockers import BlockerWord
from injectors.x11_display import X11Display, gone
from injectors.x11_offer import Offer, Receipt, text_contents
from injectors.x11_selection import Content, SelectionReader, Unsaved, server_time

_T = TypeVar("_T")
_command_seconds = 15.0
_owed: dict[tuple[str, int], tuple[dict[int, Content], bool]] = {}
"""Of owners of ours that still wait for their target: the formats that the operator gets back and whether those are
all, by display name and window. A new owner saves these in the place of what is on the clipboard, which is our text."""


class ClipboardOwner(threading.Thread):
    """Owns CLIPBOARD on a connection of its own. Ends after `finish`, as soon as it no longer owns the clipboard."""

    def __init__(self, display_name: str) -> None:
        super().__init__(name="koru-clipboard", daemon=True)
        self.served, self.lent = threading.Event(), threading.Event()
        self._commands: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._ear, self._bell = socket.socketpair()
        self._name = display_name
        self._display = display = X11Display(display_name)
        self._window = display.root.create_window(0, 0, 1, 1, 0, X.CopyFromParent, event_mask=X.PropertyChangeMask)
        self.window_id = int(self._window.id)
        self._clipboard = display.atom("CLIPBOARD")
        self._reader = SelectionReader(display, self._window)
        self._saved: dict[int, Content] | None = None
        self._whole = True
        self._ours: dict[int, Content] = {}
        self._offers: list[Offer] = []
        self._receipts: list[Receipt] = []
        self._marked = 0.0
        self._pid: int | None = None
        self._owns = self._pending = self._finishing = False
        self.start()

    def call(self, act: Callable[[], _T]) -> _T:
        """Run `act` in the thread, and wait up to 15 s for its result.

        Raises what `act` raises, and Declined when the thread has ended or does not answer.
        """
        answer: Future[_T] = Future()

        def perform() -> None:
            try:
                answer.set_result(act())
            except BaseException as error:
                answer.set_exception(error)

        self._commands.put(perform)
        try:
            self._bell.send(b"!")
            return answer.result(_command_seconds if self.is_alive() else 0)
        except (TimeoutError, OSError) as error:
            message = "the clipboard thread has ended: the X display is gone"
            raise Declined(
                BlockerWord.DISPLAY_DEAD, message, "restart the daemon inside the desktop session"
            ) from error

    def run(self) -> None:
        try:
            while not (self._finishing and not self._owns):
                while (seen := self._display.next_event()) is not None:
                    self._handle(seen)
                if not self._run_commands():
                    select.select([self._display.raw.fileno(), self._ear.fileno()], [], [])
        except gone:
            self._owns = False
        finally:
            self._settle()
            self._display.close()
            self._ear.close()
            self._bell.close()

    def finish(self) -> None:
        """Let the thread end as soon as it owns the clipboard no longer."""
        try:
            self.call(self._finish)
        except Declined:
            return

    def take(self, text: str) -> None:
        """Save what is there (once) and offer `text`."""
        if self._saved is None:
            before = _owed.get((self._name, self._display.owner_of(self._clipboard)))
            self._saved, self._whole = before or self._reader.formats(self._clipboard)
        self._ours = text_contents(self._display, text)
        self._own(self._ours)

    def mark(self, pid: int | None) -> None:
        """Count whole fetches of text by process `pid` from now on; None: by any process."""
        self._receipts.clear()
        self.served.clear()
        self._pid, self._marked = pid, time.monotonic()

    def lend(self) -> None:
        self.lent.clear()

    def collect(self, pid: int | None) -> str | None:
        """The text process `pid` copied since `lend`, else None. The clipboard is ours again afterwards."""
        owner = self._display.owner_of(self._clipboard)
        if owner in (X.NONE, self.window_id) or self._display.pid(owner) != pid:
            return None
        text = self._reader.text(self._clipboard)
        self._own(self._ours)
        return text or ""

    def restore(self, owed: bool) -> ClipboardState:
        """Put the saved formats back; `owed`: only after the target has fetched ours."""
        if self._saved is None:
            return ClipboardState.UNTOUCHED
        self._check_ownership()
        if not self._owns:
            return ClipboardState.CHANGED_BY_OTHER
        if owed and not self.served.is_set():
            self._pending = True
            _owed[self._name, self.window_id] = self._saved, self._whole
            return ClipboardState.DEFERRED
        self._put_back()
        return ClipboardState.RESTORED if self._whole else ClipboardState.PARTIAL

    def _finish(self) -> None:
        self._finishing = True

    def _run_commands(self) -> bool:
        ran = False
        while not self._commands.empty():
            self._commands.get()()
            self._ear.recv(1)
            ran = True
        return ran

    def _handle(self, seen: rq.Event) -> None:
        receipt = None
        if seen.type == X.SelectionRequest and self._offers:
            receipt = self._offers[-1].requested(seen)
        elif seen.type == X.SelectionClear:
            self._check_ownership()
        elif seen.type == X.PropertyNotify and seen.state == X.PropertyDelete:
            for offer in self._offers:
                receipt = receipt or offer.deleted(seen.window.id, seen.atom)
        if receipt is not None:
            self._note(receipt)

    def _note(self, receipt: Receipt) -> None:
        self._receipts.append(receipt)
        theirs = self._pid is None or receipt.pid == self._pid
        if receipt.is_text and theirs and receipt.began >= self._marked:
            self.served.set()
            if self._pending:
                self._put_back()

    def _check_ownership(self) -> None:
        """SelectionClear may be about an earlier owner: only the server tells who owns the selection now."""
        self._owns = self._display.owner_of(self._clipboard) == self.window_id
        if not self._owns:
            self._settle()
            self.lent.set()

    def _own(self, contents: dict[int, Content]) -> None:
        stamp = server_time(self._display, self._window)
        self._window.set_selection_owner(self._clipboard, stamp)
        self._offers = [offer for offer in self._offers if offer.busy]
        self._offers.append(Offer(self._display, contents, stamp))
        self._check_ownership()
        if not self._owns:
            raise Unsaved("another program keeps the clipboard to itself")

    def _settle(self) -> None:
        self._pending = False
        _owed.pop((self._name, self.window_id), None)

    def _put_back(self) -> None:
        self._settle()
        if self._saved:
            self._own(self._saved)
        else:
            self._display.disown(self._clipboard)
            self._owns = False
