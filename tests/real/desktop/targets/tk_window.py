"""A Tk window with a chat box (Enter sends, Shift+Enter breaks); answers JSON lines on stdin."""

import json
import sys
import tkinter
from typing import Any


class ChatWindow:
    """The truth of what arrived is in `sent` and `chat`."""

    def __init__(self, title: str) -> None:
        self.sent: list[str] = []
        self.root = tkinter.Tk(className=title)
        self.root.title(title)
        self.chat = tkinter.Text(self.root, width=50, height=10, undo=False)
        self.chat.pack()
        self.chat.bind("<Return>", self.pressed)
        self.chat.bind("<Shift-Return>", lambda _event: None)
        self.chat.focus_set()
        self.root.tk.createfilehandler(sys.stdin, tkinter.READABLE, self.answer)

    def pressed(self, _event: object) -> str:
        self.sent.append(self.text())
        self.chat.delete("1.0", "end")
        return "break"

    def text(self) -> str:
        return self.chat.get("1.0", "end-1c")

    def answer(self, _source: object, _mask: int) -> None:
        line = sys.stdin.readline()
        if not line:
            self.root.destroy()
            return
        command: dict[str, Any] = json.loads(line)
        if "chat" in command:
            self.chat.delete("1.0", "end")
            self.chat.insert("1.0", command["chat"])
        if command.get("clear"):
            self.sent.clear()
        active = self.root.focus_displayof() is not None
        print(json.dumps({"chat": self.text(), "plain": "", "sent": self.sent, "active": active}), flush=True)


def main() -> None:
    window = ChatWindow(sys.argv[1])
    window.root.mainloop()


main()
