"""Which chats are meant: the options of `koru history` and `koru watch`, and the stores and chats they lead to."""

import os

from bridge.cli.chats.faults import refusal, unreadable
from bridge.clock import now_ms
from bridge.protocol.errors import BridgeError, Reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from bridge.chats.stores import ChatFilter, ChatReader
    from observers.base import ChatSession, Store

DEFAULT_STORE = "vscode_chat"
NAMED_MOST = 5  # of the chats whose ids begin alike
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 7 * 86_400}


def configure(parser: "ArgumentParser", *, states: bool = True) -> None:
    """Add the options. `states`: chats can also be chosen by their state."""
    which = parser.add_argument_group("which chats (all)")
    where = which.add_mutually_exclusive_group()
    where.add_argument("--workspace", metavar="DIR", help="those of this folder, such as .")
    where.add_argument("--path", metavar="FILE", help="those of a store, of a folder in it, or of one session's file")
    which.add_argument("--store", metavar="S", help=f"those in this kind of store (with --path: {DEFAULT_STORE})")
    which.add_argument("--product", metavar="P", help="those of this product, such as code, cursor or claude_code")
    which.add_argument(
        "--since", metavar="T", help="those written to since then: 90m, 24h, 7d, 2w, or 2026-11-21T09:00"
    )
    if states:
        which.add_argument(
            "--state", action="append", default=[], metavar="S", help="those in this state (again for another one)"
        )


def wanted(arguments: "Namespace") -> "ChatFilter":
    """The filter that the options describe. BridgeError USAGE, UNKNOWN_STORE."""
    from pathlib import Path

    from bridge.chats.stores import STATES, ChatFilter
    from observers.base import ObserverReason as StoreReason
    from observers.catalogue import OBSERVERS

    if arguments.store is not None and arguments.store not in OBSERVERS:
        hint = f"known: {', '.join(sorted(OBSERVERS))}"
        raise BridgeError(Reason.UNKNOWN_STORE, f"there is no store {arguments.store!r}", hint=hint)
    states = frozenset(getattr(arguments, "state", ()))
    known = (*STATES, StoreReason.ENCRYPTED.value)
    if unknown := sorted(states - set(known)):
        raise BridgeError(Reason.USAGE, f"there is no state {unknown[0]!r}", hint=f"one of: {', '.join(known)}")
    path = None if arguments.path is None else Path(arguments.path).expanduser()
    return ChatFilter(
        observer=arguments.store or (DEFAULT_STORE if path is not None else None),
        product=arguments.product,
        workspace=None if arguments.workspace is None else absolute(arguments.workspace),
        states=states,
        since_ms=None if arguments.since is None else moment_ms(arguments.since, now_ms()),
        path=path,
    )


def absolute(workspace: str) -> str:
    return workspace if "://" in workspace else os.path.abspath(os.path.expanduser(workspace))


def moment_ms(text: str, now: int) -> int:
    """The time that `90m`, `7d` or an RFC 3339 date or time means; both times in milliseconds since 1970.

    BridgeError USAGE.
    """
    number, unit = text[:-1], text[-1:]
    if number.isascii() and number.isdecimal() and unit in _UNITS and len(number) < 10:
        return now - int(number) * _UNITS[unit] * 1000
    from datetime import datetime

    try:
        return round(datetime.fromisoformat(text).timestamp() * 1000)
    except (ValueError, OverflowError, OSError):
        hint = "give a span such as 90m, 24h or 7d, or a time such as 2026-11-21T09:00"
        raise BridgeError(Reason.USAGE, f"{text!r} is no time", hint=hint) from None


def reader(arguments: "Namespace") -> "tuple[ChatReader, ChatFilter]":
    """A reader of all kinds of stores, and the filter that the options describe. BridgeError USAGE, UNKNOWN_STORE."""
    from bridge.chats.stores import ChatReader
    from observers.catalogue import OBSERVERS

    which = wanted(arguments)
    return ChatReader(OBSERVERS), which


def stores(chats: "ChatReader", which: "ChatFilter") -> "list[Store]":
    """The stores that are meant. BridgeError UNKNOWN_STORE when there is none, STORE_UNREADABLE for a path."""
    from observers.base import ObserverError

    try:
        found = chats.stores(which)
    except ObserverError as error:
        raise unreadable(error) from error
    if not found and not chats.faults:
        hint = "koru doctor says which stores were found; or give one: --store S --path DIR"
        raise BridgeError(Reason.UNKNOWN_STORE, f"no chat store is there {_meant(which)}".rstrip(), hint=hint)
    return found


def one_session(chats: "ChatReader", which: "ChatFilter", name: str | None) -> "ChatSession":
    """The chat of this id or beginning of an id; without one, the chat that was written to last."""
    sessions = chats.sessions(stores(chats, which), which)
    found = [one for one in sessions if name is None or one.id == name]
    if not found and name:
        found = [one for one in sessions if one.id.startswith(name)]
    if not found:
        if chats.faults:
            raise refusal(chats.faults[0])
        what = "there is no chat" if name is None else f"there is no chat {name!r}"
        raise BridgeError(Reason.UNKNOWN_STORE, f"{what} {_meant(which)}".rstrip(), hint="koru history list")
    if name is not None and len({(one.store.observer, one.id) for one in found}) > 1:
        some = ", ".join(f"{one.id} ({one.store.observer})" for one in found[:NAMED_MOST])
        hint = "give more of its id, or --store"
        raise BridgeError(Reason.USAGE, f"{len(found)} chats begin with {name!r}: {some}", hint=hint)
    return found[0]


def _meant(which: "ChatFilter") -> str:
    parts = [
        f"for the folder {which.workspace}" if which.workspace else "",
        f"of {which.product}" if which.product else "",
        f"in {which.observer}" if which.observer and which.path is None else "",
        f"at {which.path}" if which.path else "",
    ]
    return " ".join(part for part in parts if part)
