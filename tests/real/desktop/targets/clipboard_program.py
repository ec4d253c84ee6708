"""A program that owns the clipboard in several formats, or watches it like a clipboard manager, on its own.

`own`: offers UTF8_STRING, text/html and 300 KB of application/x-koru-test, refuses nothing.
`manage`: fetches the text whenever the owner changes and says so. `grab`: keeps the keyboard. One line when ready.
"""

import hashlib
import json
import select
import sys

from Xlib import X, Xatom, display
from Xlib.ext import xfixes
from Xlib.protocol import event

blob = bytes(range(256)) * 1200


def own(d: display.Display) -> None:
    window = d.screen().root.create_window(0, 0, 1, 1, 0, X.CopyFromParent, event_mask=X.PropertyChangeMask)
    clipboard, utf8 = d.intern_atom("CLIPBOARD"), d.intern_atom("UTF8_STRING")
    data = {utf8: b"OLD", d.intern_atom("text/html"): b"<b>OLD</b>", d.intern_atom("application/x-koru-test"): blob}
    window.set_selection_owner(clipboard, X.CurrentTime)
    d.sync()
    print("ready", flush=True)
    unsent: dict[tuple[int, int], bytes] = {}
    while True:
        seen = d.next_event()
        if seen.type == X.SelectionClear:
            print("cleared", flush=True)
        elif seen.type == X.SelectionRequest:
            reply = seen.property
            if seen.target == d.intern_atom("TARGETS"):
                seen.requestor.change_property(reply, Xatom.ATOM, 32, list(data))
            elif seen.target in data and len(data[seen.target]) > 100_000:
                seen.requestor.change_attributes(event_mask=X.PropertyChangeMask)
                seen.requestor.change_property(reply, d.intern_atom("INCR"), 32, [len(blob)])
                unsent[seen.requestor.id, reply] = data[seen.target]
            elif seen.target in data:
                seen.requestor.change_property(reply, seen.target, 8, data[seen.target])
            else:
                reply = X.NONE
            answer = event.SelectionNotify(
                time=seen.time, requestor=seen.requestor, selection=clipboard, target=seen.target, property=reply
            )
            seen.requestor.send_event(answer)
            d.flush()
        elif seen.type == X.PropertyNotify and seen.state == X.PropertyDelete:
            key = (seen.window.id, seen.atom)
            if key in unsent:
                part, rest = unsent[key][:100_000], unsent[key][100_000:]
                seen.window.change_property(seen.atom, d.intern_atom("application/x-koru-test"), 8, part)
                d.flush()
                unsent[key] = rest
                if not part:
                    del unsent[key]


def manage(d: display.Display) -> None:
    window = d.screen().root.create_window(0, 0, 1, 1, 0, X.CopyFromParent, event_mask=X.PropertyChangeMask)
    clipboard, utf8 = d.intern_atom("CLIPBOARD"), d.intern_atom("UTF8_STRING")
    d.xfixes_query_version()
    d.xfixes_select_selection_input(window, clipboard, xfixes.XFixesSetSelectionOwnerNotifyMask)
    d.sync()
    print("ready", flush=True)
    kept = d.intern_atom("KEPT")
    while True:
        seen = d.next_event()
        if seen.type == X.SelectionNotify:
            found = window.get_full_property(kept, X.AnyPropertyType)
            text = bytes(found.value).decode("utf-8", "replace") if found else ""
            print(json.dumps(text), flush=True)
        elif type(seen).__name__ == "SetSelectionOwnerNotify":  # others come too, such as a changed key mapping
            window.convert_selection(clipboard, utf8, kept, X.CurrentTime)


def grab(d: display.Display) -> None:
    root = d.screen().root
    status = root.grab_keyboard(False, X.GrabModeAsync, X.GrabModeAsync, X.CurrentTime)
    print("ready" if status == X.GrabSuccess else "failed", flush=True)
    select.select([sys.stdin], [], [])


class Fetcher:
    """Reads the clipboard with code of this file alone."""

    def __init__(self, d: display.Display) -> None:
        self.d = d
        self.window = d.screen().root.create_window(0, 0, 1, 1, 0, X.CopyFromParent, event_mask=X.PropertyChangeMask)
        self.kept = d.intern_atom("KEPT")

    def fetch(self, target: int) -> bytes:
        self.window.convert_selection(self.d.intern_atom("CLIPBOARD"), target, self.kept, X.CurrentTime)
        while (seen := self.d.next_event()).type != X.SelectionNotify:
            pass
        if seen.property == X.NONE:
            return b""
        found = self.window.get_property(self.kept, X.AnyPropertyType, 0, 1 << 24, True)
        if found is None:
            return b""
        if found.property_type == self.d.intern_atom("INCR"):
            return self.increments()
        return found.value if isinstance(found.value, bytes) else bytes(found.value.tobytes())

    def increments(self) -> bytes:
        whole = b""
        while True:
            seen = self.d.next_event()
            if seen.type != X.PropertyNotify or seen.state != X.PropertyNewValue or seen.atom != self.kept:
                continue
            part = self.window.get_property(self.kept, X.AnyPropertyType, 0, 1 << 24, True)
            if part is not None and not part.value:
                return whole
            whole += bytes(part.value) if part is not None else b""


def formats(d: display.Display) -> None:
    """Print every format of the clipboard: name and hash."""
    fetcher = Fetcher(d)
    result: dict[str, str] = {}
    for atom in memoryview(fetcher.fetch(d.intern_atom("TARGETS"))).cast("I"):
        name = d.get_atom_name(atom)
        if name not in ("TARGETS", "TIMESTAMP"):
            result[name] = hashlib.sha256(fetcher.fetch(atom)).hexdigest()
    print(json.dumps(result), flush=True)


{"own": own, "manage": manage, "grab": grab, "formats": formats}[sys.argv[1]](display.Display())
