"""The key of the placeholders: random, made once, 0600, beside the ledger and never part of it or of a bundle."""

import os
import secrets
import stat
from pathlib import Path

from bridge.protocol.errors import BridgeError, Reason

FILE_NAME = "redaction.key"
KEY_BYTES = 32


def load_key(directory: Path) -> bytes:
    """The key of this state directory, made if there is none. BridgeError STATE_UNWRITABLE."""
    path = directory / FILE_NAME
    try:
        try:
            return _make(path)
        except FileExistsError:
            return _read(path)
    except OSError as error:
        raise _unusable(path, f"cannot be used: {os.strerror(error.errno or 0)}") from error


def _make(path: Path) -> bytes:
    key = secrets.token_bytes(KEY_BYTES)
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600), "wb") as file:
        file.write(key)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(partial, path)  # unlike a rename, never over a key that is there
    finally:
        partial.unlink()
    return key


def _read(path: Path) -> bytes:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o077:
            raise _unusable(path, "is not a plain file of yours that others cannot read")
        key = os.read(descriptor, KEY_BYTES + 1)
    finally:
        os.close(descriptor)
    if len(key) != KEY_BYTES:
        raise _unusable(path, f"has {len(key)} bytes, not {KEY_BYTES}")
    return key


def _unusable(path: Path, message: str) -> BridgeError:
    hint = "remove it, and a new one is made: equal secrets then get other placeholders than before"
    return BridgeError(Reason.STATE_UNWRITABLE, f"the key of the placeholders {message}", where=str(path), hint=hint)
