"""`koru history follow`: turns as they are written into any store, until it is interrupted."""

import sys

from bridge.cli.chats.chat_choice import EXIT_PARTLY, one_session, stores
from bridge.cli.chats.history import print_turn, turn_rows
from bridge.cli.output import clean, emit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from bridge.chats.stores import ChatFilter, ChatReader
    from bridge.chats.watcher import Update
    from observers.base import Turn

TOLD_MOST = 4096


def follow(chats: "ChatReader", which: "ChatFilter", arguments: "Namespace") -> int:
    """Print the turns of the chats that are meant, each when it begins, changes its state or ends."""
    from bridge.chats.directories import Directories
    from bridge.chats.watcher import Watcher

    only = None if arguments.session is None else one_session(chats, which, arguments.session)
    if only is None:
        stores(chats, which)  # says what is wrong with the choice, before anybody waits
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
        return EXIT_PARTLY if partly else 0
    finally:
        directories.stop()
    return 0


class _Told:
    """What was printed: a turn is told again when its state is another, not with every word it grows by."""

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
