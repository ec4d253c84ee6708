"""A GTK window with a chat box (Enter sends, Shift+Enter breaks) and a plain entry; answers JSON lines on stdin."""

import json
import sys
from typing import Any

import gi  # type: ignore[import-not-found, unused-ignore]

gi.require_version("Gtk", "3.0")
from gi.repository import Gdk, GLib, Gtk  # type: ignore[import-not-found, unused-ignore] # noqa: E402


class ChatWindow:
    """The truth of what arrived is in `sent`, `chat` and `plain`."""

    def __init__(self, title: str) -> None:
        self.sent: list[str] = []
        self.keys = 0
        self.focus_changes = 0
        self.window = Gtk.Window(title=title)
        self.window.set_default_size(400, 200)
        self.chat, self.plain = Gtk.TextView(), Gtk.Entry()
        self.chat.get_accessible().set_name("chat-input")
        self.plain.get_accessible().set_name("plain-input")
        self.chat.connect("key-press-event", self.pressed)
        self.window.connect("focus-out-event", self.lost_focus)
        box = Gtk.Box(orientation=Gtk.Orientation.VERTICAL)
        box.pack_start(self.chat, True, True, 0)
        box.pack_start(self.plain, False, False, 0)
        self.window.add(box)
        self.window.show_all()
        self.chat.grab_focus()
        self.menu = Gtk.Menu()

    def lost_focus(self, _widget: Any, _event: Any) -> bool:
        self.focus_changes += 1
        return False

    def pressed(self, _widget: Any, event: Any) -> bool:
        self.keys += 1
        if event.keyval == Gdk.KEY_Return and not event.state & Gdk.ModifierType.SHIFT_MASK:
            self.sent.append(self.text())
            self.chat.get_buffer().set_text("")
            return True
        return False

    def text(self) -> str:
        buffer = self.chat.get_buffer()
        return str(buffer.get_text(buffer.get_start_iter(), buffer.get_end_iter(), True))

    def do(self, command: dict[str, Any]) -> None:
        if "chat" in command:
            self.chat.get_buffer().set_text(command["chat"])
        if "plain" in command:
            self.plain.set_text(command["plain"])
        if command.get("clear"):
            self.sent.clear()
        if "focus" in command:
            (self.plain if command["focus"] == "plain" else self.chat).grab_focus()
        if command.get("present"):
            self.window.present()
        if command.get("close"):
            self.window.destroy()

    def state(self) -> dict[str, Any]:
        return {
            "chat": self.text(),
            "plain": self.plain.get_text(),
            "sent": self.sent,
            "keys": self.keys,
            "active": self.window.is_active(),
            "focus_changes": self.focus_changes,
        }


def answer(source: Any, _condition: Any, window: ChatWindow) -> bool:
    line = source.readline()
    if not line:
        Gtk.main_quit()
        return False
    window.do(json.loads(line))
    print(json.dumps(window.state()), flush=True)
    return True


def main() -> None:
    window = ChatWindow(sys.argv[1])
    GLib.io_add_watch(sys.stdin, GLib.IO_IN | GLib.IO_HUP, answer, window)
    Gtk.main()


main()
