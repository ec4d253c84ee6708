"""`koru history follow`: turns as they are written into any store, until it is interrupted."""

import sys

from bridge.cli import exits
from bridge.cli.actions import add_json
from bridge.cli.chats import chat_choice
from bridge.cli.chats.history.turns import print_turn, turn_rows
from bridge.cli.output import clean, emit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from bridge.chats.watcher import Update
    from observers.base import Turn

TOLD_MOST = 4096  # turns that are remembered as printed


def configure(parser: "ArgumentParser") -> None:
    parser.add_argument("session", nargs="?", metavar="SESSION", help="only this chat (all that are meant)")
    chat_choice.configure(parser, states=False)
    add_json(parser, "print one JSON object a line")


def run(arguments: "Namespace") -> int:
    """Print the turns of the chats that are meant, each when it begins, changes its state or ends; until Ctrl-C."""
    from bridge.chats.directories import Directories
    from bridge.chats.watcher import Watcher

    chats, which = chat_choice.reader(arguments)
    only = None if arguments.session is None else chat_choice.one_session(chats, which, arguments.session)
    if only is None:
        chat_choice.stores(chats, which)  # for its errors: a choice without a store is refused before the wait
    directories = Directories()
    watcher = Watcher(chats, which, directories)
    told = _Told()
    partly = ready = False
    try:
        for update in watcher.updates():
            partly |= bool(update.faults)
            if not ready and update.stores[0] == update.stores[1] and update.empty:
                ready = True
                print(f"koru: following {update.stores[1]:,} stores", file=sys.stderr)
            _complain(update)
            for turn in update.turns:
                if (only is None or (turn.store, turn.session) == (only.store, only.id)) and told.new(turn):
                    _print(turn, arguments)
    except KeyboardInterrupt:
        return exits.PARTLY if partly else exits.DONE
    finally:
        directories.stop()
    return exits.DONE


class _Told:
    """The turns that were printed. A turn is new again in another state or ended, not with every word it grows by."""

    def __init__(self) -> None:
        self._told: dict[tuple[str, ...], None] = {}

    def new(self, turn: "Turn") -> bool:
        text = turn.text if turn.state.over else ""
        key = (str(turn.store.path), turn.session, turn.turn, turn.role, turn.state, turn.reason or "", text)
        if key in self._told:
            return False
        self._told[key] = None
        if len(self._told) > TOLD_MOST:
            del self._told[next(iter(self._told))]
        return True


def _print(turn: "Turn", arguments: "Namespace") -> None:
    for row in turn_rows([turn]):
        emit(row) if arguments.json else print_turn(row)
    sys.stdout.flush()


def _complain(update: "Update") -> None:
    for fault in update.faults:
        print(f"koru: {clean(str(fault))}", file=sys.stderr)
    for fault in update.cleared:
        print(f"koru: {clean(fault.where or fault.observer)}: can be read again", file=sys.stderr)
