"""Serves a selection to the programs that ask for it, and tells which process fetched a whole format."""

import time
from collections.abc import Mapping
from dataclasses import dataclass

from Xlib import X, Xatom
from Xlib.error import XError
from Xlib.protocol import rq

from injectors.x11_display import X11Display
from injectors.x11_selection import Content, notify

chunk_bytes = 192 * 1024
"""Data above this goes by INCR: one request may carry 256 KiB on any server."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """A process was given all of a format. `began` is when it asked (monotonic seconds).

    `is_text` is false for the hint that clipboard managers read.
    """

    pid: int | None
    began: float
    is_text: bool


@dataclass(slots=True)
class _Transfer:
    content: Content
    offset: int
    receipt: Receipt


class Offer:
    """Answers requests for `contents`. Receipts of finished fetches are returned by the event methods."""

    def __init__(self, display: X11Display, contents: Mapping[int, Content], time_owned: int) -> None:
        self._display, self._contents, self._time = display, contents, time_owned
        self._transfers: dict[tuple[int, int], _Transfer] = {}

    @property
    def busy(self) -> bool:
        return bool(self._transfers)

    def requested(self, request: rq.Event) -> Receipt | None:
        """Answer one request; a receipt when a whole format went over at once."""
        wanted = request.property or request.target
        receipt = None
        if request.target == self._display.atom("TARGETS"):
            listed = [*self._contents, self._display.atom("TARGETS"), self._display.atom("TIMESTAMP")]
            request.requestor.change_property(wanted, Xatom.ATOM, 32, listed)
        elif request.target == self._display.atom("TIMESTAMP"):
            request.requestor.change_property(wanted, Xatom.INTEGER, 32, [self._time])
        elif request.target in self._contents:
            receipt = self._serve(request, wanted)
        else:
            wanted = X.NONE
        notify(request, wanted)
        self._display.raw.flush()
        return receipt

    def deleted(self, window: int, property_atom: int) -> Receipt | None:
        """The requestor took a piece: give the next; a receipt after the last."""
        transfer = self._transfers.get((window, property_atom))
        if transfer is None:
            return None
        content = transfer.content
        end = _cut(content, transfer.offset)
        part = content.data[transfer.offset : end]
        self._display.window(window).change_property(property_atom, content.kind, content.bits, part)
        self._display.raw.flush()
        transfer.offset = end
        if part:
            return None
        del self._transfers[window, property_atom]
        return transfer.receipt

    def _serve(self, request: rq.Event, wanted: int) -> Receipt | None:
        content = self._contents[request.target]
        requestor = request.requestor
        receipt = Receipt(self._pid(requestor.id), time.monotonic(), content.kind != Xatom.STRING)
        if len(content.data) <= chunk_bytes:
            requestor.change_property(wanted, content.kind, content.bits, content.data)
            return receipt
        requestor.change_attributes(event_mask=X.PropertyChangeMask)
        requestor.change_property(wanted, self._display.atom("INCR"), 32, [len(content.data)])
        self._transfers[requestor.id, wanted] = _Transfer(content, 0, receipt)
        return None

    def _pid(self, xid: int) -> int | None:
        try:
            return self._display.pid(xid)
        except XError:
            return None


def text_contents(display: X11Display, text: str) -> dict[int, Content]:
    """The formats in which text is offered. Clipboard managers are asked not to keep it."""
    data = text.encode("utf-8")
    utf8 = display.atom("UTF8_STRING")
    return {
        utf8: Content(utf8, 8, data),
        display.atom("text/plain;charset=utf-8"): Content(display.atom("text/plain;charset=utf-8"), 8, data),
        display.atom("text/plain"): Content(display.atom("text/plain"), 8, data),
        display.atom("x-kde-passwordManagerHint"): Content(Xatom.STRING, 8, b"secret"),
    }


def _cut(content: Content, start: int) -> int:
    """Where the next piece ends; never inside a UTF-8 character, which some readers decode piece by piece."""
    end = min(start + chunk_bytes, len(content.data))
    while content.bits == 8 and start < end < len(content.data) and content.data[end] & 0xC0 == 0x80:
        end -= 1
    return end
