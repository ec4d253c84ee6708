"""`koru history export`: chats in one file, for people or programs, their secrets redacted unless that is asked for."""

import json
import os
import time

from bridge.cli.actions import add_json
from bridge.cli.chats import chat_choice
from bridge.cli.chats.faults import complain
from bridge.cli.chats.history.turns import turn_rows
from bridge.cli.chats.progress import Progress
from bridge.cli.output import write
from bridge.protocol.errors import BridgeError, Reason
from bridge.version import VERSION

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from bridge.chats.chat import Chat
    from observers.base import Turn

    Exported = Iterator[tuple[Chat, Sequence[Turn]]]


def configure(parser: "ArgumentParser") -> None:
    parser.add_argument("session", nargs="?", metavar="SESSION", help="only this chat (all that are meant)")
    parser.add_argument("--format", choices=("markdown", "json", "html"), default="markdown")
    parser.add_argument("--output", metavar="FILE", help="where to (what is printed)")
    parser.add_argument("--force", action="store_true", help="also over a file that is there")
    parser.add_argument("--with-secrets", action="store_true", help="redact nothing")
    chat_choice.configure(parser)
    add_json(parser, "print one JSON object a line")


def run(arguments: "Namespace") -> int:
    """Write the chats that are meant, one after the other: memory holds one. BridgeError USAGE, STATE_UNWRITABLE."""
    chats, which = chat_choice.reader(arguments)
    if arguments.output and not arguments.force and os.path.lexists(arguments.output):
        raise BridgeError(Reason.USAGE, "there is a file already", where=arguments.output, hint="--force replaces it")
    if arguments.session is not None:
        sessions = [chat_choice.one_session(chats, which, arguments.session)]
    else:
        sessions = chats.sessions(chat_choice.stores(chats, which), which)
    redact = _keep if arguments.with_secrets else _redactor()
    with Progress("exported", len(sessions)) as progress:
        found = _redacted(chats.matching(sessions, which, progress), redact)
        parts = _document(found, arguments.format, redacted=not arguments.with_secrets)
        if arguments.output:
            _write(parts, arguments.output)
        else:
            progress.clear()
            for part in parts:
                write(part)
    return complain(chats.faults)


def _document(found: "Exported", form: str, *, redacted: bool) -> "Iterable[str]":
    exported = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    if form == "json":
        return _json(found, exported, redacted=redacted)
    if form == "html":
        from bridge.chats import page

        return page.document(found, exported, redacted=redacted)
    from bridge.chats import markdown

    return markdown.document(found, exported)


def _json(found: "Exported", exported: str, *, redacted: bool) -> "Iterator[str]":
    head = {"koru": VERSION, "exported": exported, "redacted": redacted}
    yield f'{json.dumps(head)[:-1]}, "chats": [\n'
    comma = ""
    for chat, rows in found:
        yield comma + json.dumps({**chat.row(), "turns": list(turn_rows(rows))})
        comma = ",\n"
    yield "\n]}\n"


def _redacted(found: "Exported", redact: "Callable[[str], str]") -> "Exported":
    from dataclasses import replace

    def text(value: str | None) -> str | None:
        return None if value is None else redact(value)

    for chat, rows in found:
        plain = [replace(row, text=redact(row.text), reason=text(row.reason)) for row in rows]
        yield replace(chat, title=text(chat.title), reason=text(chat.reason)), plain


def _keep(text: str) -> str:
    return text


def _redactor() -> "Callable[[str], str]":
    """What replaces secrets by placeholders: the same for the same secret in this export, and another in the next.

    BridgeError POLICY_INVALID: without the operator's own shapes, a secret of that shape would be exported.
    """
    import secrets

    from bridge.paths import config_directory
    from bridge.policy.files import load
    from bridge.policy.redaction import Redactor

    policy = load(config_directory())
    if policy.problem is not None:
        hint = "put it right, or export with --with-secrets"
        raise BridgeError(Reason.POLICY_INVALID, f"what to redact cannot be read: {policy.problem}", hint=hint)
    return Redactor(secrets.token_bytes(32), policy.shapes).redact


def _write(parts: "Iterable[str]", path: str) -> None:
    """The whole file or none, readable by its owner alone. BridgeError STATE_UNWRITABLE."""
    from bridge.files import whole_file
    from bridge.paths import as_path

    try:
        with whole_file(as_path(path)) as file:
            for part in parts:
                file.write(part.encode("utf-8", "backslashreplace"))
    except OSError as error:
        why = os.strerror(error.errno or 0)
        hint = "look at the folder's rights and the space on its disk"
        raise BridgeError(Reason.STATE_UNWRITABLE, f"cannot write: {why}", where=path, hint=hint) from error
