"""`koru history export`: chats in one file, for people or programs, their secrets redacted unless that is asked for."""

import contextlib
import json
import os
import sys
import tempfile
import time

from bridge.cli.chats.chat_choice import Progress, complain, one_session, stores
from bridge.cli.output import EXIT_OUTPUT_LOST
from bridge.protocol.errors import BridgeError, Reason
from bridge.version import VERSION

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from bridge.chats.chat import Chat
    from bridge.chats.stores import ChatFilter, ChatReader
    from observers.base import Turn

    Exported = Iterator[tuple[Chat, Sequence[Turn]]]


def export(chats: "ChatReader", which: "ChatFilter", arguments: "Namespace") -> int:
    """Write the chats that are meant, one after the other: memory holds one."""
    if arguments.output and not arguments.force and os.path.lexists(arguments.output):
        raise BridgeError(Reason.USAGE, "there is a file already", where=arguments.output, hint="--force replaces it")
    if arguments.session is not None:
        sessions = [one_session(chats, which, arguments.session)]
    else:
        sessions = chats.sessions(stores(chats, which), which)
    redact = _keep if arguments.with_secrets else _redactor()
    with Progress("exported", len(sessions)) as progress:
        found = _redacted(chats.matching(sessions, which, progress), redact)
        parts = _document(found, arguments.format, redacted=not arguments.with_secrets)
        if arguments.output:
            _write(parts, arguments.output)
        else:
            progress.clear()
            _print(parts)
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
    from bridge.cli.chats.history import turn_rows

    head = {"koru": VERSION, "exported": exported, "redacted": redacted}
    yield f'{json.dumps(head)[:-1]}, "chats": [\n'
    comma = ""
    for chat, rows in found:
        yield comma + json.dumps({**chat.row(), "turns": list(turn_rows(list(rows)))})
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
    """Placeholders are the same for the same secret within one export, and tell nothing beyond it.

    BridgeError POLICY_INVALID: without the operator's own shapes a secret of theirs could get out.
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


def _print(parts: "Iterable[str]") -> None:
    encoding = sys.stdout.encoding or "utf-8"
    try:
        for part in parts:
            sys.stdout.write(part.encode(encoding, "backslashreplace").decode(encoding))
    except BrokenPipeError:
        raise
    except OSError as error:
        print(f"koru: the output was lost: {os.strerror(error.errno or 0)}", file=sys.stderr)
        raise SystemExit(EXIT_OUTPUT_LOST) from None


def _write(parts: "Iterable[str]", path: str) -> None:
    """The whole file or none, readable by its owner alone. BridgeError STATE_UNWRITABLE."""
    partial = None
    try:
        descriptor, partial = tempfile.mkstemp(prefix=".koru-", dir=os.path.dirname(os.path.abspath(path)))
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:
            for part in parts:
                file.write(part)
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path)
        partial = None
    except OSError as error:
        why = os.strerror(error.errno or 0)
        hint = "look at the folder's rights and the space on its disk"
        raise BridgeError(Reason.STATE_UNWRITABLE, f"cannot write: {why}", where=path, hint=hint) from error
    finally:
        if partial is not None:
            with contextlib.suppress(OSError):
                os.unlink(partial)
