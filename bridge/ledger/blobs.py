"""Large values, kept by content hash beside the rows that name them."""

import errno
import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from bridge.files import make_directory, open_private, sync_directory, write_whole
from bridge.ledger.chain import canonical
from bridge.protocol.errors import BridgeError, Reason

DIRECTORY_NAME = "blobs"
INLINE_MAX_BYTES = 1024
MARK = "$blob"

# No file, no directory of blobs, or something else under that name (a link, a pipe).
_NOT_THERE = {errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.EINVAL, errno.ENXIO}
_SHA256 = re.compile("[0-9a-f]{64}")


class Blobs:
    """A value of a body that takes more than 1 KiB becomes `{"$blob": sha256, "bytes": n, "type": "text" | "json"}`.

    Text is stored as its UTF-8 bytes, everything else as canonical JSON.
    """

    def __init__(self, directory: Path) -> None:
        self._path = directory / DIRECTORY_NAME
        self._directory_is_made = False

    def fold(self, body: Mapping[str, object]) -> dict[str, object]:
        """The body with references for its large values, which are on disk when this returns. Raises OSError."""
        return {name: self._fold_value(value) for name, value in body.items()}

    def expand(self, body: Mapping[str, object]) -> dict[str, object]:
        """The body with its references replaced. Raises BridgeError LEDGER_TAMPERED for a missing or changed blob."""
        return {name: self._expand_value(value) for name, value in body.items()}

    def complaint(self, digest: str) -> str | None:
        """What is wrong with a blob, or None. Raises OSError when it is there and cannot be read."""
        if not _SHA256.fullmatch(digest):
            return "a reference to a blob is malformed"
        try:
            content = self._read(digest)
        except OSError as error:
            if error.errno in _NOT_THERE:
                return f"its blob {digest} is missing"
            raise
        return None if hashlib.sha256(content).hexdigest() == digest else f"its blob {digest} was changed"

    def _fold_value(self, value: object) -> object:
        if isinstance(value, str):
            kind, content = "text", value.encode("utf-8", "surrogatepass")
        else:
            kind, content = "json", canonical(value).encode("ascii")
        # A value that looks like a reference is stored apart as well, so that every mark in a row is ours.
        if len(content) <= INLINE_MAX_BYTES and not (isinstance(value, dict) and MARK in value):
            return value
        return {MARK: self._put(content), "bytes": len(content), "type": kind}

    def _expand_value(self, value: object) -> object:
        if not (isinstance(value, dict) and MARK in value):
            return value
        digest = str(value[MARK])
        if complaint := self.complaint(digest):
            hint = "the whole ledger can be checked: koru ledger verify"
            raise BridgeError(
                Reason.LEDGER_TAMPERED, f"a row cannot be read: {complaint}", where=str(self._path), hint=hint
            )
        content = self._read(digest)
        return content.decode("utf-8", "surrogatepass") if value.get("type") == "text" else json.loads(content)

    def _put(self, content: bytes) -> str:
        digest = hashlib.sha256(content).hexdigest()
        if self.complaint(digest) is not None:
            self._write(digest, content)
        else:
            # The process that wrote it may have died before its name was on disk.
            sync_directory(self._path)
        return digest

    def _write(self, digest: str, content: bytes) -> None:
        if not self._directory_is_made:
            make_directory(self._path)
            self._directory_is_made = True
        try:
            write_whole(self._path / digest, content, beside=f".{digest}")
        except OSError:
            self._directory_is_made = False
            raise

    def _read(self, digest: str) -> bytes:
        with os.fdopen(open_private(self._path / digest, os.O_RDONLY), "rb") as file:
            return file.read()


def references(body: Mapping[str, object]) -> Iterator[str]:
    """The hashes of the blobs a stored body names."""
    for value in body.values():
        if isinstance(value, dict) and MARK in value:
            yield str(value[MARK])
