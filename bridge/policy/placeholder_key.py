"""The key of the placeholders: random, made once, 0600, beside the ledger and never part of it or of a bundle."""

import os
import secrets
from pathlib import Path

from bridge.files import NotPrivate, read_private, write_whole
from bridge.protocol.errors import BridgeError, Reason

FILE_NAME = "redaction.key"
KEY_BYTES = 32


def load_key(directory: Path) -> bytes:
    """The key of this state directory, made if there is none. BridgeError STATE_UNWRITABLE."""
    path = directory / FILE_NAME
    key = secrets.token_bytes(KEY_BYTES)
    try:
        try:
            write_whole(path, key, over=False)
        except FileExistsError:
            key = read_private(path, KEY_BYTES + 1)
    except NotPrivate:
        raise _unusable(path, "is not a plain file of yours that others cannot read") from None
    except OSError as error:
        raise _unusable(path, f"cannot be used: {os.strerror(error.errno or 0)}") from error
    if len(key) != KEY_BYTES:
        raise _unusable(path, f"has {len(key)} bytes, not {KEY_BYTES}")
    return key


def _unusable(path: Path, message: str) -> BridgeError:
    hint = "remove it, and a new one is made: equal secrets then get other placeholders than before"
    return BridgeError(Reason.STATE_UNWRITABLE, f"the key of the placeholders {message}", where=str(path), hint=hint)
