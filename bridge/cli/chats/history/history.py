"""`koru history`: what the chats' own stores hold, read directly: it works when no daemon does."""

from bridge.cli import actions

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

HELP = "list, show, search, follow and export chats"
ACTIONS = {
    "list": "print the chats, the one written to last first",
    "show": "print the turns of one chat, the oldest first",
    "search": "print the turns that hold a text, the newest chat first",
    "follow": "print turns as they are written, until Ctrl-C",
    "export": "write chats to one file, with their secrets redacted",
}


def configure(parser: "ArgumentParser") -> None:
    parser.epilog = "The stores are only read: no byte is written there, no lock taken. No daemon is needed."
    actions.add(parser, __name__, ACTIONS)


def run(arguments: "Namespace") -> int:
    return actions.run(__name__, arguments.action, arguments)
