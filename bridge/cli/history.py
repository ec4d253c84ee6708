"""`koru history`: the turns of a chat's own store, read directly: it works when no daemon does."""

import sys
from pathlib import Path

from bridge.cli.output import clean, emit, paint, say
from bridge.protocol.errors import BridgeError, Reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Iterator

    from observers.base import ObserverError, Session, Store
    from observers.history import Row

HELP = "print the turns of a chat's own store"
EXIT_PARTLY = 1  # what could be read was printed, what could not was named
DEFAULT_STORE = "vscode_chat"

_STYLES = {"done": "green", "needs_input": "yellow", "error": "red", "rate_limited": "red", "interrupted": "yellow"}


def configure(parser: "ArgumentParser") -> None:
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--path", type=Path, metavar="FILE", help="a store, a folder in it, or one session's file")
    where.add_argument("--workspace", metavar="DIR", help="the chats of this folder (the current one)")
    parser.add_argument(
        "--store", metavar="S", help=f"which kind of store (with --path: {DEFAULT_STORE}; else every one)"
    )
    parser.add_argument("--session", metavar="ID", help="only this chat")
    parser.add_argument("--json", action="store_true", help="print one JSON object a line, oldest turn first")


def run(arguments: "Namespace") -> int:
    problems: list[ObserverError] = []
    stores = _stores(arguments)
    sessions = [session for store in stores for session in _sessions(store, problems)]
    if arguments.session is not None:
        sessions = [session for session in sessions if session.id == arguments.session]
        if not sessions and not problems:
            places = ", ".join(str(store.path) for store in stores)
            raise BridgeError(Reason.UNKNOWN_STORE, f"there is no chat {arguments.session!r}", where=places)
    sessions.sort(key=lambda session: session.modified_ms)
    printed = 0
    for row in _rows(sessions, problems):
        _print(row, as_json=arguments.json)
        printed += 1
    if problems and not printed:
        raise _refusal(problems[0])
    for problem in problems:
        print(f"koru: {problem}", file=sys.stderr)
    return EXIT_PARTLY if problems else 0


def _stores(arguments: "Namespace") -> "tuple[Store, ...]":
    from observers.base import ObserverError
    from observers.catalogue import OBSERVERS

    if arguments.store is not None and arguments.store not in OBSERVERS:
        hint = f"known: {', '.join(OBSERVERS)}"
        raise BridgeError(Reason.UNKNOWN_STORE, f"there is no store {arguments.store!r}", hint=hint)
    if arguments.path is not None:
        try:
            return (OBSERVERS[arguments.store or DEFAULT_STORE].at(arguments.path),)
        except ObserverError as error:
            raise _refusal(error) from error
    workspace = arguments.workspace if arguments.workspace is not None else str(Path.cwd())
    asked = list(OBSERVERS) if arguments.store is None else [arguments.store]
    found = tuple(store for name in asked for store in OBSERVERS[name].locate(_absolute(workspace)))
    if not found:
        hint = "give the store itself: koru history --store S --path DIR"
        raise BridgeError(Reason.UNKNOWN_STORE, f"no chat store names the folder {workspace}", hint=hint)
    return found


def _absolute(workspace: str) -> str:
    return workspace if "://" in workspace else str(Path(workspace).expanduser().absolute())


def _sessions(store: "Store", problems: "list[ObserverError]") -> "tuple[Session, ...]":
    from observers.base import ObserverError
    from observers.catalogue import OBSERVERS

    try:
        return OBSERVERS[store.observer].sessions(store)
    except ObserverError as error:
        problems.append(error)
        return ()


def _rows(sessions: "list[Session]", problems: "list[ObserverError]") -> "Iterator[Row]":
    from observers.base import ObserverError
    from observers.catalogue import OBSERVERS
    from observers.history import rows

    for session in sessions:
        try:
            turns = OBSERVERS[session.store.observer].turns(session.store, session.id)
        except ObserverError as error:
            problems.append(error)
            continue
        yield from rows(turns)


def _print(row: "Row", *, as_json: bool) -> None:
    if as_json:
        emit(row)
        return
    state = paint(row["state"], _STYLES.get(row["state"], "dim"))
    text = "\n".join(f"  {clean(line)}" for line in row["text"].split("\n")) if row["text"] else "  (no text)"
    say(f"{row['time'] or 'no time'}  {row['role']}  {state}  {clean(row['session'])}\n{text}")


def _refusal(error: "ObserverError") -> BridgeError:
    return BridgeError(
        Reason.STORE_UNREADABLE,
        f"{error.message} [{error.reason}]",
        hint=error.hint,
        where=error.where or None,
        retry=error.transient,
    )
